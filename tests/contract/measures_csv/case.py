"""A long and a wide file of measures; the long one is the one that breaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from firstbell.intervals import local_day
from firstbell.records import Measurement, Record
from tests.contract.file_case import FileCase
from tests.contract.suite import Situation

HEAD = "Measure,School,Month,Value,Of,People,Contact\n"
ROWS = (
    'training.hours,Oak School,2026-10,"1,204.5",,38,Jane Pupil\nuse.teachers,District,2026-10,90%,40,40,Jane Pupil\n'
)
LAST = "training.hours,Elm,2026-10,17,,12,Jane Pupil\n"
WIDE = "Site;Date;Devices working;Devices\nOak School;2026-11-15;1.180,5;1.200\nElm;2026-11-15;-;310\n"
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER_15 = (date(2026, 11, 15), date(2026, 11, 15))


def figure(
    measure: str, scope: str, days: tuple[date, date], count: float, of: float | None = None, people: int | None = None
) -> Measurement:
    return Measurement(
        measure_key=measure,
        scope=scope,
        period_start_on=days[0],
        period_end_on=days[1],
        numerator=count,
        denominator=of,
        people=people,
        as_of=local_day(days[1], FileCase.zone).end,
    )


DEVICES = figure("devices.working", "school:oak", NOVEMBER_15, 1180.5, 1200.0)
OAK = figure("training.hours", "school:oak", OCTOBER, 1204.5, people=38)
ELM = figure("training.hours", "school:elm", OCTOBER, 17.0, people=12)
USE = figure("use.teachers", "district", OCTOBER, 36.0, 40.0, 40)


class Case(FileCase):
    kind = "measures_csv"
    good_cell = "17"
    missing_heading = "Value"
    missing_field = "numerator"
    bad_field = "Value"

    def serve(self, situation: Situation) -> None:
        super().serve(situation)
        self.write("wide.csv", (WIDE if situation is not Situation.EMPTY else WIDE.split("\n")[0]).encode("cp1252"))

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        return HEAD + (LAST if situation is Situation.CHANGED else ROWS + LAST)

    def settings(self) -> Mapping[str, Any]:
        schools = {"Oak School": "oak", "Elm": "elm"}
        wide = {"measure": "devices.working", "heading": "Devices working", "denominator": "Devices"}
        return {
            "files": [
                {"file": "wide.csv", "decimal": ",", "wide": [wide], "schools": schools},
                {"file": "exports/table.csv", "schools": schools},
            ]
        }

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        return (DEVICES, ELM) if situation is Situation.CHANGED else (DEVICES, OAK, USE, ELM)
