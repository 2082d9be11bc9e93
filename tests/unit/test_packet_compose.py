"""From a month of facts to what the packet says: plain, counted, and never greener than what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from firstbell.assessment.instrument import Area
from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.kpi import Light, Verdict
from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.compose import compose
from firstbell.packet.model import Audience, Change, Packet, Trend
from firstbell.packet.pdf_room import MOST_PAGES
from firstbell.packet.render import render
from firstbell.policies import GapRule
from firstbell.records import (
    Agreement,
    BackupResult,
    ControlResult,
    Incident,
    RestoreTest,
    SectionNote,
    ServiceState,
    TeamAction,
    TeamDecision,
)
from tests.unit.packet_material import (
    AS_OF,
    GOOD,
    SINCE,
    backup,
    backups,
    district,
    evidence,
    facts_of_records,
    judged,
    local,
    looks,
    material,
    measured,
    month,
    seen,
    survey,
    tickets,
)

SILENT: dict[str, datetime | None] = {
    "probes": local(11, 18, 18),
    "desk": local(11, 20, 18),
    "dumps": local(11, 19, 18),
    "evidence": local(11, 19, 18),
    "surveys": None,
    "counts": local(11, 1, 9),
    "vendors": local(11, 18, 18),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("folder") / "district")


def action(number: int, due: date | None, state: str = "open", **changed: Any) -> TeamAction:
    fields: dict[str, Any] = {
        "team_key": "tech",
        "action_key": f"A-{number}",
        "meeting_key": "monthly/2026-11-05T21:30Z",
        "title": f"Promise {number}",
        "state": state,
        "owner_role": "it_lead",
        "due_on": due,
        "first_due_on": due,
    }
    return TeamAction(**{**fields, **changed})


ACTIONS = (
    action(9, date(2026, 11, 13), owner_role="superintendent"),
    action(10, date(2026, 12, 11), first_due_on=date(2026, 11, 20), times_moved=1),
    action(11, date(2026, 11, 20), "done", closed_on=date(2026, 11, 19)),
    action(12, date(2026, 12, 20), person_key="pam"),
)


def decision(key: str, state: str = "confirmed", **changed: Any) -> TeamDecision:
    fields: dict[str, Any] = {
        "team_key": "tech",
        "decision_key": key,
        "meeting_key": "monthly/2026-12-03T21:30Z",
        "title": f"Decide on {key}?",
        "state": state,
    }
    return TeamDecision(**{**fields, **changed})


DECISIONS = (
    decision("filter", options=("1 year", "3 years"), cost=24800, decider_role="superintendent"),
    decision("lock", security=True),
    decision("maybe", "proposed"),
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in KEYS:
                yield from texts(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from texts(member)


UGLY = re.compile(
    r"  |\b(\w+) \1\b|\.\.|\. \.|[?!]\.|\w None|[{}_]| [,.;:]|business hours"
    r"|\b1 (days|hours|tickets|points|groups|systems)\b"
)
"""What no sentence may hold: holes, keys, doubled stops, a plural of one."""

KEYS = {
    "item",
    "key",
    "kind",
    "audience",
    "team_key",
    "meeting_key",
    "person_key",
    "policy_hash",
    "time_zone",
    "stage",
    "page",
    "language",
    "reader_roles",
    "availability",
    "method",
    "reason",
    "sources",
    "unit",
    "trend",
    "state",
}
"""Fields of keys and codes, and the method's own notation: not read as sentences."""


def shown(packet: Packet) -> str:
    return "\n".join(texts(packet.model_dump()))


