"""Reading the reference files: strict, every fault at once, each with its line; and which duties apply to whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstbell.assessment.instrument import Instrument, checked, load_instrument
from firstbell.catalog import (
    CATALOGS,
    CatalogError,
    Edition,
    Obligations,
    Roles,
    load_catalog,
    load_obligations,
    load_roles,
)
from firstbell.metrics.formulas import FORMULAS

INSTRUMENT = CATALOGS / "needs_instrument.yaml"
ROLES = {role.key for role in load_roles().roles}


def faults(path: Path, model: type[Instrument] | type[Roles] | type[Obligations]) -> list[str]:
    with pytest.raises(CatalogError) as caught:
        load_catalog(path, model)
    return str(caught.value).splitlines()


def altered(tmp_path: Path, source: Path, *changes: tuple[str, str]) -> Path:
    """A copy of a reference file with each old text replaced once."""
    text = source.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    copy = tmp_path / source.name
    copy.write_text(text, encoding="utf-8")
    return copy


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


def test_every_fault_is_told_with_its_line(tmp_path: Path) -> None:
    path = altered(
        tmp_path,
        INSTRUMENT,
        ("    weight: 5", "    wieght: 5"),
        ("    effort: 3", "    effort: 9"),
        ("divide: use", "divide: all"),
    )
    told = faults(path, Instrument)
    assert len(told) == 4
    assert any(f":{line_of(path, 'wieght')}: " in one and "no known field" in one for one in told)
    assert any(f":{line_of(path, 'effort: 9')}: " in one for one in told)
    assert any(f":{line_of(path, 'divide: all')}: " in one for one in told)
    assert any("weight is missing" in one and f":{line_of(path, 'id: TI-01')}: " in one for one in told)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("area: technology_integration", "area: security", "belongs to the area technology_integration"),
        ("    target: 0.87", "    target: 0.4", "do not fit its direction"),
        ("    levels: [district, school]", "    levels: [school]", "needs the level district"),
    ],
)
def test_an_indicator_that_contradicts_itself_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in faults(altered(tmp_path, INSTRUMENT, (old, new)), Instrument)[0]


def test_a_formula_that_does_not_exist_is_an_error_and_never_a_quiet_gap(tmp_path: Path) -> None:
    path = altered(
        tmp_path,
        INSTRUMENT,
        ("formula: weekly_active", "formula: weekly_actives"),
        ("owner_role: it_lead", "owner_role: wizard"),
        ("id: TI-03", "id: TI-02"),
    )
    with pytest.raises(CatalogError) as caught:
        checked(load_catalog(path, Instrument), path, FORMULAS, ROLES)
    told = str(caught.value).splitlines()
    assert [line.split(":")[1] for line in told] == [
        str(line_of(path, "weekly_actives")),
        str(line_of(path, "Lessons in which") - 2),
        str(line_of(path, "wizard")),
    ]


def test_broken_yaml_and_a_missing_file_are_told_in_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("title: [\n", encoding="utf-8")
    assert "broken.yaml" in faults(broken, Roles)[0]
    assert "not valid YAML" in faults(broken, Roles)[0]
    twice = tmp_path / "twice.yaml"
    twice.write_text("title: a\ntitle: b\n", encoding="utf-8")
    assert "twice.yaml:2" in faults(twice, Roles)[0]
    assert "cannot be read" in faults(tmp_path / "none.yaml", Roles)[0]


def test_a_role_of_an_unknown_group_or_section_is_told(tmp_path: Path) -> None:
    path = altered(
        tmp_path, CATALOGS / "roles.yaml", ("groups: [students]", "groups: [martians]"), ("[security]", "[castle]")
    )
    with pytest.raises(CatalogError) as caught:
        load_roles(path)
    assert {"martians" in str(caught.value), "castle" in str(caught.value)} == {True}


def test_a_role_sees_the_representative_edition_unless_said_otherwise() -> None:
    roles = load_roles()
    assert roles.role("teacher_representative").edition is Edition.REPRESENTATIVE
    assert roles.role("superintendent").edition is Edition.LEADERSHIP
    assert roles.role("it_lead").edition is Edition.TECHNICAL
    assert roles.owners("security") == ("data_security_specialist",)


def test_the_instrument_loads_with_its_proposals() -> None:
    instrument = load_instrument()
    assert set(instrument.default_targets) == set(instrument.by_id)
    in_force = {key for key, target in instrument.default_targets.items() if target.in_force}
    assert in_force == {"SA-03", "SA-08"}


def keys(state: str, population: int | None = None, **facts: bool) -> set[str]:
    return {duty.key for duty in load_obligations(state, population, facts)}


@pytest.mark.parametrize(
    ("population", "special", "expected"),
    [
        (49_999, False, {"ada_web_small"}),
        (50_000, False, {"ada_web_large"}),
        (50_000, True, {"ada_web_special_district"}),
        (49_999, True, {"ada_web_small"}),
        (None, False, {"ada_web_large", "ada_web_small"}),
    ],
)
def test_accessibility_dates_follow_the_population(population: int | None, special: bool, expected: set[str]) -> None:
    found = keys("OH", population, special_district_government=special)
    assert {key for key in found if key.startswith("ada_")} == expected


def test_a_states_duties_bind_there_and_nowhere_else() -> None:
    assert any(key.startswith("ny_") for key in keys("ny"))
    assert not any(key.startswith(("ny_", "il_", "tx_", "ca_")) for key in keys("OH"))


def test_an_open_question_is_answered_by_its_assumption_until_somebody_knows() -> None:
    assert "coppa_vendor_statement" in keys("OH")
    assert "coppa_vendor_statement" not in keys("OH", serves_under_13=False)
    assert "hipaa_billing" not in keys("OH")
    assert "hipaa_billing" in keys("OH", bills_medicaid_electronically=True)


@pytest.mark.parametrize(
    "clock",
    [
        "{kind: standing_state}",
        "{kind: one_off_deadline}",
        "{kind: annual_by_date}",
        "{kind: every_n_days}",
        "{kind: within_n_days_of_event, days: 3}",
        "{kind: within_n_days_of_event, event: x, days: 3, hours: 72}",
    ],
)
def test_a_clock_without_what_its_kind_needs_is_told(tmp_path: Path, clock: str) -> None:
    source = CATALOGS / "obligations" / "ny.yaml"
    path = altered(tmp_path, source, ("clock: {kind: standing_state, days: 365}", f"clock: {clock}"))
    assert "lacks its" in faults(path, Obligations)[0]
    assert f":{line_of(path, clock)}: " in faults(path, Obligations)[0]
