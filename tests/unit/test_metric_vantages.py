"""Several vantages: who looked alone, who saw it otherwise, and the two rules by which they make one figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime import Timeline, timeline
from firstbell.metrics.vantages import Alone, Views, down_only_from, passed_over, seen_only_from, views
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


def span(first: int, last: int) -> Window:
    """From one minute of the hour to another."""
    return Window(NOON + timedelta(minutes=first), NOON + timedelta(minutes=last))


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
    assert seen_only_from([both()]) == {"office": Alone((span(40, 60),), ("annex",))}


def test_a_place_that_saw_another_service_could_look_and_only_passed_one_over() -> None:
    mail, web = both(), views([*OFFICE, *looks("annex", (UP, 0, 49))], HOUR, policy(), ("office", "annex"))
    assert seen_only_from([mail, web]) == {"office": Alone((span(50, 60),), ("annex",))}
    assert passed_over({"mail": mail, "web": web}) == {"annex": {"mail": (span(40, 50),)}}


def test_a_place_counts_from_its_own_first_look() -> None:
    new = looks("annex", (UP, 30, 39), (UNKNOWN, 40, 49), (UP, 50, 59))
    mail, web = (views([*OFFICE, *one], HOUR, policy(), ("office", "annex")) for one in (new, new[2:]))
    assert minutes(mail["annex"]) == (20, 0, 10)
    assert seen_only_from([mail, web]) == {"office": Alone((span(40, 50),), ("annex",))}
    assert passed_over({"mail": mail, "web": web}) == {}


def test_what_a_place_never_looks_at_is_passed_over_since_it_looks_at_anything() -> None:
    late = looks("annex", (UP, 30, 59))
    mail, web = (views([*OFFICE, *one], HOUR, policy(), ("office", "annex")) for one in (late, ()))
    assert seen_only_from([mail, web]) == {}
    assert passed_over({"mail": mail, "web": web}) == {"annex": {"web": (span(30, 60),)}}


def test_where_no_place_saw_anything_none_was_alone() -> None:
    office = looks("office", (UP, 0, 49), (UNKNOWN, 50, 59))
    seen = views([*office, *ANNEX], HOUR, policy(), ("office", "annex"))
    assert seen_only_from([seen]) == {"office": Alone((span(40, 50),), ("annex",))}


def test_of_three_places_those_that_saw_nothing_are_named() -> None:
    third = looks("third", (UP, 0, 9), (UNKNOWN, 10, 59))
    seen = views([*OFFICE, *ANNEX, *third], HOUR, policy(), ("office", "annex", "third"))
    assert seen_only_from([seen]) == {"office": Alone((span(40, 60),), ("annex", "third"))}
    new = views([*OFFICE, *ANNEX, *third[:0]], HOUR, policy(), ("office", "annex", "third"))
    assert seen_only_from([new]) == {"office": Alone((span(40, 60),), ("annex",))}


def test_a_place_that_saw_it_down_alone_is_named() -> None:
    found = down_only_from(both())
    assert found == {"office": (Window(NOON + timedelta(minutes=20), NOON + timedelta(minutes=30)),)}


def test_a_place_that_never_looked_is_not_said_to_be_blind() -> None:
    seen = views(OFFICE, HOUR, policy(), ("office", "annex"))
    assert seen["annex"].over == ()
    assert seen_only_from([seen]) == {}
    assert down_only_from(seen) == {}


def test_one_place_is_never_alone() -> None:
    assert seen_only_from([views(OFFICE, HOUR, policy(), ("office",))]) == {}


def test_down_while_the_other_does_not_know_is_no_contradiction() -> None:
    seen = views([*looks("office", (DOWN, 40, 59)), *ANNEX], HOUR, policy(), ("office", "annex"))
    assert down_only_from(seen) == {}