def test_only_current_items_are_called_current_and_every_item_has_an_owner(folder: District) -> None:
    waived = replace(evidence()[0], code="inventory", state=Verdict.WAIVED, waived_until=date(2027, 6, 30))
    absent = replace(evidence()[0], code="camera", state=Verdict.NOT_APPLICABLE)
    certificate = replace(evidence()[1], framework="tls", code="certificate", owner_role="", tool_version="firstbell")
    told = month() | {"evidence": (*evidence(), waived, absent), "probes": (*looks(), certificate)}
    (table,) = [
        one
        for section in compose(material(folder, told)).sections
        for one in section.tables
        if one.caption.startswith("Compliance")
    ]
    assert table.caption.endswith("; besides them 1 current, 1 waived and 1 not applicable")
    assert [row.cells[3] for row in table.rows if not row.cells[3]] == []


def test_nobody_is_asked_to_take_needs_that_the_edition_does_not_show(folder: District) -> None:
    today = material(folder)
    security = replace(
        today.assessment, results=tuple(one for one in today.assessment.results if one.area is Area.SECURITY)
    )
    packet = compose(replace(today, assessment=security))
    asked = {
        edition: [line.item for line in cut(packet, edition).sections[5].questions]
        for edition in ("technical", "representative")
    }
    assert "next" in asked["technical"]
    assert "next" not in asked["representative"]


def test_a_light_that_is_held_back_says_so_and_what_that_means(folder: District) -> None:
    """99.89 % as MET beside 99.90 % as CLOSE, without a word, reads as a mistake or a trick."""
    today = material(folder)
    one = next(one for one in today.assessment.district if one.attainment is not None and one.target.adopted_on)
    held = replace(one, light=Light.CLOSE, attainment=0.96)
    areas = tuple(
        replace(area, light=Light.CLOSE, score=96.4, held=True, worst_must=held.indicator)
        if area.area is one.area
        else area
        for area in today.assessment.areas
    )
    results = tuple(held if result is one else result for result in today.assessment.results)
    packet = compose(replace(today, assessment=replace(today.assessment, areas=areas, results=results)))
    line = next(line for line in packet.lights if any("light held" in said.goal for said in line.statements))
    assert line.statements[0].text == "Held at CLOSE: the score of 96 is not yet two points past the boundary"
    assert len(line.statements) == 2
    assert packet.lights_adopted.endswith("; held: a light turns better only when clearly past the mark")
    page = render(cut(packet, "leadership"), "leadership").text
    assert "Held at CLOSE" in page
    assert "only when clearly past the mark" in " ".join(page.split())


def light(packet: Packet, area: str) -> Light:
    return next(one.light for one in packet.lights if one.area == area)


def next_month(folder: District, printed: Packet, told: dict[str, Any], **changed: Any) -> Packet:
    """The packet after `printed`, with the same period looked at again."""
    facts = facts_of_records(folder, told, window=Window(SINCE, AS_OF), as_of=AS_OF)
    return compose(material(folder, told, printed=printed, recomputed=judged(folder, facts), **changed))


@pytest.fixture(scope="module")
def packet(folder: District) -> Packet:
    return compose(material(folder, actions=ACTIONS, decisions=DECISIONS))


def test_an_outage_is_told_in_class_minutes_and_pupils(packet: Packet) -> None:
    texts = [change.text for change in packet.changes]
    assert (
        "Sign-in was down 50 min in class hours on Tue 17 Nov, 8:10 am to 9 am:"
        " Cedar Middle and Valley High, 1,890 students." in texts
    )


def test_an_outage_outside_class_hours_is_no_change(folder: District) -> None:
    down, up = local(11, 14, 8, 10), local(11, 14, 9)
    rows = (seen("sso", SINCE, down), seen("sso", down, up, ServiceState.DOWN), seen("sso", up, AS_OF))
    packet = compose(material(folder, month() | {"probes": (looks()[0], *rows)}))
    assert not any(change.item.startswith("outage") for change in packet.changes)


def test_counts_stand_before_percentages_and_goals_beside_them(packet: Packet) -> None:
    statements = {one.text: one.goal for line in packet.lights for one in line.statements}
    assert statements["Teachers who use digital tools every week: 241 of 284"] == "goal 248"
    assert statements["Systems backed up in time: 2 of 3"] == "goal 3"
    assert statements["50 min of class time lost to outages (99.50 % answered)"] == "goal 99.90 %"


