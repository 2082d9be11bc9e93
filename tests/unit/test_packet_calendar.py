"""Item 5's calendar: grants and notices that fall within three meetings, with the last meeting that can still act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from firstbell.config.faults import ConfigError
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.model import Section
from firstbell.records import Agreement
from tests.unit.packet_material import AS_OF, FOLDER, district, evidence, material, month

COMING = (date(2026, 12, 3), date(2027, 1, 7), date(2027, 2, 4))
GRANTS = """\
grants: {file: grants.csv}
"""
TABLE = (
    "key,title,opens,due,amount,owner_role,link\n"
    "erate,E-rate Form 471,2027-01-11,2027-03-24,84000,superintendent,https://www.usac.org/e-rate/\n"
    "library,Library grant,,2026-12-01,2500,librarian,\n"
    "past,Too late,2026-09-01,2026-11-23,1,team_leader,\n"
    "lab,Robotics lab,2026-11-24,2027-02-04,,team_leader,https://grants.example.org/programmes/robotics-for-schools-2027\n"
)


def section(tmp_path: Path, notice_on: date | None = None, **changed: Any) -> Section:
    (tmp_path / "district").mkdir()
    (tmp_path / "district" / "grants.csv").write_text(TABLE, encoding="utf-8")
    folder = district(tmp_path / "district", plan=FOLDER["plan.yaml"] + GRANTS)
    records = tuple(replace(one, notice_on=notice_on) if isinstance(one, Agreement) else one for one in evidence())
    told = {**month(), "evidence": records}
    changed = {"coming": COMING, "grants": folder.plan.grants, **changed}
    found: Section = compose(material(folder, told, **changed)).sections[4]
    return found


def test_what_falls_within_three_meetings_is_listed_by_day_with_the_last_meeting_before(tmp_path: Path) -> None:
    item = section(tmp_path, notice_on=date(2026, 12, 31))
    table = item.tables[0]
    assert [column.title for column in table.columns] == ["Day", "What", "Amount", "Decide at", "Owner"]
    assert [row.cells for row in table.rows] == [
        ("24 Nov 2026", "Opens: Robotics lab (grants.example.org)", "not known", "before this meeting", "Team Leader"),
        ("1 Dec 2026", "Closes: Library grant", "$2,500", "before this meeting", "Librarian or Media Specialist"),
        ("31 Dec 2026", "Last day to give notice: Filter Co, contract", "$24,800", "Thu 3 Dec", "IT Lead"),
        ("11 Jan 2027", "Opens: E-rate Form 471 (www.usac.org/e-rate)", "$84,000", "Thu 7 Jan", "Superintendent"),
        ("4 Feb 2027", "Closes: Robotics lab (grants.example.org)", "not known", "Thu 4 Feb", "Team Leader"),
    ]
    assert item.sentences[0].text == (
        "5 dates for money fall by the meeting of 4 Feb 2027. The first is Tue 24 Nov: "
        "“Opens: Robotics lab (grants.example.org)”."
    )
    assert item.quiet == ""


def test_the_team_sees_it_and_the_public_does_not(tmp_path: Path) -> None:
    (tmp_path / "district").mkdir()
    (tmp_path / "district" / "grants.csv").write_text(TABLE, encoding="utf-8")
    folder = district(tmp_path / "district", plan=FOLDER["plan.yaml"] + GRANTS)
    packet = compose(material(folder, coming=COMING, grants=folder.plan.grants))
    shown = {edition: "Library grant" in cut(packet, edition).model_dump_json() for edition in EDITIONS}
    assert shown == {"leadership": True, "technical": True, "representative": True, "public": False}


EDITIONS = ("leadership", "technical", "representative", "public")


def test_a_silent_list_of_agreements_gives_no_notice_date_and_grants_stay(tmp_path: Path) -> None:
    item = section(tmp_path, notice_on=date(2026, 12, 31), silent={"evidence": AS_OF.replace(day=19)})
    assert "give notice" not in item.tables[0].model_dump_json()
    assert len(item.tables[0].rows) == 4
    assert any("not known since" in line.text for line in item.sentences)


@pytest.mark.parametrize("changed", [{"coming": ()}, {"grants": ()}])
def test_without_a_meeting_or_a_date_there_is_no_calendar(tmp_path: Path, changed: dict[str, Any]) -> None:
    item = section(tmp_path, **changed)
    assert "Grants" not in "".join(table.caption for table in item.tables)


def test_a_grant_that_closes_before_it_opens_and_a_key_twice_are_told(tmp_path: Path) -> None:
    grants = """\
grants:
  - {key: a, title: A, opens: 2027-02-01, due: 2027-01-01}
  - {key: a, title: B, due: 2027-01-01, owner_role: nobody, link: www.example.org}
"""
    with pytest.raises(ConfigError) as told:
        district(tmp_path / "wrong", plan=FOLDER["plan.yaml"] + grants)
    for part in ("opens and due", "grants.1.key", "grants.1.owner_role", "grants.1.link"):
        assert part in str(told.value)
