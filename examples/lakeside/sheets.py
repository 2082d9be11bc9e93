"""The files that people in the district keep, as they stood at a moment: measures, surveys, roster, attestations."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from examples.lakeside import measures
from examples.lakeside.evidence import write_attestations
from examples.lakeside.roster import write_roster
from examples.lakeside.surveys import write_surveys
from examples.lakeside.timeline import ZONE, Timeline

LONG = ("Measure", "School", "Period Start", "Period End", "Count", "Of", "People")
WIDE = ("Week Of", "School", "Teachers Active", "Teachers", "Students Active", "Students")


def write_sheets(folder: Path, timeline: Timeline, at: datetime) -> None:
    """Write every file into `folder` as it stood at `at`; its modification time is the midnight before."""
    folder.mkdir(parents=True, exist_ok=True)
    on = at.astimezone(ZONE).date()
    for name, sheet in measures.SHEETS.items():
        write_long(folder / name, sheet(timeline, on))
    _write(folder / "use.csv", WIDE, (_wide(week) for week in measures.use(timeline, on)))
    write_surveys(folder, timeline, on)
    write_roster(folder / "oneroster.zip", timeline)
    write_attestations(folder, timeline, on)
    exported, filed = timeline.at(on, 0, 5).timestamp(), timeline.at(timeline.first_day, 9).timestamp()
    for path in folder.glob("*.*"):
        os.utime(path, (exported, exported))
    for path in (folder / "evidence").iterdir():
        os.utime(path, (filed, filed))


def write_long(path: Path, figures: Iterable[measures.Figure]) -> None:
    """One sheet with a row per figure."""
    _write(
        path,
        LONG,
        ((one.measure, one.school, one.first, one.last, one.count, one.of, one.people) for one in figures),
    )


def _wide(week: measures.Week) -> Sequence[Any]:
    school = week.school
    return (week.monday, school.name, week.teachers, school.teachers, week.pupils, school.pupils)


def _write(path: Path, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(headings)
        writer.writerows(rows)