def test_class_time_lost_whose_share_is_not_known_says_so_without_brackets(folder: District) -> None:
    found = material(folder, month())
    one, other = found.facts.services
    services = (one, replace(other, policy=replace(other.policy, gap_rule=GapRule.DOWN)))
    facts = replace(found.facts, services=services)
    packet = compose(replace(found, facts=facts, assessment=judged(folder, facts)))
    texts = [one.text for line in packet.lights for one in line.statements]
    assert "50 min of class time lost to outages; share not known" in texts


def test_a_light_is_no_better_than_its_must_measures(packet: Packet) -> None:
    assert light(packet, "Services") is Light.MISSED
    assert light(packet, "Security") is Light.MISSED
    assert light(packet, "Classroom use") is Light.NOT_KNOWN


def test_actions_are_counted_and_the_late_ones_stand_by_role(packet: Packet) -> None:
    assert packet.actions_due == "3 actions were due: 1 done, 2 late"
    assert [(one.number, one.owner, one.days_late, one.new_due_on) for one in packet.overdue] == [
        ("A-9", "Superintendent", 11, None),
        ("A-10", "IT Lead", 4, date(2026, 12, 11)),
    ]


def test_one_is_not_many(folder: District) -> None:
    packet = compose(material(folder, actions=(action(1, date(2026, 11, 23)),)))
    assert packet.actions_due == "1 action was due: 0 done, 1 late"
    table = packet.sections[0].tables[0]
    assert table.rows[0].cells[-1] == "1 day late"


def test_each_cover_holds_its_persons_lines_alone(packet: Packet) -> None:
    covers = {cover.person_key: cover for cover in packet.covers}
    assert covers["ruth"].greeting == "Superintendent: you decide 1. One action of yours is overdue."
    assert [one.number for one in covers["ruth"].actions] == ["A-9"]
    assert [one.number for one in covers["pam"].actions] == ["A-12"]
    assert covers["pam"].greeting == "Parent Representative: one open action is yours."
    assert covers["sam"].greeting == "Student Representative: nothing is asked of you before the meeting."
    assert "1 proposed decision waits for your word, under item 6." in covers["theo"].greeting


def test_only_confirmed_decisions_are_printed(packet: Packet) -> None:
    assert [(one.number, one.title) for one in packet.decisions] == [(1, "Decide on filter?"), (2, "Decide on lock?")]
    parents = cut(packet, "representative")
    assert (parents.decisions[1].number, parents.decisions[1].title) == (2, "")
    assert parents.decisions[1].neutral == "An item for the technical and leadership members."
    everybody = cut(packet, "public")
    assert [one.neutral for one in everybody.decisions] == [
        "An item for the members of the team.",
        "An item for the technical and leadership members.",
    ]
    said = render(everybody, "public").text
    assert "DECIDE\n2 decisions stand on this agenda.\n" in said
    assert "technical and leadership members" not in said
    assert "maybe" not in parents.model_dump_json()


def test_what_is_proposed_stands_in_the_draft_alone(folder: District) -> None:
    final = compose(material(folder, decisions=DECISIONS, stage="final"))
    assert "maybe" not in shown(final)


def test_an_unreleased_incident_stands_on_the_named_covers_alone(packet: Packet) -> None:
    named = [cover.person_key for cover in packet.covers if cover.incidents]
    assert named == ["ruth"]
    for edition in EDITIONS:
        assert "Lost laptop" not in cut(packet, edition).model_dump_json()


