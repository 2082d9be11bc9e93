"""Which days of an export are told, what a wrong unit is, and how far an export reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import get
from connectors._errors import BadReplyError, SettingsError
from connectors._link_rows import Told, apart
from connectors._links import LinkDay, LinkSettings, Traffic, days_of
from firstbell.intervals import Window, intersection, union
from firstbell.records import Measurement
from tests.contract.file_case import MODIFIED_AT
from tests.contract.interface_csv.case import HEAD, THURSDAY, WEDNESDAY, Case, rows
from tests.contract.suite import Outcome, Situation, read


class Export(Case):
    """One link's export whose rows and settings a test sets."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.lines = ""
        self.changes: dict[str, Any] = {}
        self.more: dict[str, Any] = {}

    def settings(self) -> Mapping[str, Any]:
        file = {"file": "exports/table.csv", "links": {"wan0": {}}, "interval_seconds": 600}
        return {"files": [{**file, **self.changes}], **self.more}

    def text(self, situation: Situation) -> str:
        return HEAD + self.lines

    def read(self) -> Outcome:
        self.serve(Situation.WHOLE)
        return read(self)


@pytest.fixture
def export(tmp_path: Path) -> Iterator[Export]:
    case = Export(tmp_path)
    yield case
    case.close()


def told(outcome: Outcome) -> dict[tuple[str, date], tuple[float, float | None]]:
    assert outcome.error is None, outcome.error
    return {
        (one.measure_key, one.period_end_on): (one.numerator, one.denominator)
        for one in outcome.records
        if isinstance(one, Measurement)
    }


def test_a_day_whose_class_hours_are_known_too_little_is_neither_busy_nor_not(export: Export) -> None:
    export.lines = rows(WEDNESDAY, 48, 81, "wan0", range(33))
    assert set(told(export.read())) == {("link_use", WEDNESDAY), ("link_faults", WEDNESDAY)}
    export.more = {"least_watched": 0.75}
    assert told(export.read())["busy_link_days", WEDNESDAY] == (1, 1)


def each_minute(first: datetime, minutes: range, values: Mapping[int, int] = {}) -> str:
    """A row for each of some minutes after `first`; a tenth of the link is used where `values` says nothing."""
    return "".join(
        f"{first + timedelta(minutes=at):%Y-%m-%d %H:%M},wan0,{values.get(at, 10_000_000)},0,100000000,,,x\n"
        for at in minutes
    )


EIGHT = datetime(2026, 11, 18, 8)  # noqa: DTZ001 - as an export writes it, without an offset


@pytest.mark.parametrize("moments", ["end", "start"])
def test_rows_closer_than_their_interval_make_an_hour_no_day(export: Export, moments: str) -> None:
    """70 rows of a minute with the interval left at five minutes are 70 minutes, not 350."""
    export.changes = {"interval_seconds": 300, "moments": moments}
    export.lines = each_minute(EIGHT, range(1, 71))
    assert set(told(export.read())) == {("link_use", WEDNESDAY)}
    export.lines = each_minute(EIGHT, range(-5, 430), dict.fromkeys(range(100, 130), 90_000_000))
    found = told(export.read())
    assert found["link_full_time", WEDNESDAY] == (30 * 60, 7 * 3600)
    assert found["busy_link_days", WEDNESDAY] == (1, 1)


def test_rows_newest_first_say_the_same(export: Export) -> None:
    export.changes = {"interval_seconds": 300}
    export.lines = each_minute(EIGHT, range(1, 421, 3), {31: 90_000_000})
    found = told(export.read())
    export.lines = "".join(reversed(export.lines.splitlines(keepends=True)))
    assert told(export.read()) == found
    assert found["link_full_time", WEDNESDAY] == (180, 25_080)


@pytest.mark.parametrize("moments", ["end", "start"])
def test_a_row_without_a_figure_leaves_its_own_time_unknown(export: Export, moments: str) -> None:
    export.changes = {"moments": moments}
    export.lines = each_minute(EIGHT, range(10, 31, 10)).replace(",10000000,", ",,", 2)
    assert told(export.read())["link_use", WEDNESDAY] == (60, 600)
    export.changes = {"moments": moments, "interval_seconds": 1200}
    export.lines = each_minute(EIGHT, range(10, 31, 10)).replace("08:20,wan0,10000000,", "08:20,wan0,,")
    assert told(export.read())["link_use", WEDNESDAY] == (180, 1800)


def test_means_over_more_than_twenty_minutes_tell_nothing_of_class_hours_where_they_overlap(export: Export) -> None:
    export.changes = {"interval_seconds": 3600}
    export.lines = each_minute(EIGHT, range(-60, 480, 10))
    assert set(told(export.read())) == {("link_use", WEDNESDAY)}


