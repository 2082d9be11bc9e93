"""How the text of a cell becomes a number, a date or a time: by stated rules, never by guessing.

Each function takes the cell's text and the file's `Reading`, and raises CellError saying what is wrong with the cell
but never what stands in it.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from firstbell.intervals import local_moment

BLANK = frozenset({"", "-", "\u2013", "\u2014", "n/a"})
"""Cells that say "not known". Never 0."""

_FORMULA = ("=", "+", "-", "@")
_CURRENCY = "$\u20ac\u00a3\u00a5"
_SPACES = "[\u0020\u00a0\u2009\u202f']"
_NUMBERS = {
    ".": re.compile(rf"-?(?:\d+|\d{{1,3}}(?:(?:,|{_SPACES})\d{{3}})+)(?:\.\d+)?", re.ASCII),
    ",": re.compile(rf"-?(?:\d+|\d{{1,3}}(?:(?:\.|{_SPACES})\d{{3}})+)(?:,\d+)?", re.ASCII),
}
_YEARS = range(1970, 2200)


class CellError(Exception):
    """What is wrong with a cell, as the end of a sentence that starts with its row and column."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file's cells are meant: the zone of times without an offset, the decimal mark, dates besides ISO."""

    zone: ZoneInfo
    decimal: str = "."
    date_formats: tuple[str, ...] = ()


def number(text: str, reading: Reading) -> float:
    """A plain number; thousands marks must stand in groups of three, a currency sign at either end is dropped.

    Brackets mean minus, as in ledgers. Percentages, exponents (a spreadsheet's sign that digits were lost), error
    words such as #REF! and formulas are refused.

    >>> number("(1,234.50)", Reading(ZoneInfo("UTC")))
    -1234.5
    """
    negative = text.startswith("(") and text.endswith(")")
    plain = (text[1:-1] if negative else text).strip()
    sign = "-" if plain.startswith("-") else ""
    plain = sign + plain.removeprefix("-").strip().strip(_CURRENCY).strip()
    if not _NUMBERS[reading.decimal].fullmatch(plain) or len(plain) > 30 or (negative and sign):
        raise CellError(_not_a_number(text))
    digits = re.sub(_SPACES, "", plain).replace("," if reading.decimal == "." else ".", "")
    value = float(digits.replace(",", "."))
    return -value if negative else value


def percentage(text: str, reading: Reading) -> float:
    """A number followed by %, as a share of one: `12.5 %` is 0.125."""
    if not text.endswith("%"):
        raise CellError("is not a percentage")
    return number(text[:-1].rstrip(), reading) / 100


def whole(text: str, reading: Reading) -> int:
    """A count: a number without a fraction, not below zero."""
    value = number(text, reading)
    if value < 0 or not value.is_integer():
        raise CellError("is not a count")
    return int(value)


def day(text: str, reading: Reading) -> date:
    """A calendar date; of an ISO time with an offset the date in the file's zone."""
    return moment(text, reading, midnight=True).astimezone(reading.zone).date()


def moment(text: str, reading: Reading, *, midnight: bool = False) -> datetime:
    """An instant in UTC. An offset is honoured; without one the file's zone holds.

    A date without a time of day is refused unless `midnight` allows it or `date_formats` names such a format.
    """
    found = _written(text, reading, midnight)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return local_moment(found.date(), found.time(), reading.zone)


def instants(text: str, reading: Reading) -> tuple[datetime, ...]:
    """All instants in UTC that a time may mean, in order: two where clocks repeat it, none where they skip it.

    >>> [f"{one:%H:%M}" for one in instants("2026-11-01 01:30", Reading(ZoneInfo("America/Chicago")))]
    ['06:30', '07:30']
    """
    found = _written(text, reading, midnight=False)
    if found.tzinfo is not None:
        return (found.astimezone(UTC),)
    first, second = (found.replace(tzinfo=reading.zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return (first,)
    return (first, second) if first < second else ()


def month(text: str, reading: Reading) -> tuple[date, date]:
    """The first and last day of a month: `2026-09`, or any date in it by `date_formats`."""
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text)
    first = date(int(match[1]), int(match[2]), 1) if match else day(text, reading).replace(day=1)
    _plausible(first)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _written(text: str, reading: Reading, midnight: bool) -> datetime:
    """The time as it stands in the cell, with its offset where it has one."""
    found = _iso(text, midnight) or _by_format(text, reading.date_formats)
    if found is None:
        raise CellError(_not_a_time(text, midnight))
    _plausible(found.date())
    return found


def _iso(text: str, midnight: bool) -> datetime | None:
    if not re.match(r"\d{4}-\d\d-\d\d([T ]\d|$)", text) or (len(text) == 10 and not midnight):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _by_format(text: str, formats: tuple[str, ...]) -> datetime | None:
    for pattern in formats:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is the file's, added by the caller
        except ValueError:
            continue
    return None


def _plausible(found: date) -> date:
    if found.year not in _YEARS:
        raise CellError("is a date outside the years 1970 to 2199")
    return found


def is_formula(text: str) -> bool:
    """True for what a spreadsheet may run: text that starts with = + - or @."""
    return text.startswith(_FORMULA)


def _not_a_number(text: str) -> str:
    if text.endswith("%"):
        return "is a percentage, not a number"
    if is_formula(text):
        return "is a formula, not a number"
    if text.startswith("#"):
        return "is a spreadsheet's error, not a number"
    return "is not a number"


def _not_a_time(text: str, midnight: bool) -> str:
    if is_formula(text):
        return "is a formula, not a date"
    if midnight:
        return "is not a date such as 2026-09-01, nor one of `date_formats`"
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return "is a date without a time of day"
    return "is not a time such as 2026-09-01 08:30, nor one of `date_formats`"