def test_a_released_incident_stands_in_the_leadership_edition(folder: District) -> None:
    told = month()
    open_now = tuple(
        replace(one, released_on=date(2026, 11, 24)) if isinstance(one, Incident) else one for one in told["evidence"]
    )
    packet = compose(material(folder, told | {"evidence": open_now}))
    assert "Lost laptop" in cut(packet, "leadership").model_dump_json()
    assert "Lost laptop" not in cut(packet, "technical").model_dump_json()


def test_without_data_nothing_is_green_and_nothing_is_zero(folder: District) -> None:
    packet = compose(material(folder, {}, first=True))
    assert {line.light for line in packet.lights} == {Light.NOT_KNOWN}
    assert all(one.value is None for one in packet.figures)
    rows = [row for section in packet.sections[2:] for table in section.tables for row in table.rows]
    assert {row.light for row in rows} <= {None, Light.NOT_KNOWN}
    assert {cell for row in rows for cell in row.cells[1:4]} == {"not known"}
    assert not any(change.item.startswith(("backup", "outage")) for change in packet.changes)
    assert "Backups: not known. No source tells of them." in shown(packet)
    assert "No restore test is known" not in shown(packet)
    assert "No class time was lost" not in shown(packet)
    assert packet.appendix.strengths == ()
    assert {one.score for one in packet.appendix.criteria} == {"no score"}


def test_a_silent_source_says_since_when_in_every_place_of_its_figures(folder: District) -> None:
    packet = compose(material(folder, silent=SILENT))
    lines = {line.item: line.text for line in packet.sections[2].sentences}
    assert lines["desk.flow"] == "Help desk: not known since Fri 20 Nov, 6 pm."
    assert lines["services"] == "Services: not known since Wed 18 Nov, 6 pm."
    assert lines["backups"].startswith(("Backups: not known since Thu 19 Nov, 6 pm.", "2 of 3"))
    assert lines["compliance"] == "Compliance: not known since Wed 18 Nov, 6 pm."
    assert packet.sections[3].sentences[0].text == "Surveys: never read yet."
    assert packet.sections[4].sentences[0].text == "Agreements: not known since Thu 19 Nov, 6 pm."
    assert [table.caption for table in packet.sections[3].tables + packet.sections[4].tables] == []
    teachers = next(row for one in packet.appendix.criteria for row in one.indicators if row.code == "TI-01")
    assert teachers.value == "not known since Sun 1 Nov, 9 am"
    unknowns = [line.text for line in packet.unknowns]
    assert "Help desk: not known since Fri 20 Nov, 6 pm. IT Lead looks after it." in unknowns
    assert "Our own looks: not known since Wed 18 Nov, 6 pm. IT Lead looks after it." in unknowns
    assert "Surveys: never read yet. Principal looks after it." in unknowns


def test_a_day_that_was_watched_in_part_is_no_clean_day(folder: District) -> None:
    """Time that nobody watched is printed in minutes above the strip; the strip must not call that day "none"."""
    gap = (seen("sis", SINCE, local(11, 16, 10)), seen("sis", local(11, 16, 10, 40), AS_OF))
    packet = compose(material(folder, month() | {"probes": (*gap, seen("sso", SINCE, AS_OF))}))
    strip = next(chart for chart in packet.sections[2].charts if chart.kind == "days")
    assert [point.label for point in strip.series[0].points if point.partly] == ["Mon 16 Nov"]
    assert strip.alternative.endswith("1 of these days was watched only in part.")


def test_a_figure_that_is_no_share_tells_how_many_stand_behind_it(packet: Packet) -> None:
    rows = {row.code: row for criterion in packet.appendix.criteria for row in criterion.indicators}
    assert (rows["IP-10"].numerator, rows["IP-10"].denominator) == ("", "13")


