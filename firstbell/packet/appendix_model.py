"""The appendix as plain data: every figure with what is needed to doubt it."""

from __future__ import annotations

from datetime import datetime

from firstbell.kpi import Light
from firstbell.packet.parts import Classed, Part, Public, Team, Technical
from firstbell.packet.pieces import Line, Row, Trend


class IndicatorRow(Classed):
    """One indicator in the appendix, with everything needed to doubt it."""

    code: Public[str] = ""
    title: Public[str] = ""
    light: Team[Light] = Light.NOT_KNOWN
    value: Team[str] = ""
    target: Team[str] = ""
    basis: Public[str] = ""
    numerator: Team[str] = ""
    denominator: Team[str] = ""
    missing: Team[str] = ""
    window: Team[str] = ""
    sources: Team[str] = ""
    as_of: Team[str] = ""
    method: Public[str] = ""
    trend: Team[Trend] = Trend.UNKNOWN
    priority: Team[float | None] = None


class Criterion(Classed):
    """One of the assessment's areas with its score and how much of it is covered."""

    title: Public[str] = ""
    score: Team[str] = ""
    coverage: Team[str] = ""
    indicators: Team[tuple[IndicatorRow, ...]] = ()


class SourceRow(Classed):
    """Where figures come from and how fresh it is. `error` is the sentence of a failed read: it may name machines."""

    title: Public[str] = ""
    read_at: Team[str] = ""
    state: Team[str] = ""
    error: Technical[str] = ""
    owner: Team[str] = ""
    feeds: Public[str] = ""


class Term(Part):
    word: Public[str] = ""
    meaning: Public[str] = ""


class Appendix(Part):
    """The needs assessment by its criteria, the method and the freshness: the second file."""

    criteria: Team[tuple[Criterion, ...]] = ()
    needs: Team[tuple[Row, ...]] = ()
    strengths: Team[tuple[Line, ...]] = ()
    not_collected: Team[tuple[Line, ...]] = ()
    sources: Team[tuple[SourceRow, ...]] = ()
    method: Public[tuple[Line, ...]] = ()
    never_used_for: Public[str] = ""
    glossary: Public[tuple[Term, ...]] = ()


class Figure(Classed):
    """A figure with its whole evidence, for the file beside the packet. Fields as in `firstbell.kpi.Kpi`."""

    key: Public[str] = ""
    title: Public[str] = ""
    value: Public[float | None] = None
    unit: Public[str] = ""
    numerator: Public[float | None] = None
    denominator: Public[float | None] = None
    n: Public[int] = 0
    missing: Public[float] = 0
    window_start: Public[datetime | None] = None
    window_end: Public[datetime | None] = None
    as_of: Public[datetime | None] = None
    sources: Public[tuple[str, ...]] = ()
    method: Public[str] = ""
    policy_hash: Public[str] = ""
    availability: Public[str] = ""
    reason: Public[str] = ""
    light: Public[Light | None] = None
