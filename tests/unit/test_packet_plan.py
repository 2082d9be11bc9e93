"""Agenda item 2: roll-outs, readiness, slippage, evidence, coaching and trainings, and leaders' own hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.kpi import Light
from firstbell.metrics.facts import TeamFacts
from firstbell.metrics.plan import HoursEntry, Leader
from firstbell.packet.agenda_plan import projects_section
from firstbell.packet.audience import cover_of, cut
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from firstbell.packet.model import Section, Table
from firstbell.packet.page_one import page_one
from firstbell.team_knowledge import plan_work
from tests.unit.packet_material import FOLDER, district, material, measured, month

PLAN = """\
goals:
  - key: classroom
    title: Technology serves teaching
    team: tech
    objectives:
      - key: gradebook
        title: One gradebook
        initiatives:
          - key: gradebook
            title: New gradebook
            levels: [secondary]
            measure: rollout.gradebook
            launch: gb-live
            milestones:
              - {key: gb-train, title: Teachers trained, due: 2026-11-10, done: 2026-11-12}
              - {key: gb-live, title: Live in both schools, due: 2026-12-18}
          - key: report
            title: Progress report
            levels: [elementary]
            launch: report-live
            milestones:
              - {key: report-live, title: First reports, due: 2027-02-01}
evidence:
  - {initiative: gradebook, verb: plan, level: district, day: 2026-09-01, what: Plan adopted}
  - {initiative: gradebook, verb: plan, level: school, school: high, day: 2026-09-08, what: Minutes}
  - {initiative: gradebook, verb: implement, level: school, school: middle, day: 2026-11-02, what: Moved}
readiness:
  - {initiative: gradebook, title: Rosters, owner_role: it_lead, due: 2026-11-30, state: ready, looked_on: 2026-11-20}
  - {initiative: gradebook, title: Help page, owner_role: principal, due: 2026-11-20,
     state: not_ready, looked_on: 2026-11-20}
  - {initiative: gradebook, title: Families told, owner_role: principal, due: 2026-12-10}
  - {initiative: report, title: Forms, owner_role: principal, due: 2027-01-10}
coaching:
  - {day: 2026-09-10, school: high, kind: plc, teachers: 14, hours: 1.5}
  - {day: 2026-10-10, school: middle, kind: plc, teachers: 12, hours: 1}
  - {day: 2026-10-11, school: oak, kind: one_to_one, teachers: 1, hours: 1}
training:
  - {day: 2026-09-10, objective: gradebook, people: 30, hours: 2}