def test_services_that_are_no_longer_watched_have_no_clean_row_and_no_clean_day(folder: District) -> None:
    """Watched until 9 am on Wed 18 Nov, which is more than half of the period's class time."""
    last = local(11, 18, 9)
    watched = (seen("sis", SINCE, last), seen("sso", SINCE, last))
    packet = compose(material(folder, month() | {"probes": watched}, silent={"probes": last}))
    services, strip = packet.sections[2].tables[0], packet.sections[2].charts[0]
    assert {cell for row in services.rows for cell in row.cells[1:4]} == {"not known"}
    days = {point.label: point.value for point in strip.series[0].points}
    assert (days["Tue 17 Nov"], days["Wed 18 Nov"], days["Thu 19 Nov"]) == (0, None, None)


def test_the_error_of_a_read_is_for_those_who_mend_it(folder: District) -> None:
    made = material(folder)
    broken = tuple(replace(one, failing="desk.cedar.example refused the login.") for one in made.sources)
    packet = compose(replace(made, sources=broken))
    mender = cut(packet, "technical").appendix.sources
    for edition in ("leadership", "representative"):
        told = cut(packet, edition).appendix.sources
        assert {(row.state, row.error) for row in told} == {("The last read failed.", "")}
    assert {row.error for row in mender} == {"desk.cedar.example refused the login."}


def test_a_figure_that_is_too_old_is_told_with_its_date(folder: District) -> None:
    old = replace(measured("weekly_active_teachers", 241, 284), period_start_on=date(2026, 9, 7))
    old = replace(old, period_end_on=date(2026, 9, 13))
    packet = compose(material(folder, month() | {"counts": (old,)}))
    told = next(line.text for line in packet.unknowns if line.item == "TI-01")
    assert not re.search(r"\d{4}-\d{2}-\d{2}", told)


def test_the_first_week_of_a_help_desk_is_told_and_not_drawn(folder: District) -> None:
    made = material(folder, month())
    begun = replace(made.facts.window, start=made.facts.frame().until - timedelta(days=3))
    early = compose(replace(made, facts=replace(made.facts, window=begun)))
    titles = [[chart.title for chart in packet.sections[2].charts] for packet in (early, compose(made))]
    assert ["Open tickets at the end of each week" in one for one in titles] == [False, True]
    assert "The help desk took" in shown(early)


def test_a_help_desk_without_tickets_has_none_and_no_desk_has_no_number(folder: District) -> None:
    none = compose(material(folder, month() | {"desk": ()}))
    assert "The help desk took 0 tickets, resolved 0 and has 0 open." in shown(none)
    told = month()
    del told["desk"]
    assert "help desk took" not in shown(compose(material(folder, told)))


def test_a_backup_goes_bad_comes_back_and_is_told_while_it_stays_bad(folder: District) -> None:
    bad = compose(material(folder))
    (change,) = [one for one in bad.changes if one.item == "backup:buses"]
    assert change.text == "Bus routing: no good backup since Sat 14 Nov (limit 1 day)."
    assert (change.trend, change.audience) == (Trend.NEW, Audience.SECURITY)

    still = compose(material(folder, printed=bad))
    (same,) = [one for one in still.changes if one.item == "backup:buses"]
    assert same.trend is Trend.SAME

    missed = (*backups({**GOOD, "buses": local(11, 1, 2)}), backup("buses", local(11, 23, 12)))
    again = compose(material(folder, month() | {"dumps": missed}, printed=bad))
    (better,) = [one for one in again.changes if one.item == "backup:buses"]
    assert (better.trend, better.text) == (Trend.BETTER, "Bus routing: backed up in time again.")


def test_a_backup_of_last_year_is_told_with_its_year(folder: District) -> None:
    old = (*backups({"finance": AS_OF, "hr": AS_OF}), backup("buses", local(11, 14, 2, year=2025)))
    packet = compose(material(folder, month() | {"dumps": old}))
    assert "Bus routing: no good backup since 14 Nov 2025 (limit 1 day)." in [one.text for one in packet.changes]


