"""What a role shows in a team that is not the district's leading one: no incident, and no more than it shows there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from firstbell.briefing.gather import readers_of
from firstbell.briefing.who import who_gets_what
from firstbell.config.loaded import District
from firstbell.meetings import Meeting, meetings_of, next_meeting
from firstbell.packet.compose import compose
from firstbell.records import Incident, Record
from tests.unit.packet_material import AS_OF, FOLDER, district, material, month

PEOPLE = """\
people:
  - {key: ruth, name: Ruth Hall, email: ruth@cedar.example}
  - {key: theo, name: Theo Lund, email: theo@cedar.example}
  - {key: ines, name: Ines Roy, email: ines@cedar.example}
  - {key: uma, name: Uma Bell}
  - {key: nat, name: Nat Moss}
teams:
"""
TECH = """\
  - key: tech
    name: Tech team
    members:
      - {person: ruth, roles: [superintendent]}
      - {person: theo, roles: [team_leader]}
      - {person: ines, roles: [it_lead]}
"""
NETWORK = """\
  - key: network
    name: Building leaders
    members:
      - {person: uma, roles: [principal, team_leader]}
      - {person: ruth, roles: [superintendent]}
      - {person: ines, roles: [it_lead, team_leader]}
      - {person: nat, roles: [it_technician]}
      - {person: theo, roles: [librarian]}
"""
HIGH = NETWORK.replace("key: network", "key: high").replace("members:", "level: school\n    school: high\n    members:")
UNSEATED = NETWORK.replace("superintendent", "administrator")


def folder_of(folder: Path, *teams: str) -> District:
    written = PEOPLE + "".join(teams)
    held = [team for team in ("tech", "network", "high") if f"key: {team}\n" in written]
    one = FOLDER["meetings.yaml"].removeprefix("series:\n")
    series = (one.replace("monthly", team).replace("team: tech", f"team: {team}") for team in held)
    plan = FOLDER["plan.yaml"].replace("team: tech", f"team: {held[0]}")
    return district(folder, teams=written, meetings="series:\n" + "".join(series), plan=plan)


def meeting_of(folder: District, team: str) -> Meeting:
    found = next_meeting(meetings_of(folder, team, AS_OF, lambda _: b""), AS_OF)
    assert found is not None
    return found


def told(folder: District, team: str) -> dict[str, tuple[str, str]]:
    found = who_gets_what(folder, meeting_of(folder, team))
    return {one.person_key: (one.edition, one.edition_because) for one in found}


def month_with_an_incident_for(*roles: str) -> dict[str, tuple[Record, ...]]:
    evidence = tuple(
        replace(one, reader_roles=roles, released_on=None) if isinstance(one, Incident) else one
        for one in month()["evidence"]
    )
    return month() | {"evidence": evidence}


def covers_with_the_incident(folder: District, team: str) -> set[str]:
    facts = month_with_an_incident_for("team_leader", "superintendent")
    packet = compose(material(folder, facts, readers=readers_of(folder, meeting_of(folder, team))))
    return {cover.person_key for cover in packet.covers if "Lost laptop" in cover.model_dump_json()}


@pytest.mark.parametrize(("team", "written"), [("network", NETWORK), ("high", HIGH)])
def test_an_incident_stands_on_covers_of_the_leading_team_alone(tmp_path: Path, team: str, written: str) -> None:
    folder = folder_of(tmp_path, TECH, written)
    assert covers_with_the_incident(folder, "tech") == {"ruth", "theo"}
    assert covers_with_the_incident(folder, team) == set()


@pytest.mark.parametrize(("team", "written"), [("network", NETWORK), ("high", HIGH)])
def test_roles_show_no_more_in_another_team_than_in_the_leading_one(tmp_path: Path, team: str, written: str) -> None:
    folder = folder_of(tmp_path, TECH, written)
    capped = "no more than in team tech"
    assert told(folder, team) == {
        "uma": ("representative", capped),
        "ruth": ("leadership", "role superintendent"),
        "ines": ("technical", capped),
        "nat": ("representative", capped),
        "theo": ("representative", "role librarian"),
    }
    assert told(folder, "tech")["theo"] == ("leadership", "role team_leader")
    assert {one.person_key: one.edition for one in readers_of(folder, meeting_of(folder, team))} == {
        person: edition for person, (edition, _) in told(folder, team).items()
    }


def test_a_seats_own_edition_shows_more_in_another_team(tmp_path: Path) -> None:
    named = HIGH.replace("roles: [principal, team_leader]", "roles: [principal, team_leader], edition: leadership")
    folder = folder_of(tmp_path, TECH, named)
    assert told(folder, "high")["uma"] == ("leadership", "own setting")
    assert covers_with_the_incident(folder, "high") == set()


def test_a_narrow_seat_in_the_leading_team_is_not_widened_by_another_team(tmp_path: Path) -> None:
    narrow = TECH.replace("roles: [it_lead]", "roles: [it_lead], edition: representative")
    assert told(folder_of(tmp_path, narrow, HIGH), "high")["ines"][0] == "representative"


@pytest.mark.parametrize(
    ("teams", "leading"),
    [
        ((NETWORK, TECH), "network"),
        ((UNSEATED, TECH), "tech"),
        ((HIGH, TECH), "tech"),
        ((HIGH, UNSEATED), "network"),
        ((UNSEATED, TECH.replace("superintendent", "librarian")), None),
        ((HIGH,), None),
    ],
    ids=["first seated", "seat before order", "no school team", "only one", "two without a seat", "school alone"],
)
def test_the_leading_team_is_the_first_of_the_district_that_answers_for_security(
    tmp_path: Path, teams: tuple[str, ...], leading: str | None
) -> None:
    found = folder_of(tmp_path, *teams).leading_team
    assert (found.key if found is not None else None) == leading


def test_without_a_leading_team_nobody_reads_incidents_or_more_than_a_representative(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, UNSEATED, TECH.replace("superintendent", "librarian"))
    missing = ("representative", "no more than in a leading team, which is missing")
    assert told(folder, "tech") == {
        "ruth": ("representative", "role librarian"),
        "theo": missing,
        "ines": missing,
    }
    assert covers_with_the_incident(folder, "tech") == set()
