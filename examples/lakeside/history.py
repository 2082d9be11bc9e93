"""Fills an empty store with the past, as if Firstbell had run in the sample district for ten weeks.

On a few nights of that past the district's files are written as they stood then, and read by the same code that reads
them tonight, with that night's clock. So facts of the past lie under the same sources and in the same form, and a
packet composed for a past date knows what was known then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import connectors
from connectors.measures_csv import MeasuresCsv
from examples.lakeside.dumps import write_dumps
from examples.lakeside.measures import link_use
from examples.lakeside.minutes import TEAM, told
from examples.lakeside.outages import controls, seen
from examples.lakeside.sheets import write_long, write_sheets
from examples.lakeside.tickets import as_known, sample_tickets
from examples.lakeside.timeline import ZONE, Timeline
from firstbell.briefing.freeze import freeze
from firstbell.config.loaded import District
from firstbell.config.plan import Milestone, PlanFile
from firstbell.config.rehearsal import go_live
from firstbell.knowledge import PROBES
from firstbell.meetings import Meeting, chosen, meetings_of
from firstbell.records import TEAM_SOURCE, OpenKeys, Ticket, TicketStatus
from firstbell.store.interval_history import save_intervals
from firstbell.store.queries import stream_reads, stream_states
from firstbell.store.save import record_completion, save_facts
from firstbell.workplace import Workplace
from tasks.assess import keep_plan
from tasks.collect import read_source
from tasks.poll import STREAM

HELP_DESK, LINK_USE = "help_desk", "link_use"
FILES = ("backups", "evidence", "surveys", "measures")
ROSTER = "roster"
"""Its counts stay the same all year, so only the first night reads it anew."""
SILENT_DAYS = 9
"""So long ago the link report's login expired."""
FIRST_DUE = {
    "gradebook_north_shore": -21,
    "report_maple": -5,
    "report_launch": 51,
    "recovery_off_site": -10,
    "recovery_plan": 10,
}
"""What was promised first, in days from the demo, where a milestone's date was moved since."""


def seed_history(work: Workplace, timeline: Timeline) -> bool:
    """Fill the store of `work` with the past; False, and nothing done, when there is a past already."""
    with work.store.read() as connection:
        if stream_reads(connection, known_at=timeline.now):
            return False
    tickets = sample_tickets(timeline)
    played = _played_nights(timeline)
    night = timeline.at(timeline.watched_since.date() + timedelta(days=1), 4)
    while night <= played[-1]:
        if night in played:
            _play(work, timeline, night)
            known = (as_known(one, str(key), night) for key, one in enumerate(tickets, start=1))
            _keep_tickets(work, night, known)
        _keep_reads(work, timeline, night)
        night = timeline.at(night.astimezone(ZONE).date() + timedelta(days=1), 4)
    _keep_team(work, timeline)
    _keep_looks(work, timeline)
    _freeze_last_packet(work, timeline)
    go_live(work.state, timeline.watched_since)
    return True


def _played_nights(timeline: Timeline) -> list[datetime]:
    """The nights on which everything is read anew: the first, two before the last packet and meeting, and two later."""
    sent_on = timeline.previous_sent_at.astimezone(ZONE).date()
    days = {
        timeline.watched_since.date() + timedelta(days=1),
        sent_on,
        timeline.previous_meeting_on,
        timeline.day(-SILENT_DAYS - 1),
        timeline.day(-1),
    }
    return [timeline.at(day, 4) for day in sorted(days)]


def _play(work: Workplace, timeline: Timeline, night: datetime) -> None:
    """Read the plan and the files of a night as they stood then."""
    with _district_of_the_past(work, timeline, night) as then:
        keep_plan(then)
        for source_key in _read_anew(timeline, night):
            read_source(then, source_key)


def _read_anew(timeline: Timeline, night: datetime) -> tuple[str, ...]:
    """The sources whose files a played night reads."""
    played = _played_nights(timeline)
    if night not in played:
        return ()
    roster = (ROSTER,) if night == played[0] else ()
    return (*FILES, *roster, *((LINK_USE,) if _link_report_open(timeline, night) else ()))


def _link_report_open(timeline: Timeline, night: datetime) -> bool:
    return night < timeline.at(timeline.day(-SILENT_DAYS), 6)


