"""The whole assessment over measured facts: lights, needs, areas, schools, memory and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.assessment.assess import assess, judged
from firstbell.assessment.instrument import Area, Instrument
from firstbell.assessment.result import Assessment, IndicatorResult
from firstbell.assessment.scoring import Moscow
from firstbell.assessment.targets import Target, targets_for
from firstbell.calendar import SchoolCalendar, SchoolYear
from firstbell.intervals import Window
from firstbell.kpi import Availability, Light
from firstbell.metrics.facts import Facts, SourceFacts
from firstbell.records import Measurement

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
ADOPTED = date(2026, 10, 1)
CALENDAR = SchoolCalendar(
    zone=ZoneInfo("America/Chicago"),
    years=(SchoolYear(name="2026-27", first_on=date(2026, 9, 1), last_on=date(2027, 6, 10)),),
)


def row(measure: str, numerator: float, denominator: float | None, scope: str = "district", **more: Any) -> Measurement:
    return Measurement(
        measure_key=measure,
        scope=scope,
        period_start_on=date(2026, 11, 1),
        period_end_on=date(2026, 11, 15),
        numerator=numerator,
        denominator=denominator,
        as_of=AS_OF - timedelta(days=1),
        **more,
    )


def facts(*rows: Measurement, schools: tuple[str, ...] = ()) -> Facts:
    source = SourceFacts(
        source_key="counts", feeds=frozenset({Measurement}), known_until=AS_OF - timedelta(hours=1), records=rows
    )
    return Facts(
        window=Window(AS_OF - timedelta(days=30), AS_OF),
        as_of=AS_OF,
        calendar=CALENDAR,
        sources=(source,),
        schools=schools,
    )


def entry(key: str, area: Area, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "version": 1,
        "title": key,
        "how": "counted",
        "area": area,
        "core": True,
        "unit": "ratio",
        "formula": "measure_ratio",
        "params": {"measure": key.lower().replace("-", "_")},
        "better": "up",
        "target": 0.9,
        "floor": 0.0,
        "basis": "local",
        "basis_text": "for the team to confirm",
        "weight": 4,
        "owner_role": "team_leader",
        "standard_refs": [{"framework": "sample", "edition": "1", "code": "1"}],
        "divide": "none",
        "cadence": "weekly",
        "levels": ["district"],
        "staleness_days": 30,
        "urgency": 3,
        "impact": 4,
        "effort": 2,
        "feeds": ["measure:sample"],
        "fed_by": ["measures_csv"],
        **more,
    }


def instrument(*entries: Mapping[str, Any]) -> Instrument:
    about = {"title": "t", "source": ["s"], "version": "7", "retrieved": "2026-11-21", "licence": "own"}
    return Instrument.model_validate({**about, "indicators": list(entries)})


TWO = instrument(entry("TI-01", Area.TECHNOLOGY_INTEGRATION), entry("TI-02", Area.TECHNOLOGY_INTEGRATION, weight=2))


def adopted(of: Instrument, **more: Any) -> dict[str, Target]:
    changes = {indicator.id: {"adopted_on": ADOPTED, **more} for indicator in of.indicators}
    return targets_for(of.default_targets, changes, "tlt")


def area(assessment: Assessment, wanted: Area) -> Any:
    return next(one for one in assessment.areas if one.area is wanted)


def test_a_measured_indicator_is_judged_scored_and_ranked() -> None:
    found = assess(facts(row("ti_01", 71, 100), row("ti_02", 95, 100)), TWO, adopted(TWO))
    first = found.result("TI-01")
    assert first.kpi.value == 0.71
    assert first.attainment == pytest.approx(0.789, abs=5e-4)
    assert first.light is Light.MISSED
    assert [need.indicator for need in found.needs] == ["TI-01"]
    assert [strength.indicator for strength in found.strengths] == ["TI-02"]
    assert area(found, Area.TECHNOLOGY_INTEGRATION).score == pytest.approx(100 * (4 * 0.78889 + 2) / 6, abs=0.01)


def test_without_an_adopted_target_there_is_a_figure_and_no_verdict() -> None:
    found = assess(facts(row("ti_01", 71, 100), row("ti_02", 20, 100)), TWO, TWO.default_targets)
    result = found.result("TI-01")
    assert result.kpi.value == 0.71
    assert result.light is Light.NO_TARGET
    assert (result.attainment, result.need, result.priority, result.moscow) == (None, None, None, None)
    assert found.needs == ()
    assert [waiting.indicator for waiting in found.awaiting_targets] == ["TI-01", "TI-02"]
    assert area(found, Area.TECHNOLOGY_INTEGRATION).light is Light.NO_TARGET


def test_law_is_judged_without_adoption_and_is_a_must() -> None:
    duties = instrument(entry("SA-08", Area.SECURITY, target=1.0, basis="law", needs_adoption=False))
    result = assess(facts(row("sa_08", 19, 20)), duties, {}).result("SA-08")
    assert result.light is Light.MET
    assert result.moscow is Moscow.MUST
    assert result.urgency == 5


def test_nothing_collected_is_not_known_with_a_reason_and_never_a_need() -> None:
    found = assess(facts(), TWO, adopted(TWO))
    assert {result.light for result in found.results} == {Light.NOT_KNOWN}
    assert all(result.kpi.reason for result in found.unknown)
    assert found.needs == found.strengths == found.awaiting_targets == ()
    whole = area(found, Area.TECHNOLOGY_INTEGRATION)
    assert (whole.light, whole.score, whole.coverage) == (Light.NOT_KNOWN, None, 0.0)


def test_adding_an_indicator_that_nobody_feeds_lowers_coverage_and_no_score() -> None:
    wider = instrument(
        *(entry(f"TI-0{n}", Area.TECHNOLOGY_INTEGRATION, weight=4) for n in (1, 2)),
        entry("TI-03", Area.TECHNOLOGY_INTEGRATION, weight=1),
    )
    narrow = instrument(*(entry(f"TI-0{n}", Area.TECHNOLOGY_INTEGRATION, weight=4) for n in (1, 2)))
    known = facts(row("ti_01", 71, 100), row("ti_02", 50, 100))
    before = area(assess(known, narrow, adopted(narrow)), Area.TECHNOLOGY_INTEGRATION)
    after = area(assess(known, wider, adopted(wider)), Area.TECHNOLOGY_INTEGRATION)
    assert after.score == before.score
    assert (after.coverage, before.coverage) == (pytest.approx(8 / 9), 1.0)


def test_a_must_measure_caps_its_area_and_is_named_beside_it() -> None:
    capped = instrument(
        entry("SA-03", Area.SECURITY, weight=1, must_measure=True, target=1.0, floor=0.8, needs_adoption=False),
        entry("SA-01", Area.SECURITY, weight=5),
    )
    found = assess(facts(row("sa_03", 7, 8), row("sa_01", 95, 100)), capped, adopted(capped))
    whole = area(found, Area.SECURITY)
    assert found.result("SA-03").light is Light.MISSED
    assert whole.score is not None
    assert whole.score > 85
    assert (whole.light, whole.worst_must) == (Light.MISSED, "SA-03")


def test_a_failed_backup_shows_before_any_target_is_adopted() -> None:
    first_night = instrument(
        entry("SA-03", Area.SECURITY, weight=1, must_measure=True, target=1.0, floor=0.8, needs_adoption=False),
        entry("SA-01", Area.SECURITY, weight=5),
    )
    found = assess(facts(row("sa_03", 7, 8), row("sa_01", 95, 100)), first_night, {})
    assert area(found, Area.SECURITY).light is Light.MISSED


def test_lights_and_worsening_remember_what_was_printed() -> None:
    targets = adopted(TWO)
    values = [0.9, 0.84, 0.83]
    courses: list[IndicatorResult] = []
    previous: Mapping[str, IndicatorResult] | None = None
    for value in values:
        found = assess(facts(row("ti_01", 100 * value, 100)), TWO, targets, previous)
        courses.append(found.result("TI-01"))
        previous = found.by_key
    assert [result.light for result in courses] == [Light.MET, Light.CLOSE, Light.CLOSE]
    assert [result.worse_for for result in courses] == [0, 1, 2]
    assert [result.urgency for result in courses] == [3, 3, 4]


def test_a_light_that_waits_for_two_points_says_that_it_is_held() -> None:
    previous: Mapping[str, IndicatorResult] | None = None
    seen = []
    for value in (0.84, 0.86, 0.88, 0.855, 0.85):
        found = assess(facts(row("ti_01", 100 * value, 100)), TWO, adopted(TWO), previous)
        seen.append((found.result("TI-01").light, found.result("TI-01").held))
        previous = found.by_key
    assert seen == [
        (Light.CLOSE, False),
        (Light.CLOSE, True),
        (Light.MET, False),
        (Light.MET, False),
        (Light.CLOSE, False),
    ]


def test_a_new_target_starts_without_memory() -> None:
    before = assess(facts(row("ti_01", 90, 100)), TWO, adopted(TWO)).by_key
    stricter = adopted(TWO, target=0.96)
    result = assess(facts(row("ti_01", 90, 100)), TWO, stricter, before).result("TI-01")
    assert (result.light, result.worse_for) == (Light.CLOSE, 0)


def test_area_lights_remember_too() -> None:
    known = facts(row("ti_01", 86, 100), row("ti_02", 86, 100))
    found = [
        area(assess(known, TWO, adopted(TWO), previous_areas=remembered), Area.TECHNOLOGY_INTEGRATION)
        for remembered in (None, {Area.TECHNOLOGY_INTEGRATION: Light.CLOSE})
    ]
    assert [(one.light, one.held) for one in found] == [(Light.MET, False), (Light.CLOSE, True)]


def test_a_deadline_makes_a_need_press() -> None:
    targets = adopted(TWO, due_on=date(2027, 1, 15))
    assert assess(facts(row("ti_01", 50, 100)), TWO, targets).result("TI-01").urgency == 4


def test_a_yearly_goal_is_held_against_the_part_that_came_due() -> None:
    training = instrument(
        entry(
            "TI-05",
            Area.TECHNOLOGY_INTEGRATION,
            formula="measure_latest",
            target=8,
            pro_rated=True,
        )
    )
    found = assess(facts(row("ti_05", 1.7, None)), training, adopted(training)).result("TI-05")
    elapsed = ((date(2026, 11, 20) - date(2026, 9, 1)).days + 1) / ((date(2027, 6, 10) - date(2026, 9, 1)).days + 1)
    assert found.attainment == pytest.approx(1.7 / elapsed / 8)
    assert found.kpi.value == 1.7
    assert found.due is not None
    assert (found.due.share, found.due.whole_on) == (pytest.approx(elapsed), date(2027, 6, 10))
    assert IndicatorResult.from_plain(found.to_plain()) == found


PER_SCHOOL = instrument(entry("TI-01", Area.TECHNOLOGY_INTEGRATION, levels=["district", "school"]))


def school_rows(people: Mapping[str, int]) -> Iterable[Measurement]:
    return (row("ti_01", count // 2, count, f"school:{key}", people=count) for key, count in people.items())


def test_schools_are_judged_where_something_feeds_them() -> None:
    known = facts(*school_rows({"oak": 40, "elm": 60}), schools=("oak", "elm", "ash"))
    found = assess(known, PER_SCHOOL, adopted(PER_SCHOOL))
    assert [result.scope for result in found.results] == ["district", "school:oak", "school:elm"]
    assert found.result("TI-01", "school:elm").kpi.denominator == 60
    assert [need.scope for need in found.needs] == ["district"]


def test_small_schools_are_hidden_and_cannot_be_worked_out() -> None:
    known = facts(*school_rows({"oak": 40, "elm": 60, "ash": 6}), schools=("oak", "elm", "ash"))
    found = assess(known, PER_SCHOOL, adopted(PER_SCHOOL))
    hidden = {result.scope for result in found.results if result.kpi.availability is Availability.SUPPRESSED}
    assert hidden == {"school:ash", "school:oak"}
    assert all(
        (result.kpi.value, result.kpi.numerator, result.kpi.denominator, result.attainment) == (None,) * 4
        for result in found.results
        if result.scope in hidden
    )


def test_json_and_back_is_the_same_assessment() -> None:
    known = facts(*school_rows({"oak": 40, "ash": 6}), schools=("oak", "ash"))
    found = assess(known, PER_SCHOOL, adopted(PER_SCHOOL))
    assert Assessment.from_json(found.to_json()) == found
    assert [IndicatorResult.from_json(result.to_json()) for result in found.results] == list(found.results)


def test_a_band_survives_json() -> None:
    bands = instrument(entry("BR-05", Area.BUDGET, better="band", target=[0.3, 0.4], floor=[0.1, 0.6]))
    found = assess(facts(row("br_05", 35, 100)), bands, adopted(bands))
    assert found.result("BR-05").attainment == 1.0
    assert Assessment.from_json(found.to_json()) == found


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_figure_is_never_a_greater_need(one: float, other: float) -> None:
    indicator = TWO.by_id["TI-01"]
    target = adopted(TWO)["TI-01"]
    kpi = assess(facts(row("ti_01", 1, 2)), TWO, {}).result("TI-01").kpi
    low, high = sorted((one, other))
    worse, better = (
        judged(indicator, target, replace(kpi, value=value), None, today=date(2026, 11, 20)) for value in (low, high)
    )
    assert (worse.priority or 0) >= (better.priority or 0)
    assert (worse.need or 0) >= (better.need or 0)
