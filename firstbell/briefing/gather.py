"""Gathering a packet's material from the store and the district folder, as it was known at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from firstbell.assessment.assess import assess
from firstbell.assessment.instrument import AREA_TITLES, Area, Instrument, load_instrument
from firstbell.assessment.result import Assessment, IndicatorResult
from firstbell.assessment.targets import Target, targets_for
from firstbell.briefing.editions import edition_of
from firstbell.briefing.one_school import assessment_of_school, district_of, facts_of_school
from firstbell.briefing.papers import Papers
from firstbell.catalog import load_roles
from firstbell.config.loaded import District
from firstbell.config.team import Membership
from firstbell.decisions import put_before
from firstbell.errors import FirstbellError
from firstbell.intake.items import number_of
from firstbell.intervals import Window
from firstbell.knowledge import PROBES, facts_of
from firstbell.kpi import Light
from firstbell.meetings import Meeting, meetings_of
from firstbell.metrics.facts import Facts
from firstbell.packet.logo import printable_logo
from firstbell.packet.material import Material, Names, Occasion, Reader, SourceState
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.store.assessments import previous_results
from firstbell.store.packets import previous_packet
from firstbell.store.queries import source_states
from firstbell.store.received import mails_aside
from firstbell.trackers import goals_with_told, told_actions
from firstbell.workplace import Workplace
from firstbell.year_turn import ending_soon

FIRST_PERIOD = timedelta(days=30)
"""What the first packet of a team speaks of, when there was no meeting before."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A packet to be made: for which meeting, from what, and what was printed before."""

    work: Workplace
    connection: Connection
    meeting: Meeting
    previous: Meeting | None
    known_at: datetime
    everything: Facts
    last_printed: Packet | None
    printed: Packet | None


def gather(
    work: Workplace,
    meeting: Meeting,
    previous: Meeting | None,
    *,
    stage: str,
    revision: int,
    as_of: datetime,
    known_at: datetime,
    sent: Packet | None = None,
) -> Material:
    """Everything one packet is made of. Reads the store in one consistent view and writes nothing.

    It is compared with the team's last packet, or with `sent`, the packet of this same meeting that is out already.
    """
    window = Window(min(previous.starts_at if previous else as_of - FIRST_PERIOD, as_of), as_of)
    with work.store.read() as connection:
        last_printed = _printed(connection, meeting, known_at)
        wanted = _Wanted(
            work=work,
            connection=connection,
            meeting=meeting,
            previous=previous,
            known_at=known_at,
            everything=facts_over(work, connection, window, as_of, known_at),
            last_printed=last_printed,
            printed=last_printed if sent is None else _dated(sent),
        )
        return _material(wanted, stage, revision)


def _material(wanted: _Wanted, stage: str, revision: int) -> Material:
    work, connection, meeting, known_at = wanted.work, wanted.connection, wanted.meeting, wanted.known_at
    district, everything = work.district, wanted.everything
    team = district.team(meeting.team_key)
    facts = facts_of_school(everything, district, team.school) if team.school else everything
    papers = Papers.of(connection, team.key, known_at)
    last = [one for one in papers.minutes if wanted.previous is not None and one.meeting_key == wanted.previous.key]
    coming = _coming(work, meeting)
    wording = Wording(district.zone, district.about.packet.language)
    concerned = (team.key,) if team.school else ("", team.key)
    return Material(
        district=district_of(district.about, team.school) if team.school else district.about,
        team=team,
        goals=goals_with_told(district.plan.goals, facts),
        names=names_of(district, wording),
        occasion=_occasion(meeting, wanted.previous, _reply_by(district.zone, coming, everything.as_of)),
        readers=readers_of(district, meeting),
        facts=facts,
        assessment=assessed(district, connection, everything, team.key, known_at, wanted.printed),
        instrument=instrument_in(wording),
        wording=wording,
        known_at=known_at,
        stage=stage,
        revision=revision,
        printed=wanted.printed,
        recomputed=_recomputed(work, connection, wanted.printed, known_at),
        decisions=tuple(put_before(papers.decisions, team.key, meeting.key, everything.as_of)),
        actions=(*papers.actions, *told_actions(district, team.key, facts)),
        minutes_expected=wanted.last_printed is not None,
        minutes_came=bool(last),
        decided=papers.decided(wanted.previous),
        ideas=tuple(idea for one in last for idea in one.ideas),
        items=tuple(sorted(papers.items, key=number_of)),
        mails_aside=mails_aside(connection, team.key, everything.window.start, known_at),
        grants=() if team.school else district.plan.grants,
        coming=tuple(one.starts_at.astimezone(district.zone).date() for one in coming),
        notes={note.line_key: note for note in papers.notes if note.meeting_key == meeting.key},
        logo=printable_logo(district.folder, district.about.packet.logo),
        sources=_sources(district, connection, facts, wording, known_at),
        endings=tuple(one for one in ending_soon(district, facts.today) if one.team_key in concerned),
    )


