"""Surveys as counts: shares with honest margins.

All formulas need only counts. The interval of a share is Wilson's (1927); the finite population correction enters as
the effective number n (N - 1) / (N - n).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, sqrt

from firstbell.kpi import Availability, Kpi
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.metrics.suppression import suppressed
from firstbell.policies import SuppressionPolicy
from firstbell.records import SurveyCounts

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution: two-sided 95 %."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A range within which a share lies with 95 % confidence."""

    low: float
    high: float


def effective_n(n: int, population: int | None) -> float:
    """How many answers of an endless population these are worth; infinite for a census, n where nobody knows N.

    >>> effective_n(80, 100)
    396.0
    """
    if population is None or population < n:
        return float(n)
    return inf if population == n else n * (population - 1) / (population - n)


def wilson(favourable: float, n: int, population: int | None = None) -> Interval:
    """The 95 % interval of a share; ValueError without an answer.

    `n` counts people, since one person's answers to many questions are no independent draws; `favourable` need not be
    whole, so that a share of answers can stand over the people who gave them.

    >>> found = wilson(45, 60)
    >>> f"{found.low:.4f} {found.high:.4f}"
    '0.6277 0.8422'
    """
    if n <= 0:
        raise ValueError("an interval needs at least one answer")
    share, size = favourable / n, effective_n(n, population)
    if size == inf:
        return Interval(share, share)
    middle = share + Z95**2 / (2 * size)
    half = Z95 * sqrt(share * (1 - share) / size + Z95**2 / (4 * size**2))
    scale = 1 + Z95**2 / size
    return Interval(max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale))


def margin_points(n: int, population: int | None = None, share: float = 0.5) -> float:
    """The 95 % margin of a share in percentage points, 0 for a census (which still is not free of bias).

    >>> round(margin_points(80, 100), 2)
    4.92
    """
    if n <= 0:
        raise ValueError("a margin needs at least one answer")
    return 100 * Z95 * sqrt(share * (1 - share) / effective_n(n, population))


def favourable(counts: Sequence[int]) -> int:
    """Answers in the two most favourable categories."""
    return sum(counts[-2:])


def newest_wave(rows: Sequence[SurveyCounts]) -> list[SurveyCounts]:
    """The rows of the wave that was fielded last, per survey and group.

    Pass the rows of every scope: a school that is hidden in the newest wave must not come back with an older one.
    """
    last: dict[tuple[str, str], tuple[date, str]] = {}
    for row in rows:
        key, wave = (row.survey_key, row.group), (row.fielded_on, row.wave)
        last[key] = max(last.get(key, wave), wave)
    return [row for row in rows if row.wave == last[row.survey_key, row.group][1]]


def newest_of(rows: Sequence[SurveyCounts], scope: str) -> list[SurveyCounts]:
    """A scope's rows of the newest wave of all; for the district its own, else its schools', survey by survey."""
    newest = newest_wave(rows)
    own = [row for row in newest if row.scope == scope]
    if scope != DISTRICT:
        return own
    told = {(row.survey_key, row.group) for row in own}
    return own + [row for row in newest if (row.survey_key, row.group) not in told]


def replies(rows: Sequence[SurveyCounts]) -> int:
    """How many people replied, those included who left a question out; the one count that is printed."""
    return _most(rows, lambda row: sum(row.counts) + row.no_answer)


def respondents(rows: Sequence[SurveyCounts]) -> int:
    """How many people at least answered a question: what a share may rest on."""
    return _most(rows, lambda row: sum(row.counts))


def _most(rows: Sequence[SurveyCounts], people: Callable[[SurveyCounts], int]) -> int:
    """Over questions the most, over scopes and groups the sum."""
    most: dict[tuple[str, str, str, str], int] = {}
    for row in rows:
        key = (row.survey_key, row.wave, row.group, row.scope)
        most[key] = max(most.get(key, 0), people(row))
    return sum(most.values())


def invited(rows: Sequence[SurveyCounts]) -> int | None:
    """How many people were asked; None when that is not known of any part."""
    asked: dict[tuple[str, str, str, str], int | None] = {}
    for row in rows:
        key = (row.survey_key, row.wave, row.group, row.scope)
        asked[key] = row.invited if asked.get(key) is None else asked[key]
    parts = list(asked.values())
    known = [part for part in parts if part is not None]
    return sum(known) if parts and len(known) == len(parts) else None


def favourable_share(rows: Sequence[SurveyCounts], frame: Frame, policy: SuppressionPolicy) -> Kpi:
    """Share of answers in the two most favourable categories; no-answers are `missing`, and not in the share.

    The counts are answers over all questions; `n` are the people who replied. Hidden where fewer people answered than
    the policy's minimum.
    """
    good = sum(favourable(row.counts) for row in rows)
    answers = sum(sum(row.counts) for row in rows)
    method = "answers in the two most favourable categories / answers; missing gave none"
    missing = sum(row.no_answer for row in rows)
    kpi = frame.ratio("favourable_share", good, answers, method, n=replies(rows), missing=missing)
    return suppressed(kpi, respondents(rows), policy)


def share_interval(share: Kpi, rows: Sequence[SurveyCounts]) -> Interval:
    """The interval of a favourable share, over the people who gave its answers; ValueError where it is not known."""
    if share.value is None:
        raise ValueError("an interval needs a share")
    people = respondents(rows)
    return wilson(share.value * people, people, invited(rows))


def response_rate(rows: Sequence[SurveyCounts], frame: Frame, policy: SuppressionPolicy) -> Kpi:
    """People who replied of those asked; not known where nobody knows whom it reached."""
    method = "people who replied / people asked"
    asked, people = invited(rows), replies(rows)
    if asked is None:
        return frame.not_known("response_rate", "ratio", method, "Nobody knows how many people were asked.")
    return suppressed(frame.ratio("response_rate", people, asked, method, n=people), respondents(rows), policy)


def worst_margin(rows: Sequence[SurveyCounts], frame: Frame, policy: SuppressionPolicy) -> Kpi:
    """The widest 95 % margin over the groups that may be shown, in points; silent and hidden groups are `missing`.

    A hidden group's margin would give away how few people it is.
    """
    groups = sorted({(row.survey_key, row.wave, row.group) for row in rows})
    margins, hidden = [], 0
    for group in groups:
        mine = [row for row in rows if (row.survey_key, row.wave, row.group) == group]
        people = respondents(mine)
        if people >= policy.small_group_minimum:
            margins.append(margin_points(people, invited(mine)))
        hidden += 0 < people < policy.small_group_minimum
    method = "largest 95 % margin of a share of one half over groups, with finite population correction"
    missing = len(groups) - len(margins)
    if not margins and hidden:
        reason = f"Fewer than {policy.small_group_minimum} people answered in every group."
        return frame.not_known("worst_margin", "points", method, reason, availability=Availability.SUPPRESSED)
    if not margins:
        return frame.not_known("worst_margin", "points", method, "No group has answered a survey.", missing=missing)
    return frame.measured("worst_margin", max(margins), "points", method, n=len(margins), missing=missing)
