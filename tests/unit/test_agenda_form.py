"""The form that agenda items share: sentences, charts of counted shares, questions by rules, one quiet line."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from firstbell.config.loaded import District
from firstbell.kpi import Light
from firstbell.packet.agenda_plan import milestone_events
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.figures import audience_of
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Audience, Chart, Packet, Section
from firstbell.packet.page_one import page_one
from firstbell.packet.pdf_agenda import LEVELS, Agenda, AgendaSetter
from firstbell.packet.pdf_appendix import appendix_data
from firstbell.packet.words import Words
from firstbell.records import Agreement, Measurement, TeamAction, TeamDecision
from tests.unit.packet_material import FOLDER, SINCE, district, local, material, measured, month, seen, survey


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("folder") / "district")


@pytest.fixture(scope="module")
def packet(folder: District) -> Packet:
    return compose(material(folder, actions=(late(),)))


def late(**changed: Any) -> TeamAction:
    action = TeamAction(
        team_key="tech",
        action_key="A-07",
        meeting_key="m",
        title="Sign the data agreement",
        state="open",
        owner_role="superintendent",
        first_due_on=date(2026, 11, 13),
        due_on=date(2026, 11, 13),
        opened_on=date(2026, 11, 5),
    )
    return replace(action, **changed)


def decision(key: str) -> TeamDecision:
    return TeamDecision(team_key="tech", decision_key=key, meeting_key="m", title="Renew the filter?", state="proposed")


def weeks(shares: list[float]) -> tuple[Measurement, ...]:
    """Teachers who use digital tools, a count a week, the newest in the week of 9 Nov."""
    last = measured("weekly_active_teachers", 0, 284)
    return tuple(
        replace(
            last,
            numerator=round(284 * share),
            period_start_on=last.period_start_on - timedelta(weeks=back),
            period_end_on=last.period_end_on - timedelta(weeks=back),
        )
        for back, share in enumerate(reversed(shares))
    )


def asked(packet: Packet, number: int) -> list[str]:
    return [line.text for line in packet.sections[number - 1].questions]


def use_chart(packet: Packet) -> Chart:
    return next(chart for chart in packet.sections[1].charts if chart.kind == "line")


def set_section(packet: Packet, section: Section) -> dict[str, object]:
    """One section as the PDF sets it, with what moved to the appendix under "full"."""
    one = packet.model_copy(update={"sections": (section,)})
    agenda = AgendaSetter(one, Words("en"), LEVELS[0], appendix=True).set(page_one(one, "leadership"))
    return {**agenda.sections[0], "full": [table["caption"] for table in agenda.full_tables]}


def test_every_item_names_its_owner_and_says_something_in_whole_sentences(packet: Packet) -> None:
    for section in packet.sections:
        assert section.owner
        assert section.quiet or section.sentences
        assert all(line.text.endswith((".", "!", "?")) for line in section.sentences)


def test_a_late_action_without_a_new_day_is_asked_for(packet: Packet) -> None:
    assert "A-07 Sign the data agreement: 11 days late, no new day. When, or do we drop it?" in asked(packet, 1)


def test_an_action_with_a_new_day_is_not_asked_for(folder: District) -> None:
    moved = late(due_on=date(2026, 12, 4), times_moved=1)
    assert asked(compose(material(folder, actions=(moved,))), 1) == []


def test_what_was_moved_three_times_is_to_be_staffed_or_dropped(folder: District) -> None:
    moved = late(due_on=date(2026, 12, 4), times_moved=3)
    assert asked(compose(material(folder, actions=(moved,))), 1) == [
        "A-07 Sign the data agreement: moved 3 times. Staff it or drop it?"
    ]


def test_a_missed_target_is_asked_about_with_its_figure_and_goal(packet: Packet) -> None:
    (question,) = [text for text in asked(packet, 3) if "backed up" in text]
    assert question.startswith("What brings these to their goals, and who does it: ")
    assert "Systems backed up in time (2 of 3; goal 3)" in question


def test_questions_about_security_stay_with_those_who_see_its_figures(packet: Packet) -> None:
    parents = cut(packet, "representative")
    assert not any("backed up" in text for text in asked(parents, 3))
    assert not any("backed up" in series.finding for chart in parents.sections[5].charts for series in chart.series)


def test_an_outage_without_a_known_cause_is_asked_about(packet: Packet) -> None:
    assert "Was the cause of the outage of Sign-in found, and can it come back?" in asked(packet, 3)


def test_a_silent_source_is_asked_for_and_not_called_bad(folder: District) -> None:
    packet = compose(material(folder, silent={"counts": local(11, 1, 9)}))
    assert any(
        text.startswith("Teachers who use digital tools every week: not known since Sun 1 Nov")
        for text in asked(packet, 2)
    )


def test_an_agreement_that_ends_soon_is_a_question(folder: District) -> None:
    told = month()
    soon = tuple(
        replace(one, expires_on=date(2026, 12, 20)) if isinstance(one, Agreement) else one for one in told["evidence"]
    )
    texts = asked(compose(material(folder, told | {"evidence": soon})), 5)
    assert texts[0] == "Filter Co (contract) ends on 20 Dec 2026: renew, change or let it end?"


def test_at_most_three_rules_ask_under_one_item(folder: District) -> None:
    actions = tuple(late(action_key=f"A-{number:02}") for number in range(9))
    assert len(asked(compose(material(folder, actions=actions)), 1)) == 3


def test_services_that_cost_class_time_are_named_with_it(packet: Packet) -> None:
    texts = [line.text for line in packet.sections[2].sentences]
    assert "1 of 2 services cost class time: Sign-in (50 min)." in texts


def test_the_strip_of_days_names_each_service_that_cost_class_time(packet: Packet) -> None:
    strip = next(chart for chart in packet.sections[2].charts if chart.kind == "days")
    assert [(row.name, row.finding) for row in strip.series] == [
        ("Sign-in", "Sign-in: 50 min."),
        ("1 other service", ""),
    ]
    assert {point.group for point in strip.series[0].points} == {"Fri 6 Nov", "Mon 9 Nov", "Mon 16 Nov", "Mon 23 Nov"}


def test_groups_that_nobody_asked_are_named(packet: Packet) -> None:
    texts = [line.text for line in packet.sections[3].sentences]
    assert "Last asked: Families on 20 Oct 2026 and Staff on 20 Oct 2026." in texts
    assert "Nobody has asked: Students." in texts


def test_a_counted_share_is_drawn_against_its_target_with_its_gaps(folder: District) -> None:
    shares = [0.5, 0.6, 0.9, 0.88]
    packet = compose(material(folder, month() | {"counts": weeks(shares)}))
    chart = use_chart(packet)
    assert (chart.title, chart.target) == ("Teachers who use digital tools every week", 87)
    assert [round(point.value or 0) for point in chart.series[0].points] == [50, 60, 90, 88]
    assert chart.alternative == "From 50 % on Sun 25 Oct to 88 % on Sun 15 Nov. The goal was met in 2 of 4 counts."


def test_too_few_counts_are_no_line(folder: District) -> None:
    packet = compose(material(folder, month() | {"counts": weeks([0.5, 0.6, 0.9])}))
    assert not any(chart.kind == "line" for chart in packet.sections[1].charts)


def test_a_count_of_few_people_is_a_gap_in_the_line(folder: District) -> None:
    rows = weeks([0.5, 0.6, 0.9, 0.7, 0.88])
    few = (rows[0], replace(rows[1], people=3), *rows[2:])
    points = use_chart(compose(material(folder, month() | {"counts": few}))).series[0].points
    assert [point.value is None for point in points] == [False, False, False, True, False]


def test_an_item_that_says_what_the_last_packet_said_is_one_line(folder: District, packet: Packet) -> None:
    again = compose(material(folder, actions=(late(),), printed=packet))
    feedback, backups = again.sections[3], again.sections[2]
    assert feedback.unchanged
    assert feedback.quiet == "Nothing new since the meeting of Thu 3 Dec; the figures stand in the appendix."
    made = set_section(again, feedback)
    assert loosened(str(made["quiet"])) == feedback.quiet
    assert (made["tables"], made["charts"], made["questions"], made["groups"]) == ([], [], [], [])
    assert made["full"] == ["The newest survey of each group"]
    assert backups.incidents
    assert not backups.unchanged, "an open incident is never passed over in one line"


def test_an_item_with_one_new_sentence_is_printed_whole(folder: District, packet: Packet) -> None:
    told = month()
    newer = replace(survey("staff", (4, 10, 40, 60), 180), fielded_on=date(2026, 11, 20))
    later = compose(material(folder, told | {"surveys": (newer,)}, printed=packet))
    assert not later.sections[3].unchanged
    assert set_section(later, later.sections[3])["tables"]


def test_what_stays_unknown_for_three_packets_is_to_be_staffed_or_dropped(folder: District) -> None:
    told = month() | {"counts": ()}
    first = compose(material(folder, told))
    second = compose(material(folder, told, printed=first))
    third = compose(material(folder, told, printed=second))
    again = compose(material(folder, printed=third))
    lines = {line.item: line for line in third.unknowns}
    assert (first.unknowns[0].times, lines["TI-01"].times) == (1, 3)
    assert lines["TI-01"].text.endswith("Unknown in 3 packets in a row: staff it or drop it?")
    assert not any("in a row" in line.text for line in second.unknowns)
    assert "TI-01" not in {line.item for line in again.unknowns}


def test_minutes_that_nobody_watched_are_never_asked_to_be_dropped(folder: District) -> None:
    told = month() | {"probes": (seen("sso", SINCE, local(11, 23, 9)), seen("sis", SINCE, local(11, 23, 9)))}
    packet = compose(material(folder, told))
    for _ in range(3):
        packet = compose(material(folder, told, printed=packet))
    (line,) = [line for line in packet.unknowns if line.item == "coverage"]
    assert line.times == 4
    assert "in a row" not in line.text


def test_every_item_that_has_news_says_two_to_five_sentences_in_print(packet: Packet) -> None:
    agenda = AgendaSetter(packet, Words("en"), LEVELS[0], appendix=True).set(page_one(packet, "leadership"))
    for section in agenda.sections:
        said = [line for group in section["groups"] for line in group["lines"]]
        assert section["quiet"] or 2 <= len(said) <= 5, section["title"]


def test_the_latest_promise_is_named_with_its_owner_and_those_ahead_are_counted(folder: District) -> None:
    ahead = late(action_key="A-09", first_due_on=date(2026, 12, 4), due_on=date(2026, 12, 4))
    texts = [line.text for line in compose(material(folder, actions=(late(), ahead))).sections[0].sentences]
    assert "The most overdue is A-07 Sign the data agreement: 11 days late; Superintendent looks after it." in texts
    assert "1 more is open and not due yet." in texts


def test_the_top_need_of_each_audience_is_named_with_who_looks_after_it(packet: Packet) -> None:
    whole = [line.text for line in packet.sections[5].sentences]
    parents = [line.text for line in cut(packet, "representative").sections[5].sentences]
    assert any(
        text.startswith("Among the most pressing: Systems backed up in time (2 of 3; goal 3).") for text in whole
    )
    assert any(text.startswith("Among the most pressing: ") for text in parents)
    assert not any("backed up" in text for text in parents)


def test_the_one_who_confirms_sees_every_proposal_before_anything_else(folder: District) -> None:
    waiting = tuple(decision(f"d{number}") for number in range(3))
    packet = compose(material(folder, decisions=waiting))
    agenda = AgendaSetter(packet, Words("en"), LEVELS[0], appendix=True).set(page_one(packet, "leadership"))
    said = " ".join(line["text"] for group in agenda.sections[5]["groups"] for line in group["lines"])
    assert said.count("Renew the filter?") == 3


def test_an_agreement_without_a_known_cost_is_counted_and_not_free(folder: District) -> None:
    told = month()
    (filters,) = [one for one in told["evidence"] if isinstance(one, Agreement)]
    reading = replace(filters, agreement_key="reading", vendor="Reading Co", annual_cost=None)

    def texts(*ending: Agreement) -> list[str]:
        rest = [one for one in told["evidence"] if not isinstance(one, Agreement)]
        packet = compose(material(folder, told | {"evidence": (*rest, *ending)}))
        return [line.text for line in packet.sections[4].sentences if line.item == "agreements.cost"]

    assert texts(filters) == ["It costs $24,800 a year."]
    assert texts(filters, reading) == ["The cost of 1 of these is not known; the rest come to $24,800 a year."]
    assert texts(reading) == ["What it costs is not known."]


def test_readers_who_may_not_see_security_still_see_needs_without_gaps_in_their_ranks(folder: District) -> None:
    targets = FOLDER["targets.yaml"] + "".join(
        f"  - {{indicator: {key}, target: {goal}, floor: {floor}, adopted_on: 2026-10-01}}\n"
        for key, goal, floor in (("SA-04", 1.0, 0.0), ("SA-08", 1.0, 0.5))
    )
    with_needs = district(folder.folder.parent / "more", targets=targets)
    table = cut(compose(material(with_needs)), "representative").sections[5].tables[0]
    assert table.rows
    assert len(table.rows) < len(compose(material(with_needs)).sections[5].tables[0].rows)
    assert [column.title for column in table.columns] == ["Need", "Now", "Goal", "Owner"]
    assert "that readers of this edition see" in table.caption
    part = cut(compose(material(with_needs)), "representative")
    data = appendix_data(part.appendix, Agenda(), Words("en"))
    assert data is not None
    ranks = [row[1] for row in data["tables"][0]["rows"]]
    assert ranks == [str(rank) for rank in range(1, len(part.appendix.needs) + 1)]


def test_figures_with_a_goal_are_counted_by_their_lights_and_the_unknown_ones_apart(folder: District) -> None:
    found = material(folder)
    in_force = [one for one in found.assessment.district if one.target.in_force]
    goals = [one.key for one in in_force if audience_of(one.area) is Audience.TEAM]
    hidden = len(in_force) - len(goals)

    def line(*lights: Light) -> str:
        shown = dict(zip(goals, (*lights, *[Light.MET] * len(goals)), strict=False))
        results = tuple(replace(one, light=shown.get(one.key, one.light)) for one in found.assessment.results)
        packet = compose(replace(found, assessment=replace(found.assessment, results=results)))
        return next(one.text for one in packet.sections[5].sentences if one.item == "needs")

    assert any(one.need for one in found.assessment.district)
    assert line() == f"0 of {len(goals)} figures with an adopted target are not met."
    assert line(Light.CLOSE) == f"1 of {len(goals)} figures with an adopted target is not met."
    assert line(Light.MISSED, Light.NOT_KNOWN, Light.CLOSE) == (
        f"2 of {len(goals)} figures with an adopted target are not met, 1 not known."
    )
    packet = compose(found)
    items = {
        name: [one.item for one in cut(packet, name).sections[5].sentences] for name in ("leadership", "representative")
    }
    assert hidden
    assert "needs_security" in items["leadership"]
    assert "needs_security" not in items["representative"]


def test_a_milestone_past_its_date_has_no_new_date_yet(folder: District) -> None:
    plan = FOLDER["plan.yaml"].replace("due: 2026-12-18}", "due: 2026-11-20}")
    found = material(district(folder.folder.parent / "past", plan=plan))
    team = replace(found.facts.team, baselines={"gb-live": date(2026, 11, 10)})
    events = milestone_events(replace(found, facts=replace(found.facts, team=team)))
    assert events[-1].text == "New gradebook: “Live in both schools” is 14 days behind its first date; no new date yet."