def facts_over(work: Workplace, connection: Connection, window: Window, as_of: datetime, known_at: datetime) -> Facts:
    """What was known at `known_at` of a window, as of a moment in it."""
    return facts_of(
        work.district,
        connection,
        work.feeds,
        window=window,
        as_of=as_of,
        known_at=known_at,
        read_calendar=work.read_calendar,
    )


def assessed(
    district: District,
    connection: Connection,
    facts: Facts,
    team_key: str,
    known_at: datetime,
    printed: Packet | None = None,
) -> Assessment:
    """The needs assessment over the district's facts, with the memory of the team's last one; a school's team's is
    of its school alone."""
    before = previous_results(connection, team_key, before=facts.as_of, known_at=known_at)
    results = [IndicatorResult.from_plain(one.result) for one in before.values()]
    previous = {result.key: result for result in results}
    spoken = Wording(district.zone, printed.heading.language if printed else "en")
    areas = {spoken.phrase(title): area for area, title in AREA_TITLES.items()}
    lights: dict[Area, Light] = (
        {areas[line.area]: line.light for line in printed.lights if line.area in areas} if printed else {}
    )
    school = next((team.school for team in district.teams if team.key == team_key), None)
    found = assess(facts, load_instrument(), targets_of(district), previous, lights, school)
    return assessment_of_school(found, school, lights) if school else found


def targets_of(district: District) -> dict[str, Target]:
    """Each indicator's target: what the team adopted, else the instrument's proposal."""
    changes = {one.indicator: one.model_dump(exclude={"indicator"}) for one in district.targets}
    return targets_for(load_instrument().default_targets, changes)


def readers_of(district: District, meeting: Meeting) -> tuple[Reader, ...]:
    """Everybody who gets the packet, each once, with all roles and the edition that `edition_of` finds."""
    return readers_at(district, meeting.team_key, meeting.starts_at)


def readers_at(district: District, team_key: str, begins: datetime) -> tuple[Reader, ...]:
    """The same for a meeting that begins at a moment."""
    day = begins.astimezone(district.zone).date()
    seats: dict[str, list[Membership]] = {}
    for member in district.members(team_key, day):
        seats.setdefault(member.person, []).append(member)
    leading = district.leading_team
    leads = leading is not None and leading.key == team_key
    return tuple(
        Reader(
            person_key=person,
            roles=(roles := tuple(dict.fromkeys(role for seat in taken for role in seat.roles))),
            incident_roles=roles if leads else (),
            edition=(edition := edition_of(district, team_key, taken, day)[0]),
            language=district.person(person).language or district.about.packet.language_of(edition),
        )
        for person, taken in seats.items()
    )


def names_of(district: District, wording: Wording) -> Names:
    """What keys are called in print."""
    controls = {f"{item.framework}/{item.code}": item.title for item in district.compliance.items}
    codes = ("tls_certificate", "old_tls", "spf", "dmarc", "mx")
    looked_at = {code: wording.say(f"control_{code}") for code in codes}
    controls |= {
        "tls/certificate": looked_at["tls_certificate"],
        "tls-protocols/old": looked_at["old_tls"],
        "mail-dns/SPF": looked_at["spf"],
        "mail-dns/DMARC": looked_at["dmarc"],
        "mail-dns/MX": looked_at["mx"],
    }
    return Names(
        services={service.key: service.name for service in district.services}
        | {group.key: group.name for group in district.service_groups},
        systems={system.key: system.name for system in district.systems},
        schools={school.key: school.name for school in district.schools},
        roles={role.key: wording.phrase(role.title) for role in load_roles().roles},
        controls=controls,
        vantages={district.polling.vantage: wording.say("this_site")}
        | {one.key: one.name for one in district.polling.further_vantages},
        sources={source.key: source.title for source in district.sources}
        | {key: wording.say(f"source_{key}") for key in ("probes", "plan", "team", "district_folder")},
    )


