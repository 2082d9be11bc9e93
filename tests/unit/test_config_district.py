"""What a loaded district answers: lookups, terms, calendar, policies, and its hash."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.watched import planned_work
from tests.unit.config_folder import FILES, load, write_folder

SERVICE = """\
services:
  - key: portal
    name: Portal
    schools: [elm]
    probe: {kind: web, url: https://portal.example.org/}
    maintenance:
      - {starts_at: 2026-11-01T00:30, ends_at: 2026-11-01T03:00, note: move}
      - {starts_at: 2026-11-02T12:00+00:00, ends_at: 2026-11-02T13:00+00:00}
  - {key: mail, name: Mail, probe: {kind: web, url: https://mail.example.org/}}
"""


@pytest.fixture
def district(tmp_path: Path) -> District:
    systems = "systems:\n  - {key: finance, name: Finance, recovery_point_hours: 12}\n"
    compliance = "expiring_within_days: 30\n"
    return load(write_folder(tmp_path, services=SERVICE, systems=systems, compliance=compliance))


def test_lookups(district: District) -> None:
    assert district.school("elm").name == "Elm High"
    assert district.person("ada").email == "ada@example.org"
    assert [school.key for school in district.schools_of(district.service("portal"))] == ["elm"]
    assert [school.key for school in district.schools_of(district.service("mail"))] == ["oak", "elm"]
    assert [series.key for series in district.series_of("leadership")] == ["monthly"]
    assert district.locations["oak elementary"] == district.locations["10"] == "oak"
    with pytest.raises(KeyError):
        district.school("ash")


@pytest.mark.parametrize(
    ("day", "people"),
    [
        (date(2025, 7, 1), ["bo"]),  # before the first year known: counted with it
        (date(2026, 5, 29), ["bo"]),
        (date(2026, 8, 11), ["bo"]),  # the summer belongs to the year before it
        (date(2026, 8, 12), ["ada"]),
        (date(2027, 7, 1), ["ada"]),
    ],
)
def test_members_by_their_terms(district: District, day: date, people: list[str]) -> None:
    assert [member.person for member in district.members("leadership", day)] == people


def test_holders_of_a_role(district: District) -> None:
    assert [person.key for person in district.holders("it_lead", "leadership", date(2026, 9, 1))] == ["ada"]
    assert district.holders("it_lead", "leadership", date(2025, 9, 1)) == ()


def test_maintenance_is_local_where_it_carries_no_offset(district: District) -> None:
    """On 1 November 2026 Chicago's clocks go back: from 00:30 to 03:00 are three and a half hours."""
    autumn = Window(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    assert planned_work(district, district.service("portal").maintenance, autumn) == (
        Window(datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 9, tzinfo=UTC)),
        Window(datetime(2026, 11, 2, 12, tzinfo=UTC), datetime(2026, 11, 2, 13, tzinfo=UTC)),
    )


def test_the_calendar_follows_the_folder(district: District) -> None:
    calendar = district.calendar
    assert calendar.is_closed(date(2026, 11, 27))
    assert not calendar.business.on(date(2026, 11, 26))
    assert calendar.business.on(date(2026, 11, 23)) == ((time(7, 30), time(16)),)
    day = Window(datetime(2026, 10, 12, 5, tzinfo=UTC), datetime(2026, 10, 13, 5, tzinfo=UTC))
    assert [window.seconds for window in calendar.instruction(day)] == [4 * 3600]
    assert [window.seconds for window in calendar.service_hours(day)] == [11 * 3600]


def test_policies_and_inventory(district: District) -> None:
    assert district.policies.suppression.small_group_minimum == 10
    assert district.policies.compliance.expiring_within_days == 30
    assert district.sla_policy.confirmation_failures == 2
    assert [(system.system_key, system.recovery_point_hours) for system in district.protected_systems] == [
        ("finance", 12)
    ]


def test_equal_folders_have_equal_hashes(tmp_path: Path) -> None:
    first = load(write_folder(tmp_path / "a"))
    people = "key,email,schools,name\nada,ada@example.org, oak ; elm ,Ada Long\nbo,,oak,Bo Short\n"
    again = load(write_folder(tmp_path / "b", people_csv=people, district="# a comment\n" + FILES["district.yaml"]))
    others = [
        load(write_folder(tmp_path / "c", people_csv=people.replace("bo,,oak", "bo,,elm"))),
        load(write_folder(tmp_path / "d", meetings=FILES["meetings.yaml"].replace("1TH", "2TH"))),
        load(write_folder(tmp_path / "e", district=FILES["district.yaml"].replace("15:05", "15:10"))),
        load(write_folder(tmp_path / "f", teams=FILES["teams.yaml"].replace(", it_lead", ""))),
    ]
    assert first.hash == again.hash
    assert len({one.hash for one in (first, *others)}) == 5


def test_the_canonical_json_knows_nobody(tmp_path: Path) -> None:
    """The store keeps it for ever; names, addresses and private links stay in the folder."""
    personal = {
        "name: Ada Long, email: ada@example.org": "name: Zed Private, email: zed@private.example",
        "sender: tech@example.org": "sender: desk@private.example\n  sender_name: Zed Private\n  username: zed.private",
    }
    text = FILES["district.yaml"]
    for old, new in personal.items():
        assert old in text
        text = text.replace(old, new)
    people = "key,name,email,schools\nada,Ada Private,ada@private.example,oak;elm\nbo,Bo Private,,oak\n"
    meetings = FILES["meetings.yaml"].replace(
        "recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T16:00}",
        "ics: https://calendar.example.org/private-4711/basic.ics\n    place: https://meet.example.org/private-4711",
    )
    district = load(write_folder(tmp_path, district=text, people_csv=people, meetings=meetings))
    assert district.about.installer.name == "Zed Private"
    assert "private" not in district.canonical_json.casefold()
    assert '{"key":"ada","language":' in district.canonical_json
    assert '"schools":["oak","elm"]}' in district.canonical_json


def test_the_canonical_json_names_secrets_and_holds_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    text = load(write_folder(tmp_path)).canonical_json
    assert '"password":"env:SMTP_PASSWORD"' in text
    assert "hunter2" not in text


def test_a_source_knows_where_it_is_written(tmp_path: Path) -> None:
    sources = "sources:\n  - key: desk\n    kind: desk\n    title: Desk\n    settings: {url: https://d.example.org}\n"
    assert load(write_folder(tmp_path, sources=sources)).source_places == {"desk": "sources.yaml:2"}
