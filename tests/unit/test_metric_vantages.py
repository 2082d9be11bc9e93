"""Several vantages: who looked alone, who saw it otherwise, and the two rules by which they make one figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime import Timeline, timeline
from firstbell.metrics.vantages import Views, down_only_from, seen_only_from, views
from firstbell.policies import SlaPolicy, UpWhen
from firstbell.records import ObservationInterval, ServiceState

NOON = datetime(2026, 11, 20, 18, tzinfo=UTC)
HOUR = Window(NOON, NOON + timedelta(hours=1))
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def looks(vantage: str, *parts: tuple[ServiceState, int, int]) -> list[ObservationInterval]:
    """A look each minute: state, first and last minute of the hour."""
    return [
        ObservationInterval(
            service_key="mail",
            source_key="probes",
            vantage=vantage,
            state=state,
            first_at=NOON + timedelta(minutes=first),
            last_at=NOON + timedelta(minutes=last),
            count=last - first + 1,
            expected_interval_seconds=60,
        )
        for state, first, last in parts
    ]


OFFICE = looks("office", (UP, 0, 19), (DOWN, 20, 29), (UP, 30, 59))
ANNEX = looks("annex", (UP, 0, 39), (UNKNOWN, 40, 59))


def policy(up_when: UpWhen = UpWhen.ALL) -> SlaPolicy:
    return SlaPolicy(name="test", stale_after_intervals=1, up_when=up_when)


def both() -> Views:
    return views([*ANNEX, *OFFICE], HOUR, policy(), ("office", "annex"))


def minutes(line: Timeline) -> tuple[float, float, float]:
    return tuple(total_seconds(getattr(line, part)) / 60 for part in ("up", "down", "unknown"))  # type: ignore[return-value]


@pytest.mark.parametrize(("up_when", "expected"), [(UpWhen.ALL, (50, 10, 0)), (UpWhen.ANY, (60, 0, 0))])
def test_one_figure_by_either_rule(up_when: UpWhen, expected: tuple[float, float, float]) -> None:
    assert minutes(timeline([*OFFICE, *ANNEX], HOUR, policy(up_when))) == expected


def test_a_place_that_lost_its_route_says_nothing_and_the_other_is_named() -> None:
    assert minutes(both()["annex"]) == (40, 0, 20)
    alone = seen_only_from(both())
    assert alone == {"office": (Window(NOON + timedelta(minutes=40), HOUR.end),)}


def test_a_place_that_saw_it_down_alone_is_named() -> None:
    found = down_only_from(both())
    assert found == {"office": (Window(NOON + timedelta(minutes=20), NOON + timedelta(minutes=30)),)}


def test_a_place_that_never_looked_leaves_the_other_alone_all_the_time() -> None:
    seen = views(OFFICE, HOUR, policy(), ("office", "annex"))
    assert total_seconds(seen_only_from(seen)["office"]) == 3600
    assert down_only_from(seen) == {}


def test_one_place_is_never_alone() -> None:
    assert seen_only_from(views(OFFICE, HOUR, policy(), ("office",))) == {}


def test_down_while_the_other_does_not_know_is_no_contradiction() -> None:
    seen = views([*looks("office", (DOWN, 40, 59)), *ANNEX], HOUR, policy(), ("office", "annex"))
    assert down_only_from(seen) == {}