def test_a_figure_that_fell_silent_is_told_with_what_was_printed(folder: District) -> None:
    printed = compose(material(folder, stage="final"))
    packet = compose(material(folder, silent={"counts": local(11, 1, 9)}, printed=printed))
    (change,) = [one for one in packet.changes if one.item == "TI-01"]
    assert change.text == (
        "Teachers who use digital tools every week: not known since Sun 1 Nov, 9 am (241 of 284 on Thu 3 Dec)."
    )
    assert change.trend is Trend.UNKNOWN


def test_a_failed_backup_is_no_backup(folder: District) -> None:
    failed = (*backups({**GOOD, "hr": local(11, 8, 2)}), backup("hr", local(11, 24, 2), BackupResult.FAILED))
    packet = compose(material(folder, month() | {"dumps": failed}))
    assert "HR archive: no good backup since Sun 8 Nov (limit 7 days)." in [one.text for one in packet.changes]


def test_restores_are_told_with_their_time_and_the_untested_are_named(packet: Packet) -> None:
    assert "Finance: a restore test on Sun 15 Nov brought it back in 42 min." in [one.text for one in packet.changes]
    assert "No restore test is known of: Bus routing and HR archive." in [line.text for line in packet.unknowns]


def test_a_failed_restore_is_worse(folder: District) -> None:
    test = RestoreTest(system_key="hr", test_key="t2", tested_at=local(11, 20, 9), result=Verdict.FAIL)
    packet = compose(material(folder, month() | {"evidence": (*evidence(), test)}))
    (change,) = [one for one in packet.changes if one.item == "restore:hr:t2"]
    assert (change.trend, change.text) == (Trend.WORSE, "HR archive: a restore test on Fri 20 Nov failed.")


def test_a_system_that_no_list_names_is_told_by_its_key_in_words(folder: District) -> None:
    test = RestoreTest(system_key="file_share-main", test_key="t3", tested_at=local(11, 20, 9), result=Verdict.OK)
    packet = compose(material(folder, month() | {"evidence": (*evidence(), test)}))
    (change,) = [one for one in packet.changes if one.item == "restore:file_share-main:t3"]
    assert change.text == "File share main: a restore test on Fri 20 Nov worked."
    assert "file_share" not in " ".join(one.text for one in packet.sections[2].sentences)


def test_a_late_fact_is_a_correction_and_not_a_change(folder: District) -> None:
    printed = compose(material(folder, stage="final"))
    late = month() | {"counts": (measured("weekly_active_teachers", 200, 284),)}
    packet = next_month(folder, printed, late)
    (line,) = packet.corrections
    assert line.text == (
        "On Thu 3 Dec we printed 241 for “Teachers who use digital tools every week”. "
        "With what is known today it is 200 of 284."
    )
    assert not any(change.item == "TI-01" for change in packet.changes)
    statements = {one.text: one.trend for line in packet.lights for one in line.statements}
    assert statements["Teachers who use digital tools every week: 200 of 284"] is Trend.SAME


def test_a_figure_that_moved_is_a_change_with_what_was_printed(folder: District) -> None:
    printed = compose(material(folder, stage="final"))
    packet = compose(
        material(folder, month() | {"counts": (measured("weekly_active_teachers", 200, 284),)}, printed=printed)
    )
    (change,) = [one for one in packet.changes if one.item == "TI-01"]
    assert change.text == "Teachers who use digital tools every week: 200 of 284 (241 on Thu 3 Dec)."
    assert change.trend is Trend.WORSE
    assert packet.heading.compared_with == "the meeting of Thu 3 Dec"
    assert packet.corrections == ()


def test_a_verdict_that_turned_weighs_more_than_a_longer_step_that_turned_none(folder: District) -> None:
    def change(before: float, now: float) -> Change:
        told, today = (month() | {"counts": (measured("weekly_active_teachers", n, 284),)} for n in (before, now))
        printed = compose(material(folder, told, stage="final"))
        packet = compose(material(folder, today, printed=printed))
        return next(one for one in packet.changes if one.item == "TI-01")

    turned, longer = change(262, 241), change(284, 262)
    assert (turned.trend, longer.trend) == (Trend.WORSE, Trend.WORSE)
    assert turned.weight > longer.weight


