"""The plan and its people: milestones, actions, leaders' hours, meetings, stakeholders."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from firstbell.intervals import Window
from firstbell.metrics import plan
from firstbell.metrics.figure import Frame
from firstbell.metrics.plan import Expected, HoursEntry, HoursRule, Leader, MeetingKept
from firstbell.records import ActionItemSeen, MilestoneSeen

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRAME = Frame(window=Window(NOW - timedelta(days=30), NOW), as_of=NOW)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def milestone(key: str, due: int, done: int | None = None, scope: str = "district") -> MilestoneSeen:
    return MilestoneSeen(
        milestone_key=key,
        initiative_key="gradebook",
        title="t",
        due_on=days(due),
        done_on=None if done is None else days(done),
        scope=scope,
    )


def test_a_date_that_was_moved_does_not_make_a_milestone_punctual() -> None:
    found = [
        milestone("on time", -10, -12),
        milestone("late", -10, -2),
        milestone("moved", -1, -2),
        milestone("overdue", -5),
        milestone("early", 20, -1),
        milestone("to come", 20),
        milestone("today", 0),
    ]
    kpi = plan.milestones_on_time(found, {"moved": days(-30)}, FRAME, TODAY)
    assert (kpi.numerator, kpi.denominator) == (2, 5)
    assert plan.milestones_on_time(found[5:], {}, FRAME, TODAY).value is None


@pytest.mark.parametrize(
    ("one", "baseline", "late"),
    [
        (milestone("done", -10, -2), -10, 8),
        (milestone("ahead", 10, -2), 10, -12),
        (milestone("moved", 21), 0, 21),
        (milestone("overdue", -5), -9, 9),
        (milestone("steady", 5), 5, 0),
    ],
)
def test_slippage_against_the_first_stored_date(one: MilestoneSeen, baseline: int, late: int) -> None:
    assert plan.slippage_days(one, days(baseline), TODAY) == late


def action(key: str, due: int | None, state: str = "open", closed: int | None = None) -> ActionItemSeen:
    return ActionItemSeen(
        action_key=key,
        title="t",
        owner="it_lead",
        state=state,
        due_on=None if due is None else days(due),
        opened_on=days(-40),
        closed_on=None if closed is None else days(closed),
    )


def test_actions_on_time() -> None:
    found = [
        action("done", -5, "done", -5),
        action("done late", -9, "done", -2),
        action("overdue", -18),
        action("dropped", -5, "dropped"),
        action("due today", 0),
        action("undated", None),
        action("untold", -5, "done"),
        action("before", -60, "done", -70),
    ]
    kpi = plan.actions_on_time(found, FRAME, days(-30), TODAY)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (1, 3, 2)


YEAR = (date(2026, 8, 17), date(2027, 5, 28))
MIDDLE = date(2027, 1, 5)
OAK = Leader(leader_key="p1", school_key="oak")


def entry(category: str, hours: float, month: int = 10, day: int = 1) -> HoursEntry:
    return HoursEntry(leader_key="p1", on=date(2026, month, day), category=category, hours=hours)


LOG = [
    entry("training", 4),
    entry("coaching", 3),
    entry("personal_development", 3.5),
    entry("district_meeting", 2, 9),
    entry("district_meeting", 2, 11),
    entry("training", 9, 6),
]


def test_hours_count_inclusive_or_additive() -> None:
    (inclusive,) = plan.leader_paces([OAK], LOG, YEAR, MIDDLE, Expected())
    assert (inclusive.hours, inclusive.meetings, inclusive.meetings_due) == (14.5, 2, 1)
    assert inclusive.hours_due == pytest.approx(25 * 142 / 285)
    assert inclusive.on_pace
    assert list(inclusive.by_category.items())[:2] == [("district_meeting", 4), ("training", 4)]
    (additive,) = plan.leader_paces([OAK], LOG, YEAR, MIDDLE, Expected(rule=HoursRule.ADDITIVE))
    assert additive.hours == 7
    assert not additive.on_pace


def test_hours_alone_do_not_make_up_for_missed_meetings() -> None:
    (pace,) = plan.leader_paces([OAK], [entry("training", 25)], YEAR, MIDDLE, Expected())
    assert not pace.on_pace


def test_two_entries_of_one_meeting_day_are_one_meeting() -> None:
    (pace,) = plan.leader_paces(
        [OAK], [entry("district_meeting", 1), entry("district_meeting", 1)], YEAR, MIDDLE, Expected()
    )
    assert (pace.hours, pace.meetings) == (2, 1)


def test_schools_with_a_leader_on_pace() -> None:
    paces = plan.leader_paces([OAK, Leader(leader_key="p2", school_key="elm")], LOG, YEAR, MIDDLE, Expected())
    kpi = plan.leader_coverage(["oak", "elm", "high"], paces, FRAME)
    assert (kpi.numerator, kpi.denominator) == (1, 3)


def test_stakeholders_and_cadence() -> None:
    members = {"teachers": 3, "students": 0, "it": 1}
    assert plan.stakeholder_coverage(members, FRAME, 6).value == 2
    meetings = [
        MeetingKept(planned_on=days(-60), held_on=days(-55)),
        MeetingKept(planned_on=days(-40), held_on=days(-30)),
        MeetingKept(planned_on=days(-20)),
        MeetingKept(planned_on=days(-3)),
        MeetingKept(planned_on=days(3), held_on=days(-1)),
    ]
    kpi = plan.cadence_kept(meetings, FRAME, TODAY)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (2, 4, 1)
    untold = plan.cadence_kept(meetings[2:4], FRAME, TODAY)
    assert (untold.value, untold.missing) == (None, 1)
