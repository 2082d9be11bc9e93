"""Writes the sample district's folder, as an IT lead would keep it: YAML with comments, one list in a CSV file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from examples.lakeside.mailbox import USER
from examples.lakeside.measures import SHEETS
from examples.lakeside.plan_lists import plan_lists
from examples.lakeside.schools import SCHOOLS
from examples.lakeside.services import Addresses
from examples.lakeside.surveys import WAVES
from examples.lakeside.timeline import DRAFT_DAYS, SEND_DAYS, Timeline

TEMPLATES = Path(__file__).parent / "district"
PACES = {"fay": 1.3, "olga": 1.15, "pat": 1.1, "quinn": 1.25, "rosa": 0.6, "sid": 1.2, "tess": 0.85}
"""How the leaders' hours go, against 25 hours spread evenly over the year."""
CATEGORIES = ("training", "staff_meeting", "plc", "coaching", "coaching", "personal_development")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where the district's systems are on this machine."""

    services: Addresses
    tracker_url: str
    mail_port: int
    ca_file: Path


def write_district(folder: Path, timeline: Timeline, around: Surroundings) -> None:
    """Write every file of the folder, over what was there."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = Environment(  # noqa: S701 - YAML, not HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    words = {
        "timeline": timeline,
        "day": timeline.day,
        "weekday": timeline.weekday,
        "timedelta": timedelta,
        "years": timeline.years,
        "next_year": _following(timeline.years[1].name),
        "first_day": timeline.first_day,
        "closed": timeline.closed,
        "fiscal_year": timeline.fiscal_year,
        "next_meeting_on": timeline.next_meeting_on,
        "network_days": timeline.network_days(),
        "targets_on": timeline.meetings_before()[1],
        "draft_days": DRAFT_DAYS,
        "send_days": SEND_DAYS,
        "schools": SCHOOLS,
        "waves": WAVES,
        "sheets": tuple(SHEETS),
        "at": around.services,
        "tracker_url": around.tracker_url,
        "mail_port": around.mail_port,
        "mail_user": USER,
        "ca_file": str(around.ca_file.resolve()),
    }
    for template in sorted(TEMPLATES.glob("*.yaml.j2")):
        text = environment.get_template(template.name).render(words)
        (folder / template.stem).write_text(text, encoding="utf-8")
    lists = {"et_hours.csv": (("person", "day", "category", "hours"), _hours(timeline)), **plan_lists(timeline)}
    for name, (columns, rows) in lists.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)


def _hours(timeline: Timeline) -> Iterator[tuple[str, date, str, float]]:
    """The leaders' ledger since the school year began: the first district meeting, then a little each week."""
    weeks = (timeline.today - timeline.first_day).days // 7
    for leader, pace in PACES.items():
        random = Random(f"hours/{leader}")
        yield leader, timeline.first_day + timedelta(days=17), "district_meeting", 2
        wanted = max(0.0, pace * 25 * 7 * (weeks + 1) / 285 - 2)
        for week in range(weeks):
            hours = round(wanted / weeks * 4) / 4
            if hours:
                on = timeline.first_day + timedelta(weeks=week, days=random.randrange(4))
                yield leader, on, random.choice(CATEGORIES), hours


def _following(year: str) -> str:
    """The school year after one.

    >>> _following("2026-27")
    '2027-28'
    """
    first = int(year[:4]) + 1
    return f"{first}-{(first + 1) % 100:02}"