def test_what_the_last_packet_said_in_the_same_words_is_no_change(folder: District) -> None:
    printed = compose(material(folder, stage="final"))
    packet = compose(material(folder, printed=printed))
    assert {one.item for one in packet.changes} == {"backup:buses"}


def test_a_first_packet_compares_with_nothing(folder: District) -> None:
    packet = compose(material(folder))
    assert packet.heading.compared_with == ""
    assert {one.trend for line in packet.lights for one in line.statements} == {Trend.UNKNOWN}


def test_an_owners_note_stands_beside_its_line(folder: District) -> None:
    note = SectionNote(
        team_key="tech",
        meeting_key="m",
        line_key="backup:buses",
        text="Disk full; new one on 30 Nov.",
        by_role="it_lead",
    )
    packet = compose(material(folder, notes={"backup:buses": note}))
    (change,) = [one for one in packet.changes if one.item == "backup:buses"]
    assert (change.note, change.note_by) == ("Disk full; new one on 30 Nov.", "IT Lead")
    assert sum("Disk full" in text for text in texts(packet.model_dump())) == 1


def test_a_small_group_is_not_shown(packet: Packet) -> None:
    rows = {row.cells[0]: row.cells for row in packet.sections[3].tables[0].rows}
    assert rows["Families"] == ("Families", "20 Oct 2026", "fewer than 10", "not shown", "")
    assert rows["Staff"][2:4] == ("114 of 180", "88 %")
    points = {point.label: point.value for point in packet.sections[3].charts[0].series[0].points}
    assert points["Families"] is None
    assert packet.sections[3].charts[0].alternative == "Staff: 88 % of answers are favourable."


def test_many_questions_make_nobody_more_certain(folder: District) -> None:
    """Twenty people who answered thirty questions are twenty people: 50 % lies between 30 % and 70 %."""
    asked = tuple(survey("staff", (5, 5, 5, 5), question=f"q{number}") for number in range(30))
    packet = compose(material(folder, month() | {"surveys": asked}))
    (row,) = packet.sections[3].tables[0].rows
    assert row.cells[-3:] == ("20", "50 %", "30 % to 70 %")


def test_a_census_has_no_likely_range_wider_than_itself(folder: District) -> None:
    packet = compose(material(folder, month() | {"surveys": (survey("staff", (5, 5, 40, 50), 100),)}))
    (row,) = packet.sections[3].tables[0].rows
    assert row.cells[-2:] == ("90 %", "90 % to 90 %")


def test_a_group_speaks_by_its_newest_wave_that_was_fielded(folder: District) -> None:
    waves = (
        replace(survey("staff", (50, 0, 0, 0)), wave="2025", fielded_on=date(2025, 10, 20)),
        survey("staff", (5, 5, 40, 50), 100),
        replace(survey("staff", (0, 50, 0, 0)), wave="2027", fielded_on=date(2027, 10, 20)),
    )
    packet = compose(material(folder, month() | {"surveys": waves}))
    (row,) = packet.sections[3].tables[0].rows
    assert row.cells[1:4] == ("20 Oct 2026", "100 of 100", "90 %")


def test_minutes_that_never_came_are_missed(folder: District) -> None:
    packet = compose(material(folder, minutes_expected=True))
    assert packet.minutes_missing == (
        "No minutes came from the meeting of Thu 5 Nov; its open actions are carried over."
    )
    assert compose(material(folder, minutes_expected=True, minutes_came=True)).minutes_missing == ""


