"""The plan as the folder tells it: lists in CSV files, all faults at once, new first dates by decision alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.knowledge import PLAN, facts_of
from firstbell.metrics.facts import TeamFacts
from firstbell.metrics.plan import Expected, HoursRule
from firstbell.metrics.plan_work import Session, Verb
from firstbell.records import TEAM_SOURCE, MilestoneSeen, TeamDecision
from firstbell.store.save import save_facts
from firstbell.store.schema import upgrade
from firstbell.store.session import Store, open_store
from tests.unit.packet_material import AS_OF, FEEDS, FOLDER, SINCE, district

DAY = timedelta(days=1)
LISTS = """\
evidence: {file: evidence.csv}
readiness: {file: readiness.csv}
coaching: {file: coaching.csv}
training: {file: trainings.csv}
et_leaders: {hours_per_year: 40, district_meetings: 5, counting: additive}
"""
GOOD = {
    "evidence.csv": "initiative,verb,level,school,day,what\ngradebook,plan,school,high,2026-10-01,Minutes\n",
    "readiness.csv": "initiative,title,owner_role,due,state,looked_on\n"
    "gradebook,Rosters checked,it_lead,2026-12-01,ready,2026-11-20\n"
    "gradebook,Help page,principal,2026-12-01,,\n",
    "coaching.csv": "day,school,kind,teachers,hours\n2026-10-01,high,plc,14,1.5\n",
    "trainings.csv": "day,objective,school,people,hours\n2026-10-02,gradebook,,30,2\n",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path / 'firstbell.db'}")
    upgrade(opened)
    yield opened
    opened.close()


def written(folder: Path, plan: str, tables: dict[str, str]) -> District:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8")
    return district(folder, plan=plan)


def team(folder: District, store: Store) -> TeamFacts:
    with store.read() as connection:
        window = Window(SINCE, AS_OF)
        return facts_of(folder, connection, FEEDS, window=window, as_of=AS_OF, known_at=AS_OF).team


def test_the_lists_come_from_csv_files(tmp_path: Path, store: Store) -> None:
    found = team(written(tmp_path / "district", FOLDER["plan.yaml"] + LISTS, GOOD), store)
    work = found.work
    assert [(one.verb, one.school_key) for one in work.evidence or ()] == [(Verb.PLAN, "high")]
    assert [one.known_ready(date(2026, 11, 24)) for one in work.readiness or ()] == [True, None]
    assert work.coaching == (Session(on=date(2026, 10, 1), about="plc", people=14, hours=1.5, school_key="high"),)
    assert [one.about for one in work.training or ()] == ["gradebook"]
    assert found.expected == Expected(hours=40, meetings=5, rule=HoursRule.ADDITIVE)


def test_a_list_that_nobody_keeps_is_not_an_empty_one(tmp_path: Path, store: Store) -> None:
    work = team(district(tmp_path / "district"), store).work
    assert (work.evidence, work.readiness, work.coaching, work.training) == (None, None, None, None)


def test_all_faults_of_all_lists_are_told_at_once(tmp_path: Path) -> None:
    wrong = {
        "evidence.csv": "initiative,verb,level,school,day,what\n"
        "gradebok,plan,district,,2026-10-01,x\n"
        "gradebook,planned,district,,2026-10-01,x\n"
        "gradebook,plan,school,,2026-10-01,x\n"
        "gradebook,plan,district,high,2026-10-01,x\n"
        "gradebook,plan,school,hihg,2026-10-01,x\n",
        "readiness.csv": "initiative,title,owner_role,due,state,looked_on\n"
        "gradebook,Rosters,it_led,2026-12-01,,\n"
        "gradebook,Rosters,it_lead,2026-12-01,ready,\n",
        "coaching.csv": "day,school,kind,teachers,hours\n2026-10-01,high,chat,0,99\n",
        "trainings.csv": "day,objective,school,people,hours\n10/02/2026,gradebok,,30,2\n",
    }
    plan = (FOLDER["plan.yaml"] + LISTS).replace("measure: rollout.gradebook", "launch: gb-liv")
    plan = plan.replace("due: 2026-12-18}", "due: 2026-12-18, rebaselined: 2027-01-08}")
    with pytest.raises(ConfigError) as caught:
        written(tmp_path / "district", plan, wrong)
    told = {(fault.file, fault.line, fault.field.rpartition(".")[2]) for fault in caught.value.faults}
    assert {
        ("evidence.csv", 2, "initiative"),
        ("evidence.csv", 3, "verb"),
        ("evidence.csv", 6, "school"),
        ("readiness.csv", 2, "owner_role"),
        ("coaching.csv", 2, "kind"),
        ("coaching.csv", 2, "teachers"),
        ("coaching.csv", 2, "hours"),
        ("trainings.csv", 2, "day"),
        ("trainings.csv", 2, "objective"),
    } <= told
    sentences = "\n".join(str(fault) for fault in caught.value.faults)
    assert "evidence.csv:4" in sentences
    assert "evidence.csv:5" in sentences
    assert "readiness.csv:3" in sentences
    assert "rebaselined and decision" in sentences


def test_a_launch_is_a_milestone_of_the_initiative(tmp_path: Path) -> None:
    plan = FOLDER["plan.yaml"].replace("measure: rollout.gradebook", "launch: gb-liv")
    with pytest.raises(ConfigError, match="no milestone of this initiative"):
        district(tmp_path / "wrong", plan=plan)
    district(tmp_path / "right", plan=plan.replace("gb-liv\n", "gb-live\n"))


def test_a_first_date_moves_by_a_recorded_decision_alone(tmp_path: Path, store: Store) -> None:
    plan = FOLDER["plan.yaml"].replace(
        "due: 2026-12-18}", "due: 2027-01-20, rebaselined: 2027-01-15, decision: milestone.gb-live}"
    )
    folder = district(tmp_path / "district", plan=plan)
    seen = MilestoneSeen(milestone_key="gb-live", initiative_key="gradebook", title="Live", due_on=date(2026, 12, 18))
    open_question = TeamDecision(
        team_key="tech",
        decision_key="milestone.gb-live",
        meeting_key="monthly/2026-11-05T21:30Z",
        title="Move it",
        state="confirmed",
    )
    decided = replace(open_question, state="decided", decided_on=date(2026, 11, 5))
    with store.begin() as connection:
        save_facts(connection, PLAN, [seen], AS_OF - 20 * DAY)
        save_facts(connection, TEAM_SOURCE, [open_question], AS_OF - 10 * DAY)
    assert team(folder, store).baselines == {"gb-live": date(2026, 12, 18)}
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [replace(decided, team_key="other")], AS_OF - 3 * DAY)
        save_facts(connection, TEAM_SOURCE, [replace(decided, decided_on=date(2026, 12, 3))], AS_OF - 2 * DAY)
    assert team(folder, store).baselines == {"gb-live": date(2026, 12, 18)}
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [replace(decided, state="dropped")], AS_OF - 2 * DAY)
    assert team(folder, store).baselines == {"gb-live": date(2026, 12, 18)}
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [decided], AS_OF - DAY)
    assert team(folder, store).baselines == {"gb-live": date(2027, 1, 15)}
