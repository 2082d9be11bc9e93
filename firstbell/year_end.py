"""The year-end page for the board: a school year's goals, with figures as the first and the last packet printed them.

Everything is read from packets as they were frozen and from the district folder as it stood then; nothing is counted
anew. What an edition may not see is cut before anything is compared.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Literal

from firstbell.assessment.instrument import load_instrument
from firstbell.assessment.targets import Better
from firstbell.calendar import SchoolYear
from firstbell.config.loaded import District
from firstbell.errors import FirstbellError
from firstbell.intervals import Window, local_day
from firstbell.kpi import Availability, Light
from firstbell.packet.audience import cut, in_language
from firstbell.packet.figures import SAME_WITHIN, amount_text, countable, of_time
from firstbell.packet.model import Audience, Figure, Packet, Trend
from firstbell.packet.wording import Wording
from firstbell.store.models import DistrictVersionRow
from firstbell.store.packets import packets_between
from firstbell.store.queries import district_version
from firstbell.workplace import Workplace

BoardEdition = Literal["leadership", "public"]
BOARD_EDITIONS: tuple[BoardEdition, ...] = ("leadership", "public")
TEAM_HEALTH = "GP-"
"""The indicators of the plan and the team itself, shown under no goal."""
OF_ANSWERS = "survey_favourable"
"""The formula of shares of answers over several questions: their counts are no people."""


class YearEndError(FirstbellError):
    """A year that cannot be told of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFigure:
    """One figure at both ends of the year, in words. `light` is the last packet's; `trend` None: not compared."""

    title: str
    first: str
    last: str
    trend: Trend | None
    light: Light | None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearGoal:
    """A goal with its objectives and the figures that show them; a title of "" holds what belongs to no goal."""

    title: str
    objectives: tuple[str, ...]
    figures: tuple[YearFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class YearArea:
    """One of the five lights at both ends of the year."""

    title: str
    first: Light
    last: Light


@dataclass(frozen=True, slots=True, kw_only=True)
class YearEnd:
    """All that the page says. `packet` is the last one, cut: its heading and paper are the page's own."""

    year: str
    edition: BoardEdition
    packet: Packet
    sentences: tuple[str, ...]
    goals: tuple[YearGoal, ...]
    areas: tuple[YearArea, ...]
    notes: tuple[str, ...]


def year_end(work: Workplace, team_key: str, year: str, edition: BoardEdition) -> YearEnd:
    """The page of one team, school year and edition. Raises YearEndError where there is nothing to tell of."""
    district = work.district
    found = school_year(district, year, work.clock().astimezone(district.zone).date())
    whole = Window(local_day(found.first_on, district.zone).start, local_day(found.last_on, district.zone).end)
    with work.store.read() as connection:
        rows = packets_between(connection, team_key, "final", whole)
        if not rows:
            team = district.team(team_key).name
            raise YearEndError(f"{team} has no packet of {found.name}; name another year with --year, or another team.")
        goals = _goals(district_version(connection, rows[-1].district_hash), team_key)
    language = district.about.packet.language_of(edition)
    first, last = (in_language(Packet.model_validate_json(row.snapshot), language) for row in (rows[0], rows[-1]))
    public = frozenset(district.plan.public_figures)
    return composed(found, edition, (first, last), len(rows), goals, public, district)


def school_year(district: District, name: str, today: date) -> SchoolYear:
    """The school year of that name; without one the last that has begun. Raises YearEndError naming those there are."""
    wanted = name or district.school_year_on(today)
    found = next((year for year in district.calendar.years if year.name == wanted), None)
    if found is None:
        known = ", ".join(year.name for year in district.calendar.years)
        raise YearEndError(f"The calendar has no school year {wanted}; it has {known}.")
    return found


def composed(
    year: SchoolYear,
    edition: BoardEdition,
    ends: tuple[Packet, Packet],
    packets: int,
    goals: Sequence[Mapping[str, Any]],
    public: frozenset[str],
    district: District,
) -> YearEnd:
    """The page from the year's first and last packet. `goals` as the folder had them with the last one."""
    words = Wording(district.zone, ends[1].heading.language)
    before, after = (_figures(packet, edition, public) for packet in ends)
    first, last = (cut(packet, edition) for packet in ends)
    told = [_goal(goal, before, after, words) for goal in goals]
    named = {key for goal in goals for key in _indicators(goal)}
    health = [key for key in after if key.startswith(TEAM_HEALTH) and key not in named]
    if health:
        told.append(
            YearGoal(title="", objectives=(), figures=tuple(_pair(key, before, after, words) for key in health))
        )
    shown = [key for key in after if key in named or key in health]
    return YearEnd(
        year=year.name,
        edition=edition,
        packet=last,
        sentences=tuple(_sentences(words, year, ends, packets, edition, bool(shown))),
        goals=tuple(told),
        areas=_areas(first, last, edition),
        notes=tuple(_notes(words, before, after, shown, district)),
    )


def _goals(folder: DistrictVersionRow | None, team_key: str) -> list[Mapping[str, Any]]:
    """The team's goals in a stored folder, as plain data: an older folder may have fields of its own."""
    plan = json.loads(folder.content).get("plan.yaml", {}) if folder else {}
    return [goal for goal in plan.get("goals", ()) if goal.get("team") == team_key]


def _indicators(goal: Mapping[str, Any]) -> list[str]:
    return [key for objective in goal.get("objectives", ()) for key in objective.get("indicators", ())]


def _figures(packet: Packet, edition: BoardEdition, public: frozenset[str]) -> dict[str, Figure]:
    """The figures that an edition may show, by key.

    In public only what the board named, never of security, and without a light: judging is the team's.
    """
    if edition == "public":
        allowed = (Audience.TEAM, Audience.PUBLIC)
        shown = (one for one in packet.figures if one.key in public and one.audience in allowed)
        return {one.key: one.model_copy(update={"light": None}) for one in shown}
    return {one.key: one for one in cut(packet, edition).figures}


def _goal(
    goal: Mapping[str, Any], before: Mapping[str, Figure], after: Mapping[str, Figure], words: Wording
) -> YearGoal:
    keys = dict.fromkeys(key for key in _indicators(goal) if key in after)
    return YearGoal(
        title=goal["title"],
        objectives=tuple(objective["title"] for objective in goal.get("objectives", ())),
        figures=tuple(_pair(key, before, after, words) for key in keys),
    )


def _pair(key: str, before: Mapping[str, Figure], after: Mapping[str, Figure], words: Wording) -> YearFigure:
    first, last = before.get(key), after[key]
    was = words.say("year_not_printed") if first is None else figure_text(first, words)
    now, trend = figure_text(last, words), _trend(key, first, last)
    if trend is not None and was == now:
        trend = Trend.SAME  # a step too small to print is none to a reader
    return YearFigure(title=last.title, first=was, last=now, trend=trend, light=last.light)


def figure_text(figure: Figure, words: Wording) -> str:
    """A printed figure in words: the count where one could count it, "not known" where it was not.

    A share of answers is no count of people, so it is told in percent with how many replied, as packets print it.
    """
    if figure.value is None:
        return words.say("not_shown" if figure.availability == Availability.SUPPRESSED else "not_known")
    if figure.key in _of_answers():
        return words.say("replied", share=amount_text(figure.value, figure.unit, words), n=figure.n)
    part, whole = figure.numerator, figure.denominator
    if figure.unit == "ratio" and part is not None and whole is not None and countable(part, whole):
        return words.share(part, whole)
    return amount_text(figure.value, figure.unit, words, exact=of_time(figure.method))


@cache
def _of_answers() -> frozenset[str]:
    """The indicators that are shares of answers; a packet keeps an indicator's key and not its formula."""
    return frozenset(one.id for one in load_instrument().indicators if one.formula == OF_ANSWERS)


def same_method(first: Figure, last: Figure) -> bool:
    """Whether two figures were counted alike: by the same method, under the same rules, in the same unit."""
    return (first.method, first.policy_hash, first.unit) == (last.method, last.policy_hash, last.unit)


def _trend(key: str, first: Figure | None, last: Figure) -> Trend | None:
    """Which way it went, where both ends are known and counted alike and one way is better."""
    if first is None or first.value is None or last.value is None or not same_method(first, last):
        return None
    indicator = load_instrument().by_id.get(key)
    if indicator is None or indicator.better not in (Better.UP, Better.DOWN):
        return None
    step = last.value - first.value if indicator.better is Better.UP else first.value - last.value
    if abs(step) <= SAME_WITHIN:
        return Trend.SAME
    return Trend.BETTER if step > 0 else Trend.WORSE


def _areas(first: Packet, last: Packet, edition: BoardEdition) -> tuple[YearArea, ...]:
    """The lights of both packets; none for the public, who sees no light."""
    if edition == "public":
        return ()
    before = {line.area: line.light for line in first.lights}
    return tuple(
        YearArea(title=line.area, first=before[line.area], last=line.light)
        for line in last.lights
        if line.area in before
    )


def _sentences(
    words: Wording,
    year: SchoolYear,
    ends: tuple[Packet, Packet],
    packets: int,
    edition: BoardEdition,
    figures: bool,
) -> Iterable[str]:
    first, last = ends
    assert first.as_of is not None and last.as_of is not None  # noqa: PT018  compose() always sets it
    team = last.heading.team
    if packets == 1:
        yield words.say("year_one_packet", team=team, year=year.name, day=words.full_date(last.as_of))
    else:
        days = {"first": words.full_date(first.as_of), "last": words.full_date(last.as_of)}
        yield words.say("year_packets", n=packets, team=team, year=year.name, **days)
    if edition == "public":
        yield words.say("year_public" if figures else "year_public_none")
    if figures:
        yield words.say("year_as_printed")
    if last.as_of.astimezone(words.zone).date() < year.last_on:
        yield words.say("year_last_day", day=words.full_date(year.last_on))


def _notes(
    words: Wording,
    before: Mapping[str, Figure],
    after: Mapping[str, Figure],
    shown: Sequence[str],
    district: District,
) -> Iterable[str]:
    """What a reader must know to read the page right: other methods, figures that came or went, what it is not for."""
    changed = [after[key].title for key in shown if key in before and not same_method(before[key], after[key])]
    if changed:
        yield words.say("year_other_method", titles=words.listed(changed))
    gone = [one.title for key, one in before.items() if key not in after]
    if gone:
        yield words.say("year_gone", titles=words.listed(gone))
    yield words.say("never_used_for", n=district.about.small_group_minimum)
