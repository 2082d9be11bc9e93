"""Attestations, rosters and surveys: what may be taken for true, who is counted, and who is hidden."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._base import Complete, Connector, FetchRequest, SourceContext
from connectors._errors import BadReplyError, ConnectorError, SettingsError
from connectors._survey import DISTRICT, Cell, Key, Tally, hide_small_groups
from connectors.attestations import Attestations
from connectors.oneroster_csv import OneRosterCsv
from connectors.survey_csv import SurveyCsv
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, EvidenceFile, Record, SurveyCounts

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def read(kind: type[Connector], folder: Path, settings: Mapping[str, Any]) -> list[Any]:
    context = SourceContext(source_key="s", zone=CHICAGO, folder=folder, clock=lambda: NOW)
    return list(kind(kind.Settings(**settings), context).fetch(FetchRequest()))


def attested(folder: Path, text: str, **more: Any) -> list[Any]:
    (folder / "a.yaml").write_text(text, encoding="utf-8")
    return read(Attestations, folder, {"file": "a.yaml", **more})


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConnectorError) as caught:
        attested(folder, text)
    return str(caught.value)


def control(folder: Path, fields: str) -> ControlResult:
    (found,) = (
        item for item in attested(folder, f"controls:\n  - {{code: A, {fields}}}\n") if isinstance(item, ControlResult)
    )
    return found


@pytest.mark.parametrize(
    "waiver", ["{owner: it_lead, until: 2027-01-01}", "{reason: r, owner: it_lead}", "{reason: r, until: 2027-01-01}"]
)
def test_a_waiver_needs_reason_owner_and_end(tmp_path: Path, waiver: str) -> None:
    told = refused(tmp_path, f"controls:\n  - {{code: A, state: fail, waiver: {waiver}}}\n")
    assert "line 2" in told
    assert "waiver_" in told


@pytest.mark.parametrize(("until", "state"), [("2026-11-19", Verdict.WAIVED), ("2026-11-18", Verdict.FAIL)])
def test_a_waiver_holds_through_its_last_local_day(tmp_path: Path, until: str, state: Verdict) -> None:
    found = control(tmp_path, f"state: fail, waiver: {{reason: r, owner: it_lead, until: {until}}}")
    assert found.state is state


def test_evidence_that_is_not_there_makes_a_claim_unknown_and_a_failure_stays(tmp_path: Path) -> None:
    claimed = control(tmp_path, "state: met, evidence: gone.pdf")
    assert (claimed.state, claimed.reason) == (Verdict.UNKNOWN, "The evidence file is missing.")
    assert control(tmp_path, "state: fail, evidence: gone.pdf").state is Verdict.FAIL


def test_evidence_may_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    told = refused(tmp_path, "controls:\n  - {code: A, state: met, evidence: ../../etc/hostname}\n")
    assert "leads out" in told
    assert "hostname" not in told


def test_one_evidence_file_may_serve_two_controls(tmp_path: Path) -> None:
    (tmp_path / "plan.pdf").write_bytes(b"plan")
    both = "controls:\n  - {code: A, state: ok, evidence: plan.pdf}\n  - {code: B, state: ok, evidence: plan.pdf}\n"
    assert len([item for item in attested(tmp_path, both) if isinstance(item, EvidenceFile)]) == 1


def test_not_applicable_needs_a_reason(tmp_path: Path) -> None:
    assert "does not apply" in refused(tmp_path, "controls:\n  - {code: A, state: not_applicable}\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("controls:\n  - {code: A, state: met, expires: 2027-01-01}\n", "key that is not known"),
        ("controls:\n  - {code: A}\n", 'lacks "state"'),
        ("controls:\n  - {code: A, state: secret-word}\n", "must be one of ok, warn, fail"),
        ("controls:\n  - code: A\n   state: met\n", "not readable as YAML from line 3"),
        ("controls:\n  code: A\n", "must be a list"),
        (
            "controls:\n  - {code: A, state: fail}\nagreements: []\ncontrols:\n  - {code: B, state: met}\n",
            "line 4 begins controls a second time",
        ),
        ("controls:\ncontrols:\n  - {code: B, state: met}\n", "line 2 begins controls a second time"),
        ("control:\n  - {code: A, state: met}\n", "line 1 is not one of"),
        ("controls:\n  - &a {code: A, state: met, waiver: *a}\n", "must hold keys and values"),
        ("restore_tests:\n  - {system: sis, on: yesterday, result: ok}\n", 'column "on" is not a date'),
        ("controls:\n  - {code: A, state: met}\n  - {code: A, state: fail}\n", "line 3 repeats an earlier row"),
    ],
)
def test_what_is_wrong_is_told_by_its_line(tmp_path: Path, text: str, told: str) -> None:
    found = refused(tmp_path, text)
    assert told in found
    assert "secret-word" not in found


def test_a_list_that_is_not_given_is_not_complete(tmp_path: Path) -> None:
    items = attested(tmp_path, "agreements: []\n")
    assert items == [Complete("agreements")]


def test_lists_may_stand_in_tables(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("Code;State;Waiver Reason;Waiver Owner;Waiver Until\nA;met;;;\n", "utf-8-sig")
    (found,) = (i for i in read(Attestations, tmp_path, {"controls": "c.csv"}) if isinstance(i, ControlResult))
    assert (found.code, found.state, found.framework) == ("A", Verdict.OK, "local")
    with pytest.raises(SettingsError, match="No list"):
        read(Attestations, tmp_path, {})


ROSTER_12 = {
    "orgs.csv": "sourcedId,status,name,type,identifier\no1,,Oak,school,1\no2,,Elm,school,2\n",
    "users.csv": "sourcedId,status,enabledUser,givenName\nu1,,true,Jane\nu2,,true,Joe\nu3,,false,Jim\n",
    "roles.csv": (
        "sourcedId,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId\n"
        "r1,u1,primary,teacher,,,o1\nr2,u1,secondary,teacher,,2026-06-30,o2\n"
        "r3,u2,primary,student,2026-08-01,2027-06-30,o1\nr4,u3,primary,student,,,o1\nr5,u1,primary,student,2027-01-01,,o1\n"
    ),
}


def roster(folder: Path, parts: Mapping[str, str], **more: Any) -> dict[tuple[str, str], float]:
    for name, text in parts.items():
        (folder / name).write_text(text, "utf-8-sig")
    schools = {"o1": "oak", "elm": "elm"}
    items = read(OneRosterCsv, folder, {"file": str(folder), "schools": schools, **more})
    return {
        (item.measure_key.removeprefix("enrolment."), item.scope): item.numerator
        for item in items
        if isinstance(item, Record)
    }


def test_edition_12_counts_from_roles_that_hold_today(tmp_path: Path) -> None:
    found = roster(tmp_path, ROSTER_12)
    assert found["students", "district"] == found["students", "school:oak"] == 1
    assert found["teachers", "school:elm"] == 0
    assert found["staff", "district"] == found["teachers", "school:oak"] == 1


def test_a_delta_is_not_counted(tmp_path: Path) -> None:
    manifest = "propertyName,value\noneroster.version,1.2\nfile.users,delta\n"
    with pytest.raises(BadReplyError, match="delta"):
        roster(tmp_path, {**ROSTER_12, "manifest.csv": manifest})


def test_a_school_that_the_roster_does_not_have_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match='no school called "Ash"'):
        roster(tmp_path, ROSTER_12, schools={"Ash": "ash"})


def test_a_set_without_roles_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"roles\.csv"):
        roster(tmp_path, {name: text for name, text in ROSTER_12.items() if name != "roles.csv"})


def test_a_damaged_zip_is_a_bad_reply(tmp_path: Path) -> None:
    path = tmp_path / "r.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ROSTER_12.items():
            archive.writestr(name, text * 20)
    whole = path.read_bytes()
    for damaged in (whole[:-30], whole[:60] + bytes(40) + whole[100:]):
        path.write_bytes(damaged)
        with pytest.raises(ConnectorError) as caught:
            read(OneRosterCsv, tmp_path, {"file": "r.zip"})
        assert isinstance(caught.value, BadReplyError)


def survey(folder: Path, text: str, minimum: int = 10, **wave: Any) -> list[SurveyCounts]:
    (folder / "s.csv").write_text(text, encoding="utf-8")
    common = {
        "file": "s.csv",
        "survey": "c",
        "wave": "w",
        "fielded_on": "2026-10-01",
        "group": "staff",
        "questions": [{"key": "q", "text": "Q?"}],
        "schools": {"A": "a", "B": "b", "C": "c"},
    }
    items = read(SurveyCsv, folder, {"waves": [{**common, **wave}], "small_group_minimum": minimum})
    return [item for item in items if isinstance(item, SurveyCounts)]


def test_words_and_numbers_are_counted_and_other_columns_never_read(tmp_path: Path) -> None:
    (found,) = survey(tmp_path, "Q?,Comment\nAGREE,x\n5,x\nDon’t know,x\n,x\nmeh,x\n", 1, answers={"Meh": 2})
    assert (found.counts, found.no_answer) == ((0, 1, 0, 1, 1), 2)


def test_an_answer_nobody_knows_is_told_by_its_place(tmp_path: Path) -> None:
    with pytest.raises(BadReplyError) as caught:
        survey(tmp_path, "Q?\n4\nJane Pupil is unhappy\n", 1)
    assert 'row 3 column "Q?"' in str(caught.value)
    assert "Jane" not in str(caught.value)


def test_a_small_school_goes_into_the_district_and_takes_the_next_smallest_along(tmp_path: Path) -> None:
    text = "Q?,School\n" + "4,A\n" * 3 + "4,B\n" * 12 + "4,C\n" * 30
    assert {row.scope: sum(row.counts) for row in survey(tmp_path, text)} == {"district": 45, "school:c": 30}


def test_a_group_too_small_in_the_whole_district_is_not_stored(tmp_path: Path) -> None:
    assert survey(tmp_path, "Q?\n" + "4\n" * 9) == []


def test_a_counted_district_row_is_the_total(tmp_path: Path) -> None:
    text = "Question,School,1,2,3,4,5\nq,A,0,0,0,20,0\nq,B,0,0,0,15,0\nq,,0,0,0,40,0\n"
    found = {row.scope: sum(row.counts) for row in survey(tmp_path, text, form="counts")}
    assert found == {"district": 40, "school:a": 20, "school:b": 15}


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 40)), st.integers(0, 20), st.integers(1, 15))
def test_nobody_can_subtract_a_small_school(schools: dict[str, int], alone: int, minimum: int) -> None:
    tally = Tally()
    sizes = {f"school:{name}": size for name, size in schools.items()} | {DISTRICT: alone}
    for scope, size in sizes.items():
        for _ in range(size):
            tally.add(Key("staff", scope, "q"), 4)
    shown = {key.scope: cell.answered for key, cell in hide_small_groups(tally, minimum)}
    total = shown.pop(DISTRICT, None)
    assert (total is None) == (sum(sizes.values()) < minimum)
    assert all(size >= minimum for size in shown.values())
    hidden = [scope for scope in schools if schools[scope] and f"school:{scope}" not in shown]
    if total is not None and shown and hidden:
        assert len(hidden) > 1 or schools[hidden[0]] >= minimum or total - sum(shown.values()) >= minimum


def test_a_cell_counts_what_was_answered() -> None:
    assert Cell([1, 2, 3, 4, 5], 6).answered == 15
