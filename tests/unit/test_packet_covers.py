"""What is said to one person alone is said whole, whatever roles the person has and in whatever language."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from pathlib import Path

from firstbell.briefing.languages import composed
from firstbell.catalog import load_roles
from firstbell.metrics.plan import HoursEntry, Leader
from firstbell.packet.audience import cut, in_language
from firstbell.packet.compose import compose
from firstbell.packet.glyphs import loosened
from firstbell.packet.page_one import page_one
from firstbell.packet.words import Words
from tests.unit.packet_material import FOLDER, district, material, month
from tests.unit.test_packet_compose import ACTIONS, DECISIONS

SPANISH = {"district": FOLDER["district.yaml"] + "packet: {languages: {representative: es, public: es}}\n"}
KINDS = ("training", "staff_meeting", "plc", "coaching", "district_meeting", "personal_development")


def test_nobodys_cover_is_cut_whatever_the_roles_and_the_language(tmp_path: Path) -> None:
    """Any two or three roles, a leader's own hours of every kind and actions past their days, in both languages."""
    folder = district(tmp_path, **SPANISH)
    found = material(folder, month(), actions=ACTIONS, decisions=DECISIONS)
    roles = [role.key for role in load_roles().roles]
    reader = found.readers[0]
    many = [
        replace(reader, person_key=f"reader{place}", roles=held)
        for place, held in enumerate([*combinations(roles, 2), *combinations(roles[:6], 3)])
    ]
    hours = tuple(
        HoursEntry(leader_key="reader0", on=date(2026, 10, 1 + place), category=kind, hours=3.5)
        for place, kind in enumerate(KINDS)
    )
    leaders = (Leader(leader_key="reader0", school_key="high"),)
    facts = replace(found.facts, team=replace(found.facts.team, leaders=leaders, hours=hours))
    packet = composed(folder, replace(found, readers=tuple(many), facts=facts))
    for language in ("en", "es"):
        spoken, mark = in_language(packet, language), Words(language).say("clipped")
        assert any(cover.own for cover in spoken.covers)
        for cover in spoken.covers:
            lines = [loosened(line) for line in page_one(cut(spoken, "representative"), "representative", cover).cover]
            assert lines[0].endswith(".")
            assert mark not in " ".join(lines), lines


def test_the_schools_of_an_outage_are_counted_where_their_names_do_not_fit(tmp_path: Path) -> None:
    long = FOLDER["district.yaml"].replace("Cedar Middle", "Cedar Middle School of the Arts and of the Sciences")
    for folder, said in (
        (district(tmp_path / "short"), "Cedar Middle and Valley High"),
        (district(tmp_path / "long", district=long), "2 schools"),
    ):
        (outage,) = (one for one in compose(material(folder)).changes if one.text.startswith("Sign-in was down"))
        assert outage.text.endswith(f": {said}, 1,890 students.")
