"""The summer said once, and what ends with the year told to those who renew it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from firstbell.packet.model import Packet
from firstbell.year_turn import ending_soon
from tests.unit.packet_material import (
    FOLDER,
    district,
    facts_of_records,
    judged,
    local,
    material,
    seen,
)

NEXT_YEAR = "last_day: 2027-05-28}\n    - {name: 2027-28, first_day: 2027-08-11, last_day: 2028-05-26}\n"
CALENDAR = FOLDER["district.yaml"].replace("last_day: 2027-05-28}\n", NEXT_YEAR)
SAID = "School is not in session from 29 May 2027 to 10 Aug 2027"


def at(folder: District, begins: datetime, as_of: datetime) -> Material:
    """The material of a packet about a quiet time in which both services answered."""
    told = {"probes": (seen("sis", begins, as_of), seen("sso", begins, as_of)), "desk": (), "counts": ()}
    found = material(folder)
    window = replace(found.facts.window, start=begins, end=as_of)
    facts = facts_of_records(folder, told, window=window, as_of=as_of)
    occasion = replace(found.occasion, starts_at=as_of, previous_at=begins)
    return replace(found, facts=facts, assessment=judged(folder, facts), known_at=as_of, occasion=occasion)


def everything(packet: Packet) -> str:
    return packet.model_dump_json()


@pytest.fixture
def folder(tmp_path: Path) -> District:
    return district(tmp_path / "district", district=CALENDAR)


def test_the_summer_is_said_once_and_no_section_stands_empty_for_it(folder: District) -> None:
    packet = compose(at(folder, local(6, 24, 15, 30, year=2027), local(7, 20, 6, year=2027)))
    assert packet.unknowns[0].text.startswith(SAID)
    assert everything(packet).count("not in session") == 1
    asked = [line.text for section in packet.sections for line in section.questions]
    for titles in ("Services working in class hours", "Teachers who use digital tools"):
        assert not any(titles in line.text for line in packet.unknowns)
        assert not any(titles in text for text in asked)
    assert not any("class time" in table.caption for table in packet.sections[2].tables)
    assert "no class hours" not in everything(packet)


def test_a_period_that_began_in_term_still_counts_its_class_time(folder: District) -> None:
    packet = compose(at(folder, local(5, 6, 15, 30, year=2027), local(6, 20, 6, year=2027)))
    assert "not in session" not in everything(packet)
    assert any("class time" in table.caption for table in packet.sections[2].tables)


def test_without_a_next_year_nobody_knows_when_school_begins(tmp_path: Path) -> None:
    packet = compose(at(district(tmp_path), local(6, 24, 15, 30, year=2027), local(7, 20, 6, year=2027)))
    assert "since 29 May 2027, and the calendar does not name the next year" in packet.unknowns[0].text


TEAMS = FOLDER["teams.yaml"].replace(
    "roles: [parent_representative]}", "roles: [parent_representative], until: 2026-27}"
)
SOURCES = FOLDER["sources.yaml"].replace("title: Help desk,", "title: Help desk, credential_ends: 2027-05-20,")


def test_what_ends_is_told_to_leadership_by_role_and_to_nobody_else(tmp_path: Path) -> None:
    folder = district(tmp_path, teams=TEAMS, sources=SOURCES)
    endings = tuple(ending_soon(folder, date(2027, 5, 3)))
    packet = compose(material(folder, endings=endings))
    said = [line.text for line in packet.sections[5].sentences if line.item.startswith("ends:")]
    assert said == [
        "Help desk: its key or password ends on 20 May 2027.",
        "The calendar ends with 2026-27, on 28 May 2027: the next school year is to be added.",
        "1 term ends with the school year, on 28 May 2027: Parent Representative. To be renewed or filled.",
    ]
    assert "key or password" in everything(cut(packet, "leadership"))
    assert "Pam" not in everything(packet)
    for edition in ("technical", "representative", "public"):
        told = everything(cut(packet, edition))
        assert not any(words in told for words in ("key or password", "To be renewed", "is to be added"))