"""


def plan_material(folder: District, told: Mapping[str, tuple[object, ...]] | None = None, **team: object) -> Material:
    found = material(folder, told)  # type: ignore[arg-type]  # tests tell records
    lists = TeamFacts(baselines={"gb-live": date(2026, 12, 1)}, work=plan_work(folder.plan))
    return replace(found, facts=replace(found.facts, team=replace(lists, **team)))  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> District:
    return district(tmp_path / "district", plan=PLAN)


def section(found: Material) -> Section:
    return projects_section(found)


def table(found: Section, words: str) -> Table:
    (one,) = (one for one in found.tables if words in one.caption)
    return one


def test_two_to_five_sentences_say_how_the_plan_stands(folder: District) -> None:
    gaps = (
        "None for development, communication, carrying out and evaluation in the district; development, communication "
        "and evaluation in the schools."
    )
    said = [line.text for line in section(plan_material(folder)).sentences]
    assert said == [
        "1 of 3 milestones are done; 1 is behind its first date.",
        "Roll-outs, complete in: New gradebook 1 of 2 schools.",
        "New gradebook: to be launched on 18 Dec 2026; 1 of 3 checks are ready, 1 is not ready, 1 is not known.",
        "New gradebook: “Live in both schools” is 17 days behind its first date; now 18 Dec 2026.",
        f"Planning phases with evidence: 3 of 10. {gaps}",
    ]


def test_the_matrix_says_where_evidence_is_and_where_none(folder: District) -> None:
    rows = table(section(plan_material(folder)), "Evidence").rows
    assert rows[0].cells == ("New gradebook", "district, 1 of 2 schools", "none", "none", "1 of 2 schools", "none")
    assert rows[1].cells == ("Progress report", "none", "none", "none", "none", "none")
    assert {row.light for row in rows} == {None}


def test_evidence_that_nobody_keeps_is_not_known(tmp_path: Path) -> None:
    found = section(plan_material(district(tmp_path, plan=PLAN.partition("evidence:")[0])))
    assert found.sentences[-1].text == "Planning phases with evidence: not known. Nobody keeps a list of it."
    assert not any("Evidence" in one.caption for one in found.tables)


def test_a_launch_that_nobody_keeps_a_list_for_is_a_finding(tmp_path: Path) -> None:
    packet = compose(plan_material(district(tmp_path, plan=PLAN.partition("readiness:")[0])))
    (change,) = (one for one in packet.changes if one.item == "readiness:gradebook")
    assert change.text == "New gradebook: to be launched on 18 Dec 2026, and nobody keeps a list of what must be ready."


def test_an_initiative_in_time_but_not_ready_is_not_green(folder: District) -> None:
    row = section(plan_material(folder, baselines={})).tables[0].rows[0]
    assert (row.light, row.cells[-1]) == (Light.CLOSE, "not ready for 18 Dec 2026")


def test_what_a_launch_waits_for_and_the_question_it_raises(folder: District) -> None:
    found = section(plan_material(folder))
    waiting = table(found, "launches wait for")
    assert waiting.caption == "What launches wait for; 1 more is ready"
    assert [(row.light, row.cells[1], row.cells[-1]) for row in waiting.rows] == [
        (Light.MISSED, "Help page", "4 days late"),
        (Light.NOT_KNOWN, "Families told", "nobody looked yet"),
    ]
    assert [line.text for line in found.questions] == ["New gradebook: keep the day of 18 Dec 2026, or move it?"]


def test_a_launch_that_is_ready_or_far_away_is_no_finding(tmp_path: Path) -> None:
    ready = PLAN.replace("state: not_ready", "state: ready").replace(
        "due: 2026-12-10}", "due: 2026-12-10, state: ready, looked_on: 2026-11-23}"
    )
    found = section(plan_material(district(tmp_path, plan=ready), baselines={}))
    assert [row.light for row in found.tables[0].rows] == [Light.MET, Light.MET]
    assert found.questions == ()
    assert not any("launch" in line.text for line in found.sentences)


def test_slippage_is_counted_from_the_first_date_worst_first(folder: District) -> None:
    found = plan_material(folder, baselines={"gb-live": date(2026, 12, 1), "report-live": date(2026, 12, 1)})
    rows = table(section(found), "behind their first dates").rows
    assert [row.cells[1:] for row in rows] == [
        ("First reports", "1 Dec 2026", "1 Feb 2027", "62 days"),
        ("Live in both schools", "1 Dec 2026", "18 Dec 2026", "17 days"),
    ]


def test_a_new_first_date_without_a_decision_is_told(tmp_path: Path) -> None:
    moved = PLAN.replace("due: 2026-12-18}", "due: 2026-12-18, rebaselined: 2026-12-18, decision: m1}")
    folder = district(tmp_path, plan=moved)
    said = [line.text for line in section(plan_material(folder)).sentences]
    assert any("without a recorded decision" in text for text in said)
    decided = plan_material(folder, baselines={"gb-live": date(2026, 12, 18)})
    assert not any("recorded decision" in line.text for line in section(decided).sentences)


def test_a_school_too_small_is_hidden_and_one_without_a_row_not_known(folder: District) -> None:
    counts = (replace(measured("rollout.gradebook", 6, 6, "school:middle"), people=6),)
    found = section(plan_material(folder, month() | {"counts": counts}))
    assert found.charts == ()
    assert "New gradebook 0 of 2 schools, 1 not known." in found.sentences[1].text
    more = (*counts, measured("rollout.gradebook", 40, 80, "school:high"))
    (chart,) = section(plan_material(folder, month() | {"counts": more})).charts
    assert [point.value for point in chart.series[0].points] == [50.0]
    assert chart.alternative.endswith("1 school is too small to be shown.")


def test_coaching_is_told_in_counts_and_small_groups_are_not(folder: District) -> None:
    found = section(plan_material(folder))
    coaching = {row.cells[0]: row.cells[1:] for row in table(found, "Coaching since").rows}
    assert coaching == {
        "Oak Elementary": ("not shown", "not shown", "not shown"),
        "Cedar Middle": ("not shown", "not shown", "not shown"),
        "Valley High": ("1", "1.5 h", "21 h"),
        "All together": ("3", "3.5 h", "34 h"),
    }
    assert [row.cells for row in table(found, "Trainings since").rows] == [("One gradebook", "1", "2 h", "60 h")]


def test_a_log_of_which_nothing_may_be_shown_is_one_sentence_and_no_table(tmp_path: Path) -> None:
    small = PLAN.replace("teachers: 14", "teachers: 4").replace("teachers: 12", "teachers: 1")
    found = section(plan_material(district(tmp_path / "small", plan=small.replace("people: 30", "people: 3"))))
    captions = [one.caption for one in found.tables]
    assert [one for one in captions if one.startswith(("Coaching", "Trainings"))] == []
    told = [line.text for line in found.sentences]
    assert len(told) <= 5
    assert told[-2:] == [
        "Trainings since 12 Aug 2026 are on the log; each group is too small for its counts to be shown.",
        "Coaching since 12 Aug 2026 is on the log; each group is too small for its counts to be shown.",
    ]


LEADERS = FOLDER["teams.yaml"].replace(
    "      - {person: pam, roles: [parent_representative]}",
    "      - {person: pam, roles: [parent_representative, education_technology_leader]}",
)
LOG = (
    HoursEntry(leader_key="pam", on=date(2026, 10, 1), category="coaching", hours=6),
    HoursEntry(leader_key="pam", on=date(2026, 10, 8), category="district_meeting", hours=2),
)


def test_a_leaders_hours_stand_on_that_leaders_cover_alone(tmp_path: Path) -> None:
    folder = district(tmp_path, plan=PLAN, teams=LEADERS)
    found = plan_material(folder, leaders=(Leader(leader_key="pam", school_key="high"),), hours=LOG)
    packet = compose(found)
    cover = cover_of(packet, "pam")
    assert cover is not None
    (own,) = cover.own
    assert own == (
        "Your leader hours: 8 h, 9.1 h due by now; district meetings: 1, 1 due. What for: coaching 6 h and district "
        "meetings 2 h."
    )
    printed = page_one(cut(packet, "representative"), "representative", cover).cover
    assert own in [text.replace("\N{NO-BREAK SPACE}", " ") for text in printed]
    for edition in ("leadership", "technical", "representative", "public"):
        assert "9.1 h" not in cut(packet, edition).model_dump_json()
    assert [one.person_key for one in packet.covers if one.own] == ["pam"]


def test_a_leaders_many_kinds_of_hours_are_told_by_the_largest_alone(tmp_path: Path) -> None:
    folder = district(tmp_path, plan=PLAN, teams=LEADERS)
    kinds = ("training", "staff_meeting", "plc", "coaching", "district_meeting", "personal_development")
    log = tuple(replace(LOG[0], category=kind, hours=1.5 + place) for place, kind in enumerate(kinds))
    packet = compose(plan_material(folder, leaders=(Leader(leader_key="pam", school_key="high"),), hours=log))
    cover = cover_of(packet, "pam")
    assert cover is not None
    assert cover.own[0].endswith("What for: own development 6.5 h, district meetings 5.5 h and the rest 12 h.")
    assert len(cover.own[0]) < 160


def test_all_leaders_hours_are_shown_where_they_are_many(tmp_path: Path) -> None:
    folder = district(tmp_path, plan=PLAN)
    leaders = tuple(Leader(leader_key=f"p{number}", school_key="high") for number in range(10))
    log = tuple(replace(LOG[0], leader_key=one.leader_key) for one in leaders)
    few = section(plan_material(folder, leaders=leaders[:9], hours=log[:9]))
    assert not any("Hours of" in one.caption for one in few.tables)
    many = table(section(plan_material(folder, leaders=leaders, hours=log)), "Hours of 10")
    assert [row.cells for row in many.rows] == [("coaching", "60 h")]
