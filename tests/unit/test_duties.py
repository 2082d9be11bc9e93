"""What doctor says of duties that nobody holds: each in one sentence with its remedy."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.doctor import Finding, Level
from firstbell.duties import check_duties
from tests.unit.config_folder import FILES, load, write_folder

TODAY = date(2026, 11, 21)
WHOLE = FILES["teams.yaml"].replace(
    "roles: [team_leader, it_lead]",
    "roles: [team_leader, it_lead, instructional_technology_coordinator, superintendent]",
)


def told(folder: District, day: date = TODAY) -> dict[str, str]:
    found: list[Finding] = list(check_duties(folder, day))
    assert all(one.level is Level.WARN for one in found)
    assert all(one.sentence.endswith(".") and ";" in one.sentence for one in found)
    return {one.subject: one.sentence for one in found}


def test_nothing_is_said_where_all_duties_are_held(tmp_path: Path) -> None:
    assert told(load(write_folder(tmp_path, teams=WHOLE))) == {}


def test_a_morning_mail_that_nobody_gets(tmp_path: Path) -> None:
    unread = WHOLE.replace("it_lead, ", "it_technician, ")
    assert told(load(write_folder(tmp_path / "one", teams=unread)))["morning mail"] == (
        "nobody with an address holds it_lead now, so nobody gets it; give a member of teams.yaml that role, or name "
        "another under between_meetings.morning.roles of district.yaml."
    )
    silent = FILES["people.csv"].replace("ada@example.org", "")
    assert "morning mail" in told(load(write_folder(tmp_path / "two", teams=WHOLE, people_csv=silent)))
    off = FILES["district.yaml"] + "between_meetings: {morning: {send: false}}\n"
    assert "morning mail" not in told(load(write_folder(tmp_path / "three", teams=unread, district=off)))


def test_a_packet_that_waits_for_nobodys_approval(tmp_path: Path) -> None:
    required = FILES["meetings.yaml"] + "    sending: {approval: required}\n"
    folder = load(write_folder(tmp_path, teams=WHOLE, meetings=required))
    assert "series monthly" not in told(folder)
    assert told(folder, date(2025, 9, 1))["series monthly"].startswith(
        "its packet waits for an approval, and its draft reaches no team_leader of leadership;"
    )


@pytest.mark.parametrize(("level", "leads"), [("", True), ("\n    level: school\n    school: oak", False)])
def test_a_district_that_no_team_leads(tmp_path: Path, level: str, leads: bool) -> None:
    teams = WHOLE.replace("name: Technology leadership team", f"name: Technology leadership team{level}")
    found = told(load(write_folder(tmp_path, teams=teams)))
    assert ("leading team" not in found) is leads
    assert leads or "so nobody reads of an incident before it is released; give" in found["leading team"]


def test_owners_that_nobody_is(tmp_path: Path) -> None:
    sources = "".join(
        f"  - {{key: desk{number}, kind: desk, title: Desk, owner_role: principal, settings: {{url: https://d}}}}\n"
        for number in range(6)
    )
    found = told(load(write_folder(tmp_path, sources=f"sources:\n{sources}")))
    assert found["role principal"] == (
        "nobody holds it now, and it owns source desk0, source desk1, source desk2, source desk3 and 2 more; give a "
        "member of teams.yaml that role, until then the team leader answers."
    )
    assert "the section projects, the section feedback" in found["role instructional_technology_coordinator"]
    assert "the section budget" in found["role superintendent"]
    assert "role data_security_specialist" not in found, "it_lead answers for security"
