"""A table of two links over three days, of which the first is cut off, and a file about one link by half hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from firstbell.intervals import local_day
from firstbell.records import Measurement, Record
from tests.contract.file_case import MODIFIED_AT, FileCase
from tests.contract.suite import Situation

HEAD = "Time,Interface,In,Out,Speed,Errors,Packets,Contact\n"
TUESDAY, WEDNESDAY, THURSDAY = (date(2026, 11, day) for day in (17, 18, 19))
LAST = 45_678_901
NEW = "2026-11-19 15:10,wan0,0,0,100000000,,,Jane Pupil\n"


def rows(day: date, first: int, last: int, link: str, full: range = range(0), contact: str = "Jane Pupil") -> str:
    """A row every ten minutes, its moment at the stretch's end; full in the steps of `full`, else a tenth."""
    start = datetime.combine(day, datetime.min.time()) + timedelta(minutes=10 * first)
    lines = []
    for step in range(last - first):
        out = 90_000_000 if step in full else 10_000_000
        at = start + timedelta(minutes=10 * (step + 1))
        lines.append(f"{at:%Y-%m-%d %H:%M},{link},1000,{out},100000000,1,999,{contact}\n")
    return "".join(lines)


WHOLE = (
    rows(TUESDAY, 60, 100, "wan0")
    + rows(WEDNESDAY, 48, 90, "wan0", range(3))
    + rows(THURSDAY, 48, 90, "wan0", range(2))
    + rows(WEDNESDAY, 48, 90, "Gi0/1", range(2, 42))
    + rows(THURSDAY, 48, 51, "Gi0/1")
    + rows(THURSDAY, 48, 51, "Gi0/9")
    + "2026-11-19 08:40,Gi0/1,,,,,,Jane Pupil\n"
    + f"2026-11-19 08:50,Gi0/1,{LAST},0,100000000,,,Jane Pupil\n"
)
AHEAD = "Timestamp;Received\n18.11.2026 08:00;125,5\n18.11.2026 08:30;0\n"


def measure(key: str, scope: str, on: date, numerator: float, denominator: float) -> Measurement:
    return Measurement(
        measure_key=key,
        scope=scope,
        period_start_on=on,
        period_end_on=on,
        numerator=round(numerator, 3),
        denominator=denominator,
        as_of=min(MODIFIED_AT, local_day(on, FileCase.zone).end),
    )


WAN_THURSDAY = [
    measure("link_use", "district", THURSDAY, 600 * (2 * 0.9 + 40 * 0.1), 42 * 600),
    measure("link_full_time", "district", THURSDAY, 2 * 600, 42 * 600),
]
RECORDS = [
    measure("link_use", "district", WEDNESDAY, 600 * (3 * 0.9 + 39 * 0.1), 42 * 600),
    measure("link_faults", "district", WEDNESDAY, 42, 42 * 1000),
    measure("link_full_time", "district", WEDNESDAY, 3 * 600, 42 * 600),
    measure("busy_link_days", "district", WEDNESDAY, 1, 1),
    *WAN_THURSDAY,
    measure("link_faults", "district", THURSDAY, 42, 42 * 1000),
    measure("busy_link_days", "district", THURSDAY, 0, 1),
    measure("link_use", "school:oak", WEDNESDAY, 600 * (40 * 0.9 + 2 * 0.1), 42 * 600),
    measure("link_faults", "school:oak", WEDNESDAY, 42, 42 * 1000),
    measure("link_full_time", "school:oak", WEDNESDAY, 40 * 600, 42 * 600),
    measure("busy_link_days", "school:oak", WEDNESDAY, 1, 1),
    measure("link_use", "school:oak", THURSDAY, 600 * (3 * 0.1 + LAST / 1e8), 4 * 600),
    measure("link_faults", "school:oak", THURSDAY, 3, 3000),
    measure("link_use", "school:elm", WEDNESDAY, 1800 * 0.5, 2 * 1800),
]


class Case(FileCase):
    kind = "interface_csv"
    good_cell = str(LAST)
    missing_heading = "In,"
    missing_field = "inbound"
    bad_field = "In"

    def serve(self, situation: Situation) -> None:
        super().serve(situation)
        self.write("ahead.csv", (AHEAD if situation is not Situation.EMPTY else "Timestamp;Received\n").encode())

    def content(self, situation: Situation) -> str:
        if situation is Situation.MISSING_FIELD:
            return WHOLE.join((HEAD.replace(",In,", ",Elsewhere,"), ""))
        return super().content(situation)

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        return HEAD + WHOLE + (NEW if situation is Situation.CHANGED else "")

    def settings(self) -> Mapping[str, Any]:
        elm = {"school": "elm", "capacity_mbps": 251}
        return {
            "files": [
                {
                    "file": "ahead.csv",
                    "link": elm,
                    "unit": "Mbit/s",
                    "interval_seconds": 1800,
                    "moments": "start",
                    "decimal": ",",
                    "date_formats": ["%d.%m.%Y %H:%M"],
                },
                {
                    "file": "exports/table.csv",
                    "links": {"WAN0": {}, "Gi0/1": {"school": "oak"}},
                    "interval_seconds": 600,
                },
            ],
            "closed": ["2026-11-11", "2026-11-25/2026-11-27"],
        }

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        if situation is Situation.CHANGED:
            kept = [one for one in RECORDS if (one.measure_key, one.scope, one.period_end_on) != LONGER[:3]]
            return [*kept, measure(*LONGER)]
        return RECORDS


LONGER = ("link_use", "district", THURSDAY, 600 * (2 * 0.9 + 40 * 0.1), 43 * 600)
