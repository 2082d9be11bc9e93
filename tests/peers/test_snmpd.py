"""A real net-snmp agent over this machine's own loopback interface: version 2c and 3, real traffic, a real restart."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import get
from connectors._base import Complete, Connector, FetchRequest, SourceContext
from connectors._errors import AuthError, SettingsError, UnavailableError
from firstbell.records import Measurement
from tests.peers.running import Process, free_port, running, wait_until

COMMUNITY, SIGN, CIPHER = "readers only", "a long password", "another password"
LINES = """\
agentaddress udp:127.0.0.1:{port}
rocommunity "{community}" 127.0.0.1
createUser firstbell SHA-256 "{sign}" AES "{cipher}"
rouser firstbell priv
"""


@dataclass
class Snmpd:
    """An agent with a folder of its own, so that it counts its starts as a device does."""

    folder: Path
    port: int = field(default_factory=lambda: free_port(socket.SOCK_DGRAM))

    def started(self) -> ExitStack:
        log = self.folder / "snmpd.log"
        environment = {
            **os.environ,
            "SNMP_PERSISTENT_DIR": str(self.folder / "kept"),
            "SNMPCONFPATH": f"{self.folder}:{self.folder / 'kept'}",
        }
        words = ["snmpd", "-f", "-Lo"]
        with ExitStack() as stack:
            process = stack.enter_context(running(words, log, environment))
            self.wait(process, log)
            return stack.pop_all()
        raise AssertionError

    def wait(self, process: Process, log: Path) -> None:
        def answers() -> bool:
            try:
                return bool(self.connector().check())
            except UnavailableError:
                return False

        wait_until(answers, process, log)

    def connector(self, **changes: Any) -> Connector:
        told: dict[str, Any] = {
            "host": "localhost",
            "port": self.port,
            "community": COMMUNITY,
            "timeout_seconds": 1,
            "tries": 2,
            "interfaces": {"lo": {"capacity_mbps": 1000}},
        }
        kind = get("snmp_interfaces")
        context = SourceContext("switches", ZoneInfo("America/Chicago"), self.folder)
        return kind(kind.Settings(devices=[told | changes]), context)


SIGNED = {"community": None, "user": "firstbell", "sign_password": SIGN, "cipher_password": CIPHER}


@pytest.fixture
def snmpd(tmp_path: Path) -> Snmpd:
    peer = Snmpd(tmp_path)
    lines = LINES.format(port=peer.port, community=COMMUNITY, sign=SIGN, cipher=CIPHER)
    (tmp_path / "snmpd.conf").write_text(lines)
    return peer


def figures(found: list[Any]) -> dict[str, Measurement]:
    return {one.measure_key: one for one in found if isinstance(one, Measurement)}


def carry(octets: int) -> None:
    """Send bytes over the loopback interface."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as to,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
    ):
        to.bind(("127.0.0.1", 0))
        for _ in range(octets // 50_000):
            one.sendto(b"x" * 50_000, to.getsockname())


def until_counted(peer: Snmpd, connector: Connector, states: Any, octets: int) -> list[Any]:
    """Read until the agent, which refreshes its counters every few seconds, tells of that many octets."""
    ends = datetime.now(UTC) + timedelta(seconds=40)
    while datetime.now(UTC) < ends:
        found = list(connector.fetch(FetchRequest(states=states)))
        use = figures(found).get("link_use")
        if use is not None and use.numerator * 1e9 / 8 >= octets:
            return found
    raise AssertionError((peer.folder / "snmpd.log").read_text()[-2000:])


@pytest.mark.parametrize("way", [{}, SIGNED])
def test_what_is_carried_between_two_reads_is_told(snmpd: Snmpd, way: dict[str, Any]) -> None:
    with snmpd.started():
        connector = snmpd.connector(**way)
        first = list(connector.fetch(FetchRequest()))
        assert set(figures(first)) == {"links_up"}
        assert isinstance(first[-1], Complete)
        carry(40_000_000)
        second = until_counted(snmpd, connector, {"measures": first[-1].state}, 40_000_000)
        use = figures(second)["link_use"]
        assert use.denominator is not None
        assert 0 < use.numerator < use.denominator < 120
        carry(40_000_000)
        # In its first moments net-snmp 5.9.3 says 0 packets: what they then seem to grow by is no figure.
        third = figures(until_counted(snmpd, connector, {"measures": second[-1].state}, 80_000_000))
        faults = third["link_faults"]
        assert faults.denominator is not None
        assert faults.numerator == 0
        assert 800 <= faults.denominator < 1_000_000
        assert (third["links_up"].numerator, third["links_up"].denominator) == (1, 1)


def test_an_agent_that_was_started_again_tells_nothing_of_the_time_between(snmpd: Snmpd) -> None:
    with snmpd.started():
        first = list(snmpd.connector().fetch(FetchRequest()))
    with snmpd.started():
        states = {"measures": first[-1].state}
        assert set(figures(list(snmpd.connector().fetch(FetchRequest(states=states))))) == {"links_up"}


def test_doctor_tells_what_is_amiss(snmpd: Snmpd) -> None:
    with snmpd.started():
        assert "all 1 interfaces." in snmpd.connector(**SIGNED).check()
        with pytest.raises(SettingsError, match="no interface wan9"):
            snmpd.connector(interfaces={"wan9": {}}).check()
        with pytest.raises(UnavailableError, match="does not answer"):
            snmpd.connector(community="wrong").check()
        with pytest.raises(AuthError):
            snmpd.connector(**{**SIGNED, "sign_password": "a wrong password"}).check()
        with pytest.raises(UnavailableError):
            snmpd.connector(**{**SIGNED, "cipher_password": "a wrong password"}).check()
