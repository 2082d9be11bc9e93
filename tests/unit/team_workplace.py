"""A district with a team of four, open for work on an empty SQLite store at a given time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from firstbell.config.loaded import District
from firstbell.meetings import Meeting, chosen, meetings_of
from firstbell.records import TEAM_SOURCE, Record, TeamAction, TeamDecision
from firstbell.store.history import current_team_facts
from firstbell.store.models import metadata
from firstbell.store.save import save_facts
from firstbell.store.session import Store, open_store
from firstbell.workplace import Workplace
from tests.unit.config_folder import FILES, load, write_folder

AFTER = datetime(2026, 11, 6, 15, tzinfo=UTC)
"""The morning after the meeting of 5 November 2026."""

NOVEMBER = "monthly/2026-11-05T22:00Z"
DECEMBER = "monthly/2026-12-03T22:00Z"

TEAMS = """\
people: {file: people.csv}
teams:
  - key: leadership
    name: Technology leadership team
    members:
      - {person: ada, roles: [team_leader, it_lead], from: 2026-27}
      - {person: bo, roles: [teacher_representative]}
      - {person: cy, roles: [superintendent]}
  - key: oak_team
    name: Oak's team
    level: school
    school: oak
    members:
      - {person: bo, roles: [team_leader]}
"""
PEOPLE = (
    "key,name,email,schools\n"
    "ada,Ada Long,ada@example.org,oak;elm\nbo,Bo Short,bo@example.org,oak\ncy,Cy Wide,cy@example.org,\n"
)
PLAN = """\
goals:
  - key: reliable
    title: Lessons run
    team: leadership
    objectives:
      - {key: uptime, title: Services answer, indicators: [IP-01]}
"""
MAIL_TO_FILES = FILES["district.yaml"].replace("  password: env:SMTP_PASSWORD\n", "  transport: file_drop\n")


class Watch:
    """A clock that a test sets."""

    def __init__(self, now: datetime = AFTER) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@cache
def _district() -> District:
    """The district, read once for all tests."""
    with TemporaryDirectory() as folder:
        return load(write_folder(Path(folder), district=MAIL_TO_FILES, teams=TEAMS, people_csv=PEOPLE, plan=PLAN))


@cache
def _empty_store() -> bytes:
    """A SQLite file with every table and nothing in them, made once for all tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "firstbell.db"
        store = open_store(f"sqlite:///{path}")
        metadata.create_all(store.engine)
        store.close()
        return path.read_bytes()


def no_calendar(place: str) -> bytes:
    raise AssertionError(f"nothing here has a calendar at {place}")


def work_on(folder: Path, store: Store, clock: Watch) -> Workplace:
    """The district on a store; everything it writes beside the store goes under `folder`."""
    district = replace(_district(), folder=folder)
    return Workplace(
        district=district,
        store=store,
        state=folder / "state",
        feeds={source.key: {} for source in district.sources},
        read_calendar=no_calendar,
        clock=clock,
    )


@contextmanager
def opened(folder: Path, clock: Watch) -> Iterator[Workplace]:
    """The district on a new SQLite store."""
    (folder / "firstbell.db").write_bytes(_empty_store())
    store = open_store(f"sqlite:///{folder / 'firstbell.db'}")
    try:
        yield work_on(folder, store, clock)
    finally:
        store.close()


def meeting_on(work: Workplace, day: str, team: str = "leadership") -> Meeting:
    """The team's meeting on a date."""
    found = chosen(meetings_of(work.district, team, work.clock(), work.read_calendar), day, work.clock(), work.district)
    assert found is not None
    return found


def tell(work: Workplace, *records: Record, at: datetime | None = None) -> None:
    """Write down facts of our own."""
    with work.store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, records, at or work.clock())


def actions(work: Workplace) -> dict[str, TeamAction]:
    """All actions as they stand, by "team/number"."""
    with work.store.read() as connection:
        return {one.entity_key: one for one in current_team_facts(connection, TeamAction)}


def decisions(work: Workplace) -> dict[str, TeamDecision]:
    """All decisions as they stand, by "team/key"."""
    with work.store.read() as connection:
        return {one.entity_key: one for one in current_team_facts(connection, TeamDecision)}


def decision(key: str, **fields: object) -> TeamDecision:
    """A confirmed decision of the November meeting."""
    plain = TeamDecision(
        team_key="leadership",
        decision_key=key,
        meeting_key=NOVEMBER,
        title=f"Decide {key}",
        state="confirmed",
        confirmed_by="team_leader",
    )
    return replace(plain, **fields)  # type: ignore[arg-type]  # the caller names fields of the record


def action(number: int, **fields: object) -> TeamAction:
    """An open action of the October meeting, due in November."""
    plain = TeamAction(
        team_key="leadership",
        action_key=f"A-{number}",
        meeting_key="monthly/2026-10-01T21:00Z",
        title=f"Promise {number}",
        state="open",
        owner_role="it_lead",
        opened_on=date(2026, 10, 1),
        due_on=date(2026, 11, 1),
        first_due_on=date(2026, 11, 1),
    )
    return replace(plain, **fields)  # type: ignore[arg-type]  # the caller names fields of the record
