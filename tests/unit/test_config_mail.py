"""The ways mail may leave, as district.yaml says them: what is missing or unsafe is one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.config.secrets import SecretError
from firstbell.delivery.choose import transport_of, ways_of
from firstbell.delivery.fallback import InOrder, Unusable
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.graph import GraphTransport
from firstbell.delivery.pace import Paced
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import DeliveryError
from tests.unit.config_folder import FILES, load, write_folder

READERS = {"env": lambda name: f"value of {name}"}
GRAPH = "transport: graph, tenant: contoso.example, client_id: abc, client_secret: env:GRAPH_SECRET"


def district(folder: Path, mail: str) -> District:
    old = "mail:\n  sender: tech@example.org\n  password: env:SMTP_PASSWORD\n"
    assert old in FILES["district.yaml"]
    return load(write_folder(folder, district=FILES["district.yaml"].replace(old, f"mail: {{{mail}}}\n")))


def test_a_relay_needs_no_login(tmp_path: Path) -> None:
    (way,) = ways_of(district(tmp_path, "sender: a@b.example, host: relay, port: 25, security: none"), tmp_path, {})
    assert way == SmtpTransport(host="relay", port=25, security="none", sender="a@b.example")


def test_microsoft_365_sends_as_the_sender_with_the_apps_secret(tmp_path: Path) -> None:
    (way,) = ways_of(district(tmp_path, f"sender: a@b.example, {GRAPH}"), tmp_path, READERS)
    assert isinstance(way, GraphTransport)
    assert (way.tenant, way.client_id, way.client_secret, way.sender) == (
        "contoso.example",
        "abc",
        "value of GRAPH_SECRET",
        "a@b.example",
    )
    assert way.login_url == "https://login.microsoftonline.com"


def test_further_ways_keep_their_order_and_the_pace_is_said_once(tmp_path: Path) -> None:
    mail = (
        f"sender: a@b.example, {GRAPH}, per_login: 20, per_minute: 30, pause_seconds: 5, "
        "fallback: [{host: relay, port: 25, security: none}, {transport: file_drop, folder: drop}]"
    )
    way = transport_of(district(tmp_path, mail), tmp_path / "state", READERS)
    assert isinstance(way, Paced)
    assert (way.per_login, way.per_minute, way.pause_seconds) == (20, 30, 5)
    assert isinstance(way.way, InOrder)
    assert [type(one) for one in way.way.ways] == [GraphTransport, SmtpTransport, FileDrop]
    assert way.name == "Microsoft 365, then relay:25, then files in drop"


def test_a_secret_that_is_missing_costs_its_own_way_alone(tmp_path: Path) -> None:
    told = district(tmp_path, f"sender: a@b.example, {GRAPH}, fallback: [{{transport: file_drop}}]")
    first, second = ways_of(told, tmp_path / "state", {})
    assert isinstance(first, Unusable)
    assert isinstance(second, FileDrop)
    with pytest.raises(DeliveryError, match=r"district\.yaml: mail\.client_secret: nothing here can read env"):
        first.open()
    with transport_of(told, tmp_path / "state", {}).open() as way_out:
        way_out.ready()
    with pytest.raises(SecretError, match=r"mail\.client_secret"):
        transport_of(district(tmp_path / "only", f"sender: a@b.example, {GRAPH}"), tmp_path, {})


@pytest.mark.parametrize(
    ("mail", "words"),
    [
        ("transport: graph", "transport graph needs tenant, client_id, client_secret of the app that may send"),
        ("transport: graph, tenant: t, client_id: c, client_secret: plain-text", "client_secret"),
        ("username: packets", "a username needs a password; leave both out for a relay without login"),
        ("username: packets, password: env:X, security: none", "set security to starttls or tls"),
        ("login_url: 'http://example.org'", "must be a web address that begins with https://"),
        ("per_minute: -1", "per_minute"),
        ("per_login: 0", "per_login"),
        ("rehearsal_to: [nobody]", "rehearsal_to"),
        ("fallback: [{transport: pigeon}]", "fallback"),
        ("fallback: [{sender: c@d.example}]", "fallback"),
        ("fallback: [{username: u, password: env:X, security: none}]", "fallback"),
    ],
)
def test_what_cannot_be_is_told_at_its_place(tmp_path: Path, mail: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        district(tmp_path, f"sender: a@b.example, {mail}")
    (fault,) = caught.value.faults
    assert words in str(fault)
    assert "district.yaml:" in str(fault)
    assert "plain-text" not in str(fault)


def test_addresses_and_logins_stay_out_of_what_the_store_keeps(tmp_path: Path) -> None:
    mail = (
        "sender: a@b.example, rehearsal_to: [tester@b.example], username: first-login, password: env:X, "
        "fallback: [{username: second-login, password: env:Y}]"
    )
    kept = district(tmp_path, mail).canonical_json
    assert not [word for word in ("tester@b.example", "a@b.example", "first-login", "second-login") if word in kept]
    assert "fallback" in kept
