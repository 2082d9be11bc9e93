"""Monitors and links read into a real store twice, their secrets by reference: all of it once, then nothing new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import connectors
from firstbell.clock import require_aware
from firstbell.config.audited import Source
from firstbell.records import Measurement, Record, ServiceWindow
from firstbell.store.queries import facts_as_known, observation_intervals
from firstbell.workplace import Workplace
from tasks.collect import read_source
from tests.contract.suite import Case, Situation, load_case
from tests.unit.team_workplace import Watch, opened


@pytest.fixture
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    (tmp_path / "source").mkdir()
    made = load_case(request.param)(tmp_path / "source")
    made.serve(Situation.WHOLE)
    yield made
    made.close()


@pytest.fixture
def work(case: Case, tmp_path: Path) -> Iterator[Workplace]:
    (tmp_path / "place").mkdir()
    with opened(tmp_path / "place", Watch()) as place:
        for at, secret in enumerate(case.secrets):
            (place.district.folder / f"secret-{at}").write_text(secret)
        told = with_references(case.settings(), {one: f"file:secret-{at}" for at, one in enumerate(case.secrets)})
        for file in case.folder.rglob("*.csv"):
            target = place.district.folder / file.relative_to(case.folder)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(file.read_bytes())
        source = Source(key="under-test", kind=case.kind, title="Monitor", settings=told)
        settings = connectors.get(case.kind).Settings(**told)
        yield replace(
            place,
            clock=lambda: case.now,
            district=replace(place.district, sources=(source,), settings={"under-test": settings}),
        )


def with_references(told: Any, references: dict[str, str]) -> Any:
    if isinstance(told, dict):
        return {name: with_references(value, references) for name, value in told.items()}
    if isinstance(told, list):
        return [with_references(value, references) for value in told]
    return references.get(told, told) if isinstance(told, str) else told


def kept(work: Workplace) -> set[str]:
    with work.store.read() as connection:
        now = require_aware(work.clock(), "now")
        found: list[Record] = list(observation_intervals(connection, known_at=now))
        for kind in (ServiceWindow, Measurement):
            found += [record for _, record in facts_as_known(connection, kind, known_at=now)]
    return {one.entity_key for one in found}


@pytest.mark.parametrize("case", ["prometheus", "icinga2", "zabbix", "snmp_interfaces", "interface_csv"], indirect=True)
def test_what_is_read_is_kept_once(work: Workplace, case: Case) -> None:
    expected = {one.entity_key for one in case.expected(Situation.WHOLE)}
    first = read_source(work, "under-test")
    assert (first.problem, first.new) == ("", len(expected))
    assert kept(work) == expected
    again = read_source(work, "under-test")
    assert (again.problem, again.new, again.changed) == ("", 0, 0)
    assert kept(work) == expected