def test_a_milestone_past_its_day_is_late_and_one_that_moved_is_behind(folder: District) -> None:
    packet = compose(material(folder))
    row = packet.sections[1].tables[0].rows[0]
    assert (row.light, row.cells[-1]) == (Light.CLOSE, "17 days behind its first date")
    text = shown(packet)
    assert "New gradebook: “Live in both schools” is 17 days behind its first date; now 18 Dec 2026." in text
    assert "New gradebook: complete in 1 of 2 schools." in text


def test_a_school_that_nobody_counted_is_a_gap_in_the_chart(folder: District) -> None:
    counts = (measured("rollout.gradebook", 40, 40, "school:middle"),)
    packet = compose(material(folder, month() | {"counts": counts}))
    (chart,) = packet.sections[1].charts
    assert chart.alternative == "New gradebook: complete in 1 of 2 schools. Of 1 school nothing is known."
    assert [point.value for point in chart.series[0].points] == [100.0, None]


def test_the_days_before_and_after_the_period_are_no_gaps(packet: Packet) -> None:
    strip = next(chart for chart in packet.sections[2].charts if chart.kind == "days")
    first, *_, last = strip.series[0].points
    assert (first.label, last.label) == ("Fri 6 Nov", "Mon 23 Nov")
    assert strip.alternative == "Class time was lost on 1 of 12 school days: 50 min on Tue 17 Nov."


def test_security_stays_out_of_the_representative_edition(packet: Packet) -> None:
    words = shown(cut(packet, "representative"))
    for secret in ("Bus routing", "backup", "Restores", "restore", "Lost laptop", "cipa", "lock"):
        assert secret not in words.replace("Limit (backup)", "").replace("Restore test", "").replace(
            "newest good backup of a system", ""
        ).replace("brought data back from a backup", ""), secret
    area = next(one for one in cut(packet, "representative").lights if one.area == "Security")
    assert area.neutral == "Security is checked every night; findings go to the members who answer for them."
    assert "Security" not in [one.title for one in cut(packet, "representative").appendix.criteria]


@pytest.mark.parametrize("state", ["full", "silent", "empty", "later"])
def test_every_text_reads_well(folder: District, packet: Packet, state: str) -> None:
    made = {
        "full": lambda: packet,
        "silent": lambda: compose(material(folder, silent=SILENT, actions=ACTIONS)),
        "empty": lambda: compose(material(folder, {}, first=True)),
        "later": lambda: next_month(
            folder, packet, month() | {"counts": (measured("weekly_active_teachers", 1, 284),)}
        ),
    }[state]()
    for text in texts(made.model_dump(mode="json")):
        assert text == text.strip(), text
        assert not UGLY.search(text), text


def test_a_finding_in_every_place_does_not_blow_it_up(folder: District) -> None:
    told = month()
    told["evidence"] = (
        *evidence(),
        *(
            ControlResult(
                framework="local",
                edition="1",
                code=f"rule {number}",
                subject="district",
                state=Verdict.FAIL,
                collected_at=AS_OF,
            )
            for number in range(200)
        ),
        *(
            Agreement(
                agreement_key=f"a{number}", vendor=f"Vendor {number}", kind="contract", expires_on=date(2027, 1, 1)
            )
            for number in range(200)
        ),
    )
    told["desk"] = tickets(2000)
    late = tuple(action(number, date(2026, 11, 1) + timedelta(days=number % 20)) for number in range(200))
    packet = compose(material(folder, told, actions=late))
    made = render(cut(packet, "leadership"), "leadership", packet.covers[2])
    assert len(made.html) < 80_000
    assert len(packet.overdue) == 200
    assert b"/Type" in made.pdf
    assert MOST_PAGES == 8


def test_the_same_material_gives_the_same_packet_and_the_same_snapshot(folder: District, packet: Packet) -> None:
    again = compose(material(folder, actions=ACTIONS, decisions=DECISIONS))
    assert again == packet
    assert again.model_dump_json() == packet.model_dump_json()
    assert Packet.model_validate_json(packet.model_dump_json()) == packet
