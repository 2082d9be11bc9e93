"""The reference catalogues hold together: every name in them leads somewhere, every file says where it comes from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from firstbell import records
from firstbell.assessment.instrument import AREA_TITLES, Area, Indicator, load_instrument
from firstbell.assessment.targets import Basis
from firstbell.catalog import (
    CATALOGS,
    CatalogFile,
    Controls,
    Obligations,
    load_catalog,
    load_controls,
    load_obligations,
    load_roles,
    read_obligations,
)
from firstbell.metrics.formulas import FORMULAS

FILES = sorted(path for path in CATALOGS.rglob("*.yaml") if "wording" not in path.parts)
"""The reference data; wording/ holds the packet's own sentences and comes from nowhere else."""
INDICATORS = load_instrument().indicators
TEAM_LISTS = {"leaders", "hours", "meetings", "stakeholders", "evidence"}
"""The lists of the district folder that an indicator may read (firstbell/metrics/facts.py, TeamFacts)."""


class About(CatalogFile, extra="ignore"):
    """A file's head alone."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(CATALOGS).as_posix())
def test_every_file_says_where_it_comes_from(path: Path) -> None:
    about = load_catalog(path, About)
    assert about.source
    assert about.version
    assert about.licence
    assert about.retrieved.year >= 2026


def test_the_instrument_is_whole() -> None:
    by_area = {area: [one.id for one in INDICATORS if one.area is area] for area in Area}
    expected = {"TI": 8, "IP": 12, "SA": 10, "SF": 6, "BR": 7, "GP": 5}
    for (prefix, count), ids in zip(expected.items(), by_area.values(), strict=True):
        assert ids == [f"{prefix}-{number:02}" for number in range(1, count + 1)]
    assert set(AREA_TITLES) == set(Area)


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda indicator: indicator.id)
def test_every_name_of_an_indicator_leads_somewhere(indicator: Indicator) -> None:
    assert indicator.formula in FORMULAS
    assert indicator.owner_role in {role.key for role in load_roles().roles}
    for feed in indicator.feeds:
        kind, _, name = feed.rpartition(":")
        if kind == "measure":
            assert name in indicator.params.values()
        elif kind == "survey":
            assert indicator.params["group"] == name
        elif kind == "team":
            assert name in TEAM_LISTS
        else:
            assert issubclass(getattr(records, name), records.Record)


def test_every_measure_that_a_formula_reads_is_told_in_feeds() -> None:
    for indicator in INDICATORS:
        read = {indicator.params[name] for name in ("measure", "per", "comparison") if name in indicator.params}
        assert {f"measure:{name}" for name in read} <= set(indicator.feeds), indicator.id


def test_most_indicators_can_be_fed_without_a_hand_made_count() -> None:
    """At least eighteen come from a tracker, probes, backups, attestations, surveys, rosters or the plan."""
    assert len(INDICATORS) >= 46
    by_connector = [one.id for one in INDICATORS if set(one.fed_by) - {"measures_csv"}]
    assert len(by_connector) >= 18


def test_only_law_and_failed_backups_are_judged_without_adoption() -> None:
    excepted = {one.id for one in INDICATORS if not one.needs_adoption}
    assert excepted == {one.id for one in INDICATORS if one.basis is Basis.LAW} | {"SA-03"}


def test_every_area_has_a_must_measure_that_counts() -> None:
    musts = {one.area for one in INDICATORS if one.must_measure and one.weight > 0}
    assert musts == set(Area)


def test_titles_are_in_plain_words() -> None:
    for indicator in INDICATORS:
        assert not re.search(r"\b(KPI|MFA|KEV|RPO|MDM|WAN|SLA|p90)\b", f"{indicator.title} {indicator.how}"), (
            indicator.id
        )
        assert len(indicator.title) <= 60


def test_the_roles_hold_the_teams_of_both_sources() -> None:
    roles = load_roles()
    assert len(roles.groups) == 6
    assert [verb.key for verb in roles.verbs] == ["plan", "develop", "communicate", "implement", "evaluate"]
    assert {group.key for group in roles.groups} == {group for role in roles.roles for group in role.groups}
    assert {section for role in roles.roles for section in role.sections} == set(roles.sections)
    assert {area.value for area in Area} <= set(roles.sections)


@pytest.mark.parametrize("path", sorted((CATALOGS / "controls").glob("*.yaml")), ids=lambda path: path.stem)
def test_controls_lead_to_indicators_and_owners(path: Path) -> None:
    catalog: Controls = load_controls(path.stem)
    roles = {role.key for role in load_roles().roles}
    known = load_instrument().by_id
    assert catalog.framework == path.stem
    for control in catalog.controls:
        assert control.owner_role in roles
        assert set(control.indicators) <= set(known)


def test_control_codes_of_the_instrument_exist() -> None:
    codes = {control.code for control in load_controls("k12_first_six").controls}
    asked = {ref.code for one in INDICATORS for ref in one.standard_refs if ref.framework == "k12_first_six"}
    assert asked <= codes


@pytest.mark.parametrize("path", sorted((CATALOGS / "obligations").glob("*.yaml")), ids=lambda path: path.stem)
def test_obligations_belong_to_their_file_and_to_a_role(path: Path) -> None:
    catalog: Obligations = read_obligations(path)
    roles = {role.key for role in load_roles().roles}
    state = None if path.stem == "federal" else path.stem.upper()
    for duty in catalog.obligations:
        assert duty.applies_if.state == state
        assert duty.verify_with_counsel == (state is not None)
        assert duty.owner_role in roles


def test_no_obligation_stands_twice() -> None:
    every = [
        duty.key for path in (CATALOGS / "obligations").glob("*.yaml") for duty in read_obligations(path).obligations
    ]
    assert len(every) == len(set(every))
    assert {duty.law for duty in load_obligations("NY")} >= {"FERPA", "CIPA", "COPPA", "PPRA", "IDEA", "ADA Title II"}