def instrument_in(wording: Wording) -> Instrument:
    """The instrument with its indicators' titles in the packet's language."""
    instrument = load_instrument()
    spoken = [one.model_copy(update={"title": wording.phrase(one.title)}) for one in instrument.indicators]
    return instrument.model_copy(update={"indicators": tuple(spoken)})


def _coming(work: Workplace, meeting: Meeting) -> list[Meeting]:
    """This meeting and the team's next two; this one alone where the calendar cannot be read."""
    try:
        planned = meetings_of(work.district, meeting.team_key, meeting.starts_at, work.read_calendar)
    except FirstbellError:
        planned = []
    return [meeting, *[one for one in planned if one.starts_at > meeting.starts_at][:2]]


def _reply_by(zone: ZoneInfo, coming: Sequence[Meeting], as_of: datetime) -> date | None:
    """The day of the next draft, in which the leader sees what was brought up; of the packet where drafts are off."""
    drafts = (one.draft_at or one.send_at for one in coming)
    return next((at.astimezone(zone).date() for at in drafts if at is not None and at > as_of), None)


def _occasion(meeting: Meeting, previous: Meeting | None, reply_by: date | None) -> Occasion:
    return Occasion(
        meeting_key=meeting.key,
        title=meeting.series.title,
        starts_at=meeting.starts_at,
        place=meeting.series.place,
        previous_at=previous.starts_at if previous else None,
        reply_by=reply_by,
        send_at=meeting.send_at,
        needs_approval=meeting.series.sending.approval == "required",
    )


def _printed(connection: Connection, meeting: Meeting, known_at: datetime) -> Packet | None:
    """The last paper of another meeting of the team that was meant for it: where the packet is off, that is a draft,
    or the packet from before it was switched off."""
    stages = ("final", "draft") if meeting.series.sending.send_days == "off" else ("final",)
    told = (previous_packet(connection, meeting.team_key, meeting.key, stage, known_at) for stage in stages)
    row = max((one for one in told if one is not None), key=lambda one: one.composed_at, default=None)
    return Packet.model_validate_json(row.snapshot) if row else None


def _dated(sent: Packet) -> Packet:
    """A packet of the coming meeting as something to compare with: under the day on which it was printed."""
    return sent.model_copy(update={"heading": sent.heading.model_copy(update={"meeting_at": sent.as_of})})


def _recomputed(
    work: Workplace, connection: Connection, printed: Packet | None, known_at: datetime
) -> Assessment | None:
    """The last packet's own period, judged with what is known today."""
    period = next((one for one in printed.figures if one.window_start and one.window_end), None) if printed else None
    if printed is None or printed.as_of is None or period is None or period.window_start is None:
        return None
    window = Window(period.window_start, printed.as_of)
    facts = facts_over(work, connection, window, printed.as_of, known_at)
    return assess(facts, load_instrument(), targets_of(work.district))


def _sources(
    district: District, connection: Connection, facts: Facts, wording: Wording, known_at: datetime
) -> tuple[SourceState, ...]:
    """Everything that can fall silent: our own looks and the district's sources. An error of later is not told."""
    failing = {
        row.source_key: row.error for row in source_states(connection) if row.error and row.attempted_at <= known_at
    }
    listed = {source.key: (source.title, source.owner_role) for source in district.sources}
    listed[PROBES] = (wording.say("source_probes"), "it_lead")
    return tuple(
        SourceState(
            source_key=told.source_key,
            title=listed[told.source_key][0],
            owner_role=listed[told.source_key][1],
            feeds=told.feeds,
            known_until=told.known_until,
            failing=failing.get(told.source_key, ""),
        )
        for told in facts.sources
        if told.source_key in listed
    )
