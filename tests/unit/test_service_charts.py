"""The services over time: each day's class time is split once, and days, rows and weeks are sums of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.metrics.uptime import Timeline, WatchedService
from firstbell.packet.agenda_services import Watched
from firstbell.packet.service_charts import SchoolDay, by_days, day_strip, week_bars
from firstbell.packet.wording import Wording
from firstbell.policies import SlaPolicy

FIRST = date(2026, 10, 12)
WORDS = Wording(ZoneInfo("UTC"))


def at(day: date, hour: float) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)


def school_days(weeks: int) -> list[SchoolDay]:
    """Mondays to Fridays, in class from 8 to 12 and from 13 to 15."""
    days = [FIRST + timedelta(days=7 * week + day) for week in range(weeks) for day in range(5)]
    return [SchoolDay(day, (Window(at(day, 8), at(day, 12)), Window(at(day, 13), at(day, 15)))) for day in days]


def service(name: str, days: list[SchoolDay], down: Windows = (), unknown: Windows = ()) -> Watched:
    hours = union(window for one in days for window in one.hours)
    down = intersection(union(down), hours)
    unknown = difference(intersection(union(unknown), hours), down)
    up = difference(difference(hours, down), unknown)
    line = Timeline(over=hours, up=up, degraded=(), down=down, unknown=unknown)
    policy = SlaPolicy(name="test", minimum_coverage_ratio=0.5)
    return Watched(
        service=WatchedService(service_key=name, policy=policy), name=name, line=line, in_class=line, outages=()
    )


stretches = st.lists(
    st.tuples(st.integers(0, 40_000), st.integers(1, 3_000)).map(
        lambda one: Window(at(FIRST, one[0] / 60), at(FIRST, (one[0] + one[1]) / 60))
    ),
    max_size=4,
)


@given(stretches, stretches)
def test_a_services_days_are_its_class_time_cut_at_each_day(down: list[Window], unknown: list[Window]) -> None:
    days = school_days(4)
    one = service("web", days, tuple(down), tuple(unknown))
    split = by_days([one], days)[0]
    for place, day in enumerate(days):
        assert split.over[place] == total_seconds(day.hours)
        assert split.unknown[place] == total_seconds(intersection(one.in_class.unknown, day.hours))
        assert split.down.get(place, ()) == intersection(one.in_class.down, day.hours)


def test_the_weeks_are_labelled_bars_of_minutes_in_which_any_service_was_down() -> None:
    days = school_days(4)
    second, third = FIRST + timedelta(days=8), FIRST + timedelta(days=14)
    morning = Window(at(second, 9), at(second, 10))
    both = [
        service("mail", days, (morning, Window(at(third, 14), at(third, 16)))),
        service("web", days, (Window(at(second, 9.5), at(second, 10.5)),)),
    ]
    chart = week_bars(WORDS, by_days(both, days), days)
    assert chart is not None
    assert chart.kind == "bars"
    assert [(point.label, point.value) for point in chart.series[0].points] == [
        ("Mon 12 Oct", 0),
        ("Mon 19 Oct", 90),
        ("Mon 26 Oct", 60),
        ("Mon 2 Nov", 0),
    ]


def test_a_week_that_nobody_watched_is_no_week_without_loss() -> None:
    days = school_days(4)
    unseen = Window(at(FIRST, 0), at(FIRST, 24 * 6))
    lost = Window(at(FIRST + timedelta(days=8), 9), at(FIRST + timedelta(days=8), 10))
    chart = week_bars(WORDS, by_days([service("web", days, (lost,), (unseen,))], days), days)
    assert chart is not None
    assert [point.value for point in chart.series[0].points] == [None, 60, 0, 0]


def test_the_strip_names_the_worst_and_puts_the_others_together() -> None:
    days = school_days(2)
    bad = [service(f"bad {n}", days, (Window(at(FIRST, 9), at(FIRST, 9.5)),)) for n in range(6)]
    strip = day_strip(WORDS, by_days([*bad, service("good", days)], days), days)
    assert strip is not None
    assert [one.name for one in strip.series[:-1]] == [f"bad {n}" for n in range(5)]
    assert len(strip.series) == 6
    assert strip.series[-1].points[0].value == 30
    assert [point.value for point in strip.series[0].points[:2]] == [30, 0]
