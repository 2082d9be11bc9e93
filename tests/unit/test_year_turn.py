"""What runs out at the turn of the year, and from when it is said."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.config.loaded import District
from firstbell.year_turn import ENDS_WITHIN, EndingKind, ending_soon, summer_around
from tests.unit.config_folder import FILES, load, write_folder

LAST_DAY = date(2027, 5, 28)
NEXT_YEAR = "    - {name: 2027-28, first_day: 2027-08-11, last_day: 2028-05-26}\n"
YEARS = "    - {name: 2026-27, first_day: 2026-08-12, last_day: 2027-05-28}\n"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> District:
    return load(write_folder(tmp_path_factory.mktemp("plain")))


def kinds(district: District, on: date) -> list[EndingKind]:
    return [one.kind for one in ending_soon(district, on)]


def test_a_calendar_is_told_from_sixty_days_before_its_end(plain: District) -> None:
    assert kinds(plain, LAST_DAY - timedelta(days=61)) == []
    (first,) = ending_soon(plain, LAST_DAY - timedelta(days=60))
    assert (first.kind, first.ends_on) == (EndingKind.CALENDAR, LAST_DAY)
    assert "ends on 2027-05-28" in first.sentence
    (over,) = ending_soon(plain, LAST_DAY + timedelta(days=1))
    assert "ended on 2027-05-28" in over.sentence
    assert over.blocks(LAST_DAY + timedelta(days=1))


def test_the_coming_year_needs_its_holidays(tmp_path: Path) -> None:
    text = FILES["district.yaml"].replace(YEARS, YEARS + NEXT_YEAR)
    district = load(write_folder(tmp_path / "without", district=text))
    assert kinds(district, date(2027, 6, 11)) == []
    assert kinds(district, date(2027, 6, 12)) == [EndingKind.HOLIDAYS]
    with_days = text.replace("  closed:\n", "  closed:\n    - {first: 2027-11-25, name: Thanksgiving}\n")
    assert kinds(load(write_folder(tmp_path / "with", district=with_days)), date(2027, 7, 20)) == []


def test_terms_are_told_by_role_and_on_into_the_summer(tmp_path: Path) -> None:
    teams = FILES["teams.yaml"].replace("until: 2025-26", "until: 2026-27")
    text = FILES["district.yaml"].replace(YEARS, YEARS + NEXT_YEAR)
    district = load(write_folder(tmp_path, teams=teams, district=text))
    assert EndingKind.TERM not in kinds(district, date(2027, 3, 1))
    for day in (date(2027, 4, 20), date(2027, 7, 1)):
        (term,) = (one for one in ending_soon(district, day) if one.kind is EndingKind.TERM)
        assert (term.people, term.roles, term.team_key) == (("bo",), ("teacher_representative",), "leadership")
        assert not term.blocks(day)
    assert EndingKind.TERM not in kinds(district, date(2027, 8, 11))


@pytest.mark.parametrize(
    ("dates", "told"),
    [
        ("dates: [2027-01-07T16:00, 2027-02-04T16:00]", True),
        ("recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH;UNTIL=20270301T000000, starts: 2026-09-03T16:00}", True),
        ("recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH;COUNT=6, starts: 2026-09-03T16:00}", True),
        ("recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH;COUNT=12, starts: 2026-09-03T16:00}", False),
        ("recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T16:00}", False),
    ],
)
def test_meetings_that_are_counted_run_out(tmp_path: Path, dates: str, told: bool) -> None:
    meetings = f"series:\n  - {{key: m, team: leadership, title: Meeting, {dates}}}\n"
    found = ending_soon(load(write_folder(tmp_path, meetings=meetings)), date(2027, 1, 10))
    assert [(one.kind, one.ends_on) for one in found] == ([(EndingKind.MEETINGS, date(2027, 2, 4))] if told else [])


def test_keys_and_passwords_whose_end_the_folder_names(tmp_path: Path) -> None:
    source = "{key: desk, kind: desk, title: Help desk, credential_ends: 2026-12-31, settings: {url: u}}"
    mail = (
        "  credential_ends: 2026-12-01\n"
        "  fallback: [{transport: file_drop, credential_ends: 2026-12-05}]\n"
        "  inbox: {address: a@example.org, host: h, username: u, password: env:P, credential_ends: 2026-12-09}\n"
    )
    text = FILES["district.yaml"].replace("  sender:", f"{mail}  sender:")
    district = load(write_folder(tmp_path, district=text, sources=f"sources:\n  - {source}\n"))
    found = ending_soon(district, date(2026, 11, 21))
    assert [(one.key, one.ends_on) for one in found] == [
        ("credential/mail", date(2026, 12, 1)),
        ("credential/mail.fallback.0", date(2026, 12, 5)),
        ("credential/mail.inbox", date(2026, 12, 9)),
        ("credential/desk", date(2026, 12, 31)),
    ]
    assert "ends on" in found[0].sentence
    (over, *_) = ending_soon(district, date(2026, 12, 2))
    assert over.blocks(date(2026, 12, 2))
    assert "ended on 2026-12-01" in over.sentence


def test_the_summer_between_two_years(tmp_path: Path, plain: District) -> None:
    text = FILES["district.yaml"].replace(YEARS, YEARS + NEXT_YEAR)
    district = load(write_folder(tmp_path, district=text))
    assert summer_around(district.calendar, date(2027, 7, 4)) == (date(2027, 5, 29), date(2027, 8, 10))
    assert summer_around(plain.calendar, date(2027, 7, 4)) == (date(2027, 5, 29), None)
    assert summer_around(plain.calendar, date(2026, 11, 26)) is None
    assert summer_around(plain.calendar, date(2024, 7, 4)) is None


@given(st.dates(date(2026, 6, 1), date(2027, 12, 31)))
def test_what_was_told_stays_told_until_somebody_acts(plain: District, day: date) -> None:
    calendar = [one for one in ending_soon(plain, day) if one.kind is EndingKind.CALENDAR]
    assert bool(calendar) is (day >= LAST_DAY - ENDS_WITHIN)
    ends = [one.ends_on for one in ending_soon(plain, day)]
    assert ends == sorted(ends)
    assert all(end - day <= ENDS_WITHIN for end in ends)
