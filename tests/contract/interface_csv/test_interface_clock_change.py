"""Exports in local time without an offset, over the nights in which the clocks change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._base import Doubtful
from connectors._cells import Reading, instants
from connectors._link_rows import Told, placed
from firstbell.intervals import local_day, local_moment
from tests.contract.interface_csv.test_interface_days import Export, told
from tests.contract.suite import Situation, ask

CHICAGO = ZoneInfo("America/Chicago")
AUTUMN, SPRING = date(2026, 11, 1), date(2026, 3, 8)
STEP = timedelta(minutes=5)
HOUR = 3600
ORDERS: dict[str, Callable[[list[str]], list[str]]] = {"oldest": list, "newest": lambda lines: lines[::-1]}


@pytest.fixture
def export(tmp_path: Path) -> Iterator[Export]:
    case = Export(tmp_path)
    case.changes = {"interval_seconds": 300}
    yield case
    case.close()


def line(at: datetime | str, use: int = 10_000_000) -> str:
    local = at if isinstance(at, str) else f"{at.astimezone(CHICAGO):%Y-%m-%d %H:%M}"
    return f"{local},wan0,{use},0,100000000,,,x\n"


def night(day: date, use: Callable[[datetime], int] = lambda at: 10_000_000) -> list[str]:
    """A row every five minutes at the ends of its stretches, of a whole day."""
    over = local_day(day, CHICAGO)
    steps = int(over.seconds / STEP.total_seconds())
    return [line(at, use(at)) for at in (over.start + STEP * (step + 1) for step in range(steps))]


def said(export: Export) -> str:
    export.serve(Situation.WHOLE)
    sentence, error = ask(export)
    assert error is None
    return sentence


@pytest.mark.parametrize("order", ORDERS)
def test_the_hour_that_comes_twice_is_read_twice(export: Export, order: str) -> None:
    second = local_moment(AUTUMN, time(1), CHICAGO) + timedelta(hours=1)
    lines = night(AUTUMN, lambda at: 50_000_000 if at <= second else 0) + night(AUTUMN + timedelta(days=1))
    export.lines = "".join(ORDERS[order](lines))
    found = told(export.read())
    assert found["link_use", AUTUMN] == (HOUR, 25 * HOUR)
    assert found["link_use", AUTUMN + timedelta(days=1)] == (2.4 * HOUR, 24 * HOUR)
    assert type(said(export)) is str


def test_rows_without_order_lose_the_hour_that_comes_twice_and_no_more(export: Export) -> None:
    lines = night(AUTUMN)
    export.lines = "".join(lines[1::2] + lines[::2])
    assert told(export.read())["link_use", AUTUMN][1] == 23 * HOUR
    sentence = said(export)
    assert isinstance(sentence, Doubtful)
    assert "276 rows can be read" in sentence
    assert "is meant: 24; export times with an offset." in sentence
    assert "01:30" not in sentence


@pytest.mark.parametrize("left", [["01:30"], ["01:00", "01:30", "01:55"], ["01:30", "01:30", "01:30"]])
@pytest.mark.parametrize("order", ORDERS)
def test_rows_that_may_be_either_hour_are_left_out(export: Export, left: list[str], order: str) -> None:
    lines = [line(f"2026-11-01 {at}") for at in ["00:50", "00:55", *left, "02:00", "02:05"]]
    export.lines = "".join(ORDERS[order](lines))
    assert told(export.read())["link_use", AUTUMN] == (120, 1200)
    assert f"is meant: {len(left)};" in said(export)


def test_a_lone_row_that_may_be_either_hour_tells_nothing(export: Export) -> None:
    export.lines = line("2026-11-01 01:30")
    outcome = export.read()
    assert (outcome.error, outcome.records) == (None, [])


def test_two_rows_alone_have_no_order(export: Export) -> None:
    export.lines = line("2026-11-01 01:30") + line("2026-11-01 01:30", 20_000_000)
    outcome = export.read()
    assert (outcome.error, outcome.records) == (None, [])


def test_times_with_an_offset_need_no_order(export: Export) -> None:
    export.lines = line("2026-11-01T01:30-06:00") + line("2026-11-01T01:30-05:00", 20_000_000)
    assert told(export.read())["link_use", AUTUMN] == (90, 600)


def test_each_link_and_each_file_has_its_own_order(export: Export) -> None:
    lines = night(AUTUMN)
    there = [one.replace("wan0", "wan1") for one in lines[::-1]]
    export.lines = "".join(one + other for one, other in zip(lines, there, strict=True))
    export.changes = {**export.changes, "links": {"wan0": {}, "wan1": {"school": "oak"}}}
    assert type(said(export)) is str
    assert told(export.read())["link_use", AUTUMN][1] == 25 * HOUR


@pytest.mark.parametrize("order", ORDERS)
def test_a_time_that_clocks_skip_is_left_out(export: Export, order: str) -> None:
    lines = night(SPRING)
    export.lines = "".join(
        ORDERS[order]([*lines[:23], line("2026-03-08 02:00"), line("2026-03-08 02:30"), *lines[23:]])
    )
    assert told(export.read())["link_use", SPRING][1] == 23 * HOUR
    assert "is meant: 2;" in said(export)


@given(
    st.sets(st.integers(0, 60), min_size=1),
    st.sampled_from([("America/Chicago", 5), ("Australia/Lord_Howe", 13)]),
    st.booleans(),
)
def test_no_row_is_put_at_another_instant_than_its_own(
    steps: set[int], place: tuple[str, int], newest_first: bool
) -> None:
    """Five hours of rows around the change (Lord Howe's is of half an hour): right, or left out."""
    zone, hour = ZoneInfo(place[0]), place[1]
    begin = datetime(2026, 11, 1, hour, tzinfo=UTC) if hour == 5 else datetime(2026, 4, 4, hour, tzinfo=UTC)
    true = [begin + STEP * step for step in sorted(steps, reverse=newest_first)]
    rows = []
    for number, at in enumerate(true):
        first, *second = instants(f"{at.astimezone(zone):%Y-%m-%d %H:%M}", Reading(zone))
        rows.append(Told(first, STEP, timedelta(), number, again=second[0] if second else None))
    kept = placed(rows)
    assert all(row.share is not None and row.at == true[int(row.share)] for row in kept)
    assert {row.share for row in rows if row.again is None} <= {row.share for row in kept}
    if len(steps) == 61:
        assert len(kept) == 61