@contextmanager
def _district_of_the_past(work: Workplace, timeline: Timeline, night: datetime) -> Iterator[Workplace]:
    """The district as it stood on a night: its files, its plan, and its clock."""
    with TemporaryDirectory(prefix="firstbell-lakeside-") as name:
        sources = Path(name) / "sources"
        write_sheets(sources / "sheets", timeline, night)
        write_dumps(sources / "dumps", timeline, night)
        write_long(sources / "sheets" / "link-use.csv", link_use(timeline, night.astimezone(ZONE).date()))
        folder = Path(name) / "district"
        folder.mkdir()
        district = replace(
            work.district,
            folder=folder,
            plan=_plan_of(work.district.plan, timeline, night.astimezone(ZONE).date()),
            settings={**work.district.settings, LINK_USE: _report_as_file(work.district)},
        )
        yield replace(work, district=district, clock=lambda: night)


def _report_as_file(district: District) -> MeasuresCsv.Settings:
    """The settings of the link report with the file that its web address gave."""
    settings = district.settings[LINK_USE]
    assert isinstance(settings, MeasuresCsv.Settings)
    (file,) = settings.files
    return settings.model_copy(update={"files": (file.model_copy(update={"file": "../sources/sheets/link-use.csv"}),)})


def _plan_of(plan: PlanFile, timeline: Timeline, on: date) -> PlanFile:
    """The plan as it was written on a day: what was not done yet is open, and dates are those of then."""

    def milestone(one: Milestone) -> Milestone:
        moved = on < timeline.previous_meeting_on and one.key in FIRST_DUE
        due = timeline.weekday(FIRST_DUE[one.key]) if moved else one.due
        return one.model_copy(update={"due": due, "done": one.done if one.done and one.done <= on else None})

    goals = []
    for goal in plan.goals:
        objectives = []
        for objective in goal.objectives:
            initiatives = tuple(
                initiative.model_copy(update={"milestones": tuple(map(milestone, initiative.milestones))})
                for initiative in objective.initiatives
            )
            objectives.append(objective.model_copy(update={"initiatives": initiatives}))
        goals.append(goal.model_copy(update={"objectives": tuple(objectives)}))
    return plan.model_copy(update={"goals": tuple(goals)})


def _keep_tickets(work: Workplace, night: datetime, known: Iterable[Ticket | None]) -> None:
    tickets = [ticket for ticket in known if ticket is not None]
    still_open = tuple(one.ticket_key for one in tickets if one.status is not TicketStatus.RESOLVED)
    census = OpenKeys(counted_at=night, ticket_keys=still_open)
    with work.store.begin() as connection:
        save_facts(connection, HELP_DESK, [*tickets, census], night)


def _keep_team(work: Workplace, timeline: Timeline) -> None:
    """Minutes, actions and decisions, each written down at its own time."""
    with work.store.begin() as connection:
        for written_at, record in told(timeline, *_meetings(work, timeline)):
            save_facts(connection, TEAM_SOURCE, [record], written_at)


def _meetings(work: Workplace, timeline: Timeline) -> tuple[Meeting, Meeting, Meeting]:
    """The coming meeting, the previous one and the one before that."""
    meetings = meetings_of(work.district, TEAM, timeline.now, work.read_calendar)
    coming = chosen(meetings, f"{timeline.next_meeting_on}", timeline.now, work.district)
    assert coming is not None, "the timeline puts a meeting on that day"
    at = meetings.index(coming)
    return coming, meetings[at - 1], meetings[at - 2]


def _freeze_last_packet(work: Workplace, timeline: Timeline) -> None:
    """The packet of the previous meeting, as it was printed when it was sent."""
    _, previous, earlier = _meetings(work, timeline)
    sent_at = previous.send_at
    assert sent_at is not None, "its series sends a packet"
    plan = _plan_of(work.district.plan, timeline, sent_at.astimezone(ZONE).date())
    then = replace(work, district=replace(work.district, plan=plan), clock=lambda: sent_at)
    freeze(then, previous, earlier, "final", as_of=sent_at, known_at=sent_at)


def _keep_looks(work: Workplace, timeline: Timeline) -> None:
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, seen(timeline))
        save_facts(connection, PROBES, controls(timeline), timeline.watched_since)
        record_completion(connection, PROBES, STREAM, timeline.now)


def _keep_reads(work: Workplace, timeline: Timeline, night: datetime) -> None:
    """That a night read the other sources to their end, without a change; the link report until its login expired."""
    done = {*_read_anew(timeline, night), *(() if _link_report_open(timeline, night) else (LINK_USE,))}
    with work.store.begin() as connection:
        for source in work.district.sources:
            if source.key in done:
                continue
            states = stream_states(connection, source.key)
            for stream in connectors.get(source.kind).streams:
                record_completion(connection, source.key, stream.name, night, state=states.get(stream.name))
        record_completion(connection, PROBES, STREAM, night)
