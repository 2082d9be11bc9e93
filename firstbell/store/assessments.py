"""Results of the needs assessment, so that the next run knows what was printed before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from firstbell.store.models import AssessmentRow, IndicatorRow


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorResult:
    """What one indicator came to: its light as printed, its value, and everything else as plain data."""

    indicator: str
    scope: str
    light: str
    value: float | None
    result: Mapping[str, Any]


def save_assessment(
    connection: Connection,
    *,
    team_key: str,
    as_of: datetime,
    known_at: datetime,
    recorded_at: datetime,
    district_hash: str,
    results: Iterable[IndicatorResult],
) -> int:
    """Keep one run of the assessment; returns its id."""
    run_id: int = connection.execute(
        insert(AssessmentRow)
        .values(team_key=team_key, as_of=as_of, known_at=known_at, recorded_at=recorded_at, district_hash=district_hash)
        .returning(AssessmentRow.id)
    ).scalar_one()
    rows = [
        {
            "run_id": run_id,
            "indicator": one.indicator,
            "scope": one.scope,
            "light": one.light,
            "value": one.value,
            "result": dict(one.result),
        }
        for one in results
    ]
    if rows:
        connection.execute(insert(IndicatorRow), rows)
    return run_id


def previous_results(
    connection: Connection, team_key: str, *, before: datetime, known_at: datetime
) -> dict[tuple[str, str], IndicatorResult]:
    """The results of the newest run about a moment before `before`, as known at a moment, by indicator and scope.

    What hysteresis compares with; empty when there was no such run.
    """
    run_id = connection.scalar(
        select(AssessmentRow.id)
        .where(AssessmentRow.team_key == team_key, AssessmentRow.as_of < before, AssessmentRow.recorded_at <= known_at)
        .order_by(AssessmentRow.as_of.desc(), AssessmentRow.recorded_at.desc(), AssessmentRow.id.desc())
        .limit(1)
    )
    return {} if run_id is None else assessment_results(connection, run_id)


def assessment_results(connection: Connection, run_id: int) -> dict[tuple[str, str], IndicatorResult]:
    """All results of one run, by indicator and scope."""
    rows = connection.execute(select(IndicatorRow).where(IndicatorRow.run_id == run_id))
    return {
        (row.indicator, row.scope): IndicatorResult(
            indicator=row.indicator, scope=row.scope, light=row.light, value=row.value, result=row.result
        )
        for row in rows
    }
