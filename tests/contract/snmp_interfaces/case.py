"""Two devices as one agent: a router with the district's link and a switch with two links of one school."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from connectors.snmp_interfaces import BREAK, ENGINE_BOOTS, FAULTS, IF_NAME, OCTETS, PACKETS, SPEED, STATE, SYS_UP_TIME
from firstbell.records import Measurement, Record
from tests.contract.snmp_interfaces.agent import Agent, Oid, Value, oid
from tests.contract.suite import Case as AnyCase
from tests.contract.suite import Situation

COMMUNITY = "a-secret-community"
PRIVATE = "room of Jane Pupil"
DAY = 86_400
LATER = frozenset({Situation.CHANGED})
MUTE = frozenset({Situation.DROPPED, Situation.SLOW, Situation.GARBLED, Situation.TRUNCATED})
"""Where no answer comes that SNMP knows for one: these alone wait out the time they are given."""


def interface(row: int, name: str, speed: int = 1000, up: bool = True, **counters: int) -> dict[str, Value]:
    told: dict[str, Value] = {
        IF_NAME: name.encode(),
        "1.3.6.1.2.1.31.1.1.1.18": PRIVATE.encode(),
        STATE: 1 if up else 2,
        SPEED: speed,
        BREAK: 0,
        OCTETS[0]: counters.get("carried_in", 0),
        OCTETS[1]: counters.get("carried_out", 0),
        **dict.fromkeys(PACKETS, counters.get("packets", 0)),
        **dict.fromkeys(FAULTS, counters.get("faults", 0)),
    }
    return {f"{column}.{row}": value for column, value in told.items()}


def measure(key: str, scope: str, on: date, numerator: float, denominator: float) -> Measurement:
    return Measurement(
        measure_key=key,
        scope=scope,
        period_start_on=on,
        period_end_on=on,
        numerator=numerator,
        denominator=denominator,
        as_of=AnyCase.now,
    )


TODAY = date(2026, 11, 19)
"""At `Case.now` it is eleven in the evening of this Thursday in Chicago."""
UP = [measure("links_up", "district", TODAY, 1, 1), measure("links_up", "school:oak", TODAY, 1, 2)]


class Case(AnyCase):
    kind = "snmp_interfaces"
    situations = frozenset(
        {
            Situation.CHANGED,
            Situation.DROPPED,
            Situation.SLOW,
            Situation.TRUNCATED,
            Situation.GARBLED,
            Situation.ENDLESS,
            Situation.WRONG_SHAPE,
            Situation.MISSING_FIELD,
            Situation.BAD_VALUE,
            Situation.GONE,
        }
    )
    secrets = (COMMUNITY,)
    private = (PRIVATE,)
    missing_field = "ifOperStatus"
    bad_field = OCTETS[0]

    def __init__(self, folder: Path, prepared: Any = None) -> None:
        super().__init__(folder, prepared)
        self.situation = Situation.WHOLE
        self.agent: Agent | None = None
        self.boots = 4

    def serve(self, situation: Situation) -> None:
        self.close()
        self.situation = situation
        if situation is not Situation.GONE:
            self.agent = Agent(self.table, self.broken)
            self.agent.endless = situation is Situation.ENDLESS

    def settings(self) -> Mapping[str, Any]:
        device = {
            "host": "127.0.0.1",
            "port": self.agent.port if self.agent else 9,
            "community": COMMUNITY,
            "timeout_seconds": 0.2 if self.situation in MUTE else 10,
            "tries": 2,
        }
        oak = {"school": "oak"}
        return {
            "devices": [
                {**device, "interfaces": {"wan0": {"capacity_mbps": 500}}},
                {**device, "interfaces": {"Gi0/1": oak, "Gi0/2": oak}},
            ]
        }

    def table(self) -> dict[Oid, Value]:
        later = self.situation in LATER
        seconds = DAY if later else 0
        wan = {"carried_in": 2**64 - 1000 + (500 * DAY * 25_000 if later else 0), "packets": 10**6 * later}
        oak = {"carried_out": 100 * DAY * 12_500 * later, "packets": 10**5 * later, "faults": 1000 * later}
        rows: dict[str, Value] = {
            SYS_UP_TIME: 100 * (5000 + seconds),
            ENGINE_BOOTS: self.boots,
            **interface(1, "wan0", **wan | {"carried_in": wan["carried_in"] % 2**64}),
            **interface(7, "Gi0/1", speed=100, **oak),
            **interface(8, "Gi0/2", speed=100, up=False, carried_in=77),
            **interface(9, "Gi0/3", up=False),
        }
        last = {
            Situation.MISSING_FIELD: (STATE, None),
            Situation.BAD_VALUE: (OCTETS[0], PRIVATE.encode()),
            Situation.WRONG_SHAPE: (SPEED, b"fast"),
        }.get(self.situation)
        if last is not None:
            column, value = last
            for row in (1, 7, 8):
                rows.pop(f"{column}.{row}")
                rows |= {f"{column}.{row}": value} if value is not None else {}
        return {oid(key): value for key, value in rows.items()}

    def broken(self, answer: bytes) -> bytes | None:
        if self.situation in (Situation.DROPPED, Situation.SLOW):
            return None
        if self.situation is Situation.GARBLED:
            return b"\x00\xff\x17 not SNMP " + PRIVATE.encode()
        return answer[: len(answer) // 2] if self.situation is Situation.TRUNCATED else answer

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation not in LATER:
            return UP
        return [
            *UP,
            measure("link_use", "district", TODAY, 0.2 * DAY, DAY),
            measure("link_faults", "district", TODAY, 0, 6 * 10**6),
            measure("link_use", "school:oak", TODAY, 0.1 * DAY, 2 * DAY),
            measure("link_faults", "school:oak", TODAY, 4000, 6 * 10**5 + 4000),
        ]

    def close(self) -> None:
        if self.agent is not None:
            self.agent.close()
            self.agent = None
