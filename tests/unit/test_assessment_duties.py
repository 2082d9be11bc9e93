"""Duties of law: when each kind of clock falls due, and what the last word on it makes of that."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.assessment.duties import DueState, due_status
from firstbell.calendar import BusinessHours, ClosedDays, SchoolCalendar, SchoolYear
from firstbell.catalog import Obligation
from firstbell.kpi import Verdict
from firstbell.records import ControlResult

ZONE = ZoneInfo("America/Chicago")
CALENDAR = SchoolCalendar(
    zone=ZONE,
    years=(
        SchoolYear(name="2025-26", first_on=date(2025, 9, 2), last_on=date(2026, 6, 10)),
        SchoolYear(name="2026-27", first_on=date(2026, 9, 1), last_on=date(2027, 6, 9)),
    ),
    business=BusinessHours(closed=(ClosedDays(name="Fall", first_on=date(2026, 11, 26), last_on=date(2026, 11, 27)),)),
)
TODAY = date(2026, 11, 20)


def duty(**clock: Any) -> Obligation:
    return Obligation.model_validate(
        {
            "key": "sample",
            "law": "Sample",
            "title": "t",
            "duty": "d",
            "citation": "c",
            "source_url": "https://example.org/",
            "checked_on": "2026-11-21",
            "support": "unconfirmed",
            "clock": clock,
            "evidence": "attestation",
            "evidence_note": "n",
            "owner_role": "superintendent",
        }
    )


def told(on: date, state: Verdict = Verdict.OK, **more: Any) -> ControlResult:
    at = datetime.combine(on, time(12), tzinfo=ZONE)
    return ControlResult(
        framework="obligation",
        edition="1",
        code="sample",
        subject="district",
        state=state,
        effective_at=at,
        collected_at=at,
        **more,
    )


@pytest.mark.parametrize(
    ("clock", "done_on", "state", "due_on"),
    [
        ({"kind": "standing_state", "days": 365}, date(2026, 3, 1), "current", date(2027, 3, 1)),
        ({"kind": "standing_state", "days": 365}, date(2025, 12, 15), "due_soon", date(2026, 12, 15)),
        ({"kind": "standing_state", "days": 365}, date(2025, 11, 1), "overdue", date(2026, 11, 1)),
        ({"kind": "every_n_days", "days": 1}, TODAY, "current", date(2026, 11, 21)),
        ({"kind": "every_n_days", "days": 1}, date(2026, 11, 18), "overdue", date(2026, 11, 19)),
        ({"kind": "annual_by_date", "month_day": "01-31"}, date(2026, 2, 10), "current", date(2027, 1, 31)),
        ({"kind": "annual_by_date", "month_day": "12-31"}, date(2026, 1, 10), "due_soon", date(2026, 12, 31)),
        ({"kind": "annual_by_date", "month_day": "12-31"}, date(2026, 8, 1), "current", date(2027, 12, 31)),
        ({"kind": "annual_by_date", "month_day": "10-31"}, date(2025, 10, 1), "overdue", date(2026, 10, 31)),
        ({"kind": "annual_by_school_year"}, date(2026, 9, 14), "current", date(2028, 6, 8)),
        ({"kind": "annual_by_school_year"}, date(2026, 8, 20), "current", date(2028, 6, 8)),
        ({"kind": "annual_by_school_year"}, date(2025, 9, 14), "due_soon", date(2027, 6, 9)),
        ({"kind": "annual_by_school_year"}, date(2024, 9, 14), "overdue", date(2026, 6, 10)),
        ({"kind": "one_off_deadline", "on": "2026-04-22"}, date(2026, 5, 1), "current", None),
    ],
)
def test_what_was_done_holds_until_its_clock_asks_again(
    clock: dict[str, Any], done_on: date, state: str, due_on: date | None
) -> None:
    status = due_status(duty(**clock), told(done_on), TODAY, CALENDAR)
    assert (status.state, status.due_on) == (state, due_on)


EVENT = datetime(2026, 11, 18, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("limit", "today", "done_on", "state", "due_on"),
    [
        ({"days": 10}, TODAY, None, "due_soon", date(2026, 11, 28)),
        ({"days": 10}, date(2026, 11, 29), None, "overdue", date(2026, 11, 28)),
        ({"days": 10}, date(2026, 12, 20), date(2026, 11, 25), "current", None),
        ({"days": 10}, TODAY, date(2026, 11, 2), "due_soon", date(2026, 11, 28)),
        ({"days": 10, "counting": "business"}, TODAY, None, "due_soon", date(2026, 12, 4)),
        ({"hours": 72}, date(2026, 11, 22), None, "overdue", date(2026, 11, 21)),
        ({}, TODAY, None, "due_soon", None),
    ],
)
def test_an_event_starts_its_clock(
    limit: dict[str, Any], today: date, done_on: date | None, state: str, due_on: date | None
) -> None:
    running = duty(kind="within_n_days_of_event", event="a breach was found", **limit)
    status = due_status(running, told(done_on) if done_on else None, today, CALENDAR, EVENT)
    assert (status.state, status.due_on) == (state, due_on)


def test_without_an_event_there_is_nothing_to_do() -> None:
    waiting = duty(kind="within_n_days_of_event", event="a breach was found", days=10)
    assert due_status(waiting, None, TODAY, CALENDAR).state is DueState.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, DueState.UNKNOWN),
        (told(TODAY, Verdict.UNKNOWN), DueState.UNKNOWN),
        (told(TODAY, Verdict.MANUAL), DueState.UNKNOWN),
        (told(TODAY, Verdict.NOT_APPLICABLE), DueState.NOT_APPLICABLE),
        (told(TODAY, Verdict.FAIL), DueState.OVERDUE),
        (told(TODAY, Verdict.WAIVED, waived_until=TODAY), DueState.WAIVED),
        (told(TODAY, Verdict.WAIVED, waived_until=date(2026, 11, 19)), DueState.OVERDUE),
        (told(TODAY, Verdict.WAIVED), DueState.OVERDUE),
        (told(date(2026, 11, 1), expires_on=date(2026, 11, 19)), DueState.OVERDUE),
        (told(date(2020, 11, 1), expires_on=date(2027, 11, 19)), DueState.CURRENT),
    ],
)
def test_the_last_word_decides(result: ControlResult | None, expected: DueState) -> None:
    assert due_status(duty(kind="standing_state", days=365), result, TODAY, CALENDAR).state is expected


def test_a_deadline_still_ahead_and_not_met_is_never_called_current() -> None:
    web = duty(kind="one_off_deadline", on="2028-04-26")
    assert due_status(web, told(TODAY, Verdict.FAIL), TODAY, CALENDAR).state is DueState.DUE_SOON
    assert due_status(web, None, TODAY, CALENDAR) == due_status(web, None, date(2030, 1, 1), CALENDAR)


clocks = st.sampled_from(
    [
        {"kind": "standing_state", "days": 180},
        {"kind": "every_n_days", "days": 7},
        {"kind": "annual_by_date", "month_day": "02-29"},
        {"kind": "annual_by_school_year"},
    ]
)
days = st.dates(date(2025, 9, 2), date(2027, 6, 9))


@given(clocks, days, days)
def test_time_alone_never_mends_a_duty(clock: dict[str, Any], one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    order = [DueState.CURRENT, DueState.DUE_SOON, DueState.OVERDUE]
    done = told(date(2025, 9, 2))
    first, second = (due_status(duty(**clock), done, day, CALENDAR).state for day in (earlier, later))
    assert order.index(first) <= order.index(second)