def test_a_file_of_nothing_known_reaches_as_far_as_it_was_written(export: Export) -> None:
    export.lines = "2026-11-18 09:00,wan0,,,100000000,,,x\n"
    outcome = export.read()
    assert (outcome.error, outcome.records) == (None, [])
    assert [one.known_until for one in outcome.completed] == [MODIFIED_AT]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 40), st.integers(0, 40), st.booleans()),
        max_size=30,
        unique_by=lambda one: one[0],
    )
)
def test_no_second_is_told_twice_nor_without_a_row(drawn: list[tuple[int, int, int, bool]]) -> None:
    noon = datetime(2026, 11, 18, 12, tzinfo=UTC)
    rows = [
        Told(noon + timedelta(minutes=at), timedelta(minutes=before), timedelta(minutes=after), 0.5 if known else None)
        for at, before, after, known in drawn
    ]
    windows = [one.over for one in apart(rows)]
    assert all(one.end <= other.start for one, other in pairwise(windows))
    spoken = union(Window(one.at - one.before, one.at + one.after) for one in rows if one.share is not None)
    assert intersection(union(windows), spoken) == union(windows)


def test_a_day_without_classes_is_no_class_day(export: Export) -> None:
    export.lines = rows(WEDNESDAY, 48, 90, "wan0", range(42)) + rows(THURSDAY, 48, 90, "wan0")
    export.more = {"closed": ["2026-11-18"]}
    found = told(export.read())
    assert ("busy_link_days", WEDNESDAY) not in found
    assert found["busy_link_days", THURSDAY] == (0, 1)
    export.more = {"weekdays": ["mon"]}
    assert not [key for key, _ in told(export.read()) if key == "busy_link_days"]


def test_a_first_day_that_is_cut_off_is_left_out_and_a_lone_one_is_not(export: Export) -> None:
    export.lines = rows(WEDNESDAY, 60, 90, "wan0")
    assert ("link_use", WEDNESDAY) in told(export.read())
    export.lines += rows(THURSDAY, 48, 90, "wan0")
    assert ("link_use", WEDNESDAY) not in told(export.read())


@pytest.mark.parametrize("line", ["9e9", "160000000", "-5"])
def test_more_than_a_link_carries_or_less_than_nothing_is_a_fault(export: Export, line: str) -> None:
    export.lines = f"2026-11-18 09:00,wan0,{line},0,100000000,,,x\n"
    assert isinstance(export.read().error, BadReplyError)


def test_a_row_without_a_capacity_says_where_to_set_it(export: Export) -> None:
    export.lines = "2026-11-18 09:00,wan0,5,0,,,,x\n"
    assert "capacity_mbps" in str(export.read().error)


def test_a_row_that_stands_twice_is_a_fault(export: Export) -> None:
    export.lines = rows(WEDNESDAY, 48, 50, "wan0") + rows(WEDNESDAY, 49, 50, "wan0")
    assert "repeats an earlier row" in str(export.read().error)


def test_an_export_reaches_no_further_than_its_newest_row(export: Export) -> None:
    export.lines = rows(WEDNESDAY, 48, 90, "wan0")
    [complete] = export.read().completed
    assert complete.known_until == datetime(2026, 11, 18, 21, tzinfo=UTC)


def test_several_links_need_a_column_for_them(export: Export) -> None:
    export.changes = {"columns": {"link": ""}}
    assert isinstance(export.read().error, SettingsError)
    with pytest.raises(ValidationError):
        get("interface_csv").Settings(files=[{"file": "a.csv"}])


def test_a_row_that_knows_one_direction_only_is_not_known(export: Export) -> None:
    export.lines = "2026-11-18 09:00,wan0,5,,100000000,,,x\n2026-11-18 09:10,wan0,5,0,100000000,,,x\n"
    assert told(export.read())["link_use", WEDNESDAY] == (0, 600)


def test_a_long_stretch_tells_nothing_of_class_hours(export: Export) -> None:
    start = datetime(2026, 11, 18, 15, tzinfo=UTC)
    for minutes, watched in ((20, 1200), (21, 0)):
        sums = LinkDay()
        sums.add(Traffic(Window(start, start + timedelta(minutes=minutes)), 0.9), LinkSettings(), export.zone)
        assert (sums.watched_seconds, sums.full_seconds, sums.known_seconds) == (watched, watched, minutes * 60)


@given(
    st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 20), st.floats(0, 1)), max_size=30),
    st.sampled_from(["America/Chicago", "Pacific/Auckland"]),
)
def test_the_sums_of_a_day_keep_their_order(stretches: list[tuple[int, int, float]], name: str) -> None:
    """Full time lies within watched time, watched within known, carried within known."""
    sums, settings = LinkDay(), LinkSettings()
    for start, minutes, share in stretches:
        at = datetime(2026, 3, 8, tzinfo=UTC) + timedelta(minutes=start)
        sums.add(Traffic(Window(at, at + timedelta(minutes=minutes)), share), settings, ZoneInfo(name))
    assert 0 <= sums.full_seconds <= sums.watched_seconds <= sums.known_seconds
    assert 0 <= sums.carried_seconds <= sums.known_seconds + 1e-6


@pytest.mark.parametrize(
    ("hours", "first", "last"),
    [
        (24, date(2026, 11, 19), date(2026, 11, 19)),
        (72, date(2026, 11, 19), date(2026, 11, 21)),
        (0.1, *[date(2026, 11, 18)] * 2),
    ],
)
def test_a_stretch_stands_for_the_days_of_its_middle(hours: float, first: date, last: date, export: Export) -> None:
    start = datetime(2026, 11, 19, 5, tzinfo=UTC)  # eleven in the evening of the 18th in Chicago
    days = days_of(Window(start, start + timedelta(hours=hours)), export.zone)
    assert (days.first, days.last) == (first, last)
