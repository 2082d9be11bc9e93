"""How the packet speaks: plain words, short sentences, counts before percentages.

Sentences stand in a table, catalogs/wording/<language>.yaml, and are filled with values that are already words. A
sentence that depends on a number has one form a plural class, chosen by the value named `n`. Another language is
another file: its sentences, its labels, and its `phrases`, which say what catalogues and metrics say in English.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from firstbell.kpi import Light

TOLERANCE = 1e-11
"""What sums of floating numbers may miss a whole percent by, as a ratio."""
_PLACE = re.compile(r"{(\w+)}")
_TABLES = Path(__file__).resolve().parents[2] / "catalogs" / "wording"


class Wording:
    """The words of one language, with times cut in the district's zone."""

    def __init__(self, zone: ZoneInfo, language: str = "en") -> None:
        self.zone = zone
        self.language = language
        self._table = table_of(language)
        self._sentences = {**table_of("en")["sentences"], **self._table["sentences"]}

    def say(self, key: str, **values: Any) -> str:
        """The sentence of that key, filled in. A number `n` chooses between its `one` and `other` form.

        A sentence that only English has is said in English; a test keeps that from leaving here. Raises KeyError for a
        key that it does not have either: a packet with a hole must not be printed.
        """
        return self._filled(self._sentences[key], values)

    def has(self, key: str) -> bool:
        """Whether there is a sentence of that key."""
        return key in self._sentences

    def quantity(self, value: float, unit: str, finer: int = 0) -> str:
        """A number with its unit in print, "2 work hours"; a unit without words of its own stands as it is."""
        return self._filled(self._table["units"].get(unit, f"{{n}} {unit}"), {"n": value}, finer)

    def _filled(self, form: Any, values: dict[str, Any], finer: int = 0) -> str:
        if isinstance(form, dict):
            form = form["one"] if values.get("n") == 1 else form["other"]
        shown = {
            name: self.number(value, finer) if isinstance(value, int | float) else value
            for name, value in values.items()
        }
        return str(form.format(**shown))

    def number(self, value: float, finer: int = 0) -> str:
        """A number with the language's separators and no more digits than it needs: two below 2, then one.

        `finer` digits more tell apart what would read alike.

        >>> Wording(ZoneInfo("UTC")).number(1890), Wording(ZoneInfo("UTC")).number(2.5)
        ('1,890', '2.5')
        """
        text = f"{value:,.{(2 if abs(value) < 2 else 1) + finer}f}"
        text = text.rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
        return text.translate(str.maketrans({",": self._table["thousands"], ".": self._table["decimal"]}))

    def percent(self, ratio: float) -> str:
        """A ratio as `whole_percent`; of less than one percent it says so.

        >>> [Wording(ZoneInfo("UTC")).percent(ratio) for ratio in (0.655, 0.9996, 0.004, 0)]
        ['66 %', '99 %', 'under 1 %', '0 %']
        """
        whole = whole_percent(ratio)
        return self.say("under_one_percent") if whole == 0 and ratio > TOLERANCE else f"{whole} %"

    def exact_percent(self, ratio: float, finer: int = 0) -> str:
        """A ratio as percent with two digits, or `finer` ones, cut and not rounded up: what availability needs."""
        cut = int(ratio * 10 ** (4 + finer) + 1e-9) / 10 ** (2 + finer)
        return f"{cut:.{2 + finer}f} %".replace(".", self._table["decimal"])

    def share(self, numerator: float, denominator: float) -> str:
        """ "449 of 468": the count and what it is a count of."""
        return self.say("share", part=numerator, whole=denominator)

    def money(self, amount: float, finer: int = 0) -> str:
        """Whole currency units, or `finer` digits of them."""
        return str(self._table["money"].format(amount=self.number(round(amount, finer), finer)))

    def day(self, when: date | datetime) -> str:
        """ "Tue 24 Nov"; instants are cut in the district's zone."""
        local = self._local(when)
        weekday, month = self._table["weekdays"][local.weekday()], self._table["months"][local.month - 1]
        return str(self._table["day"].format(weekday=weekday, day=local.day, month=month))

    def full_date(self, when: date | datetime) -> str:
        """ "24 Nov 2026": a day that may be far away."""
        local = self._local(when)
        return str(
            self._table["date"].format(day=local.day, month=self._table["months"][local.month - 1], year=local.year)
        )

    def clock(self, when: datetime | time) -> str:
        """ "6 am" or "8:10 am"."""
        local = when.astimezone(self.zone).time() if isinstance(when, datetime) else when
        suffix = self._table["am"] if local.hour < 12 else self._table["pm"]
        minutes = f":{local.minute:02d}" if local.minute else ""
        return f"{(local.hour + 11) % 12 + 1}{minutes} {suffix}"

    def moment(self, when: datetime) -> str:
        """ "Tue 24 Nov, 6 am"."""
        return f"{self.day(when)}, {self.clock(when)}"

    def duration(self, seconds: float) -> str:
        """Minutes below two hours, then hours, whole days as days; a stretch shorter than a minute says so.

        >>> [Wording(ZoneInfo("UTC")).duration(s) for s in (20, 3240, 9000, 86_400, 200_000)]
        ['under 1 min', '54 min', '2 h 30 min', '1 day', '2 days']
        """
        minutes = round(seconds / 60)
        if minutes < 1 and seconds > 0:
            return self.say("under_a_minute")
        if minutes < 120:
            return self.say("minutes", n=minutes)
        if minutes < 48 * 60 and minutes % (24 * 60):
            hours, rest = divmod(minutes, 60)
            return self.say("hours_and_minutes", hours=hours, minutes=rest) if rest else self.say("hours", n=hours)
        return self.say("days", n=timedelta(minutes=minutes).days)

    def exact_duration(self, seconds: float, finer: int) -> str:
        """Minutes below two hours, then hours, with their decimals: "30.4 min"."""
        key, unit = ("minutes", 60) if seconds < 2 * 3600 else ("hours", 3600)
        return self._filled(self._sentences[key], {"n": seconds / unit}, finer)

    def sentence(self, text: str) -> str:
        """The text as one sentence: with a capital and a full stop, where it has none."""
        return self.closed(f"{text[:1].upper()}{text[1:]}")

    def closed(self, text: str) -> str:
        """The text with the full stop that it lacks."""
        return text if not text or text.endswith((".", "!", "?")) else f"{text}."

    def listed(self, words: Iterable[str]) -> str:
        """ "a, b and c"."""
        *first, last = list(words) or [""]
        softer = (word for start, word in self._table["and_before"].items() if re.match(start, last, re.IGNORECASE))
        return f"{', '.join(first)} {next(softer, self._table['and'])} {last}" if first else last

    def phrase(self, text: str) -> str:
        """A catalogue's or a metric's English text in this language; as it is where people wrote it.

        What a phrase holds in a place, such as another phrase, is said in this language too.
        """
        exact, patterns = _phrases(self.language)
        if text in exact:
            return exact[text]
        for pattern, form in patterns:
            if found := pattern.fullmatch(text):
                return form.format(**{name: self.phrase(value) for name, value in found.groupdict().items()})
        return text

    def light(self, light: Light) -> str:
        """A light's word.

        >>> Wording(ZoneInfo("UTC")).light(Light.NO_TARGET)
        'NO TARGET YET'
        """
        return str(table_of(self.language)["labels"]["light_words"][light.name.lower()])

    def _local(self, when: date | datetime) -> date:
        return when.astimezone(self.zone).date() if isinstance(when, datetime) else when


def whole_percent(ratio: float) -> int:
    """A ratio in whole percent: rounded half up, but never to what is not so: 100 means all, 0 means none.

    Less than one percent is 0, which `Wording.percent` says in words; a little over 100 % is 101.

    >>> [whole_percent(ratio) for ratio in (0.995, 0.99, 0.285, 0.005, 1.001)]
    [99, 99, 29, 0, 101]
    """
    share = 100 * ratio
    if abs(share - round(share)) < 100 * TOLERANCE:
        return round(share)
    if 100 < share < 101:
        return 101
    near_an_end = abs(share) < 1 or 99 < share < 100
    return math.floor(share) if near_an_end else math.floor(share + 0.5 + TOLERANCE)


def languages() -> tuple[str, ...]:
    """The languages there is a table for."""
    return tuple(sorted(path.stem for path in _TABLES.glob("*.yaml")))


@cache
def table_of(language: str) -> dict[str, Any]:
    """All words of a language, as its file holds them. Raises FileNotFoundError for a language without one."""
    loaded: dict[str, Any] = YAML(typ="safe").load((_TABLES / f"{language}.yaml").read_text(encoding="utf-8"))
    return loaded


@cache
def _phrases(language: str) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """The phrases without places, and those with places as patterns, the closest first."""
    phrases: dict[str, str] = table_of(language).get("phrases", {})
    exact = {said: form for said, form in phrases.items() if not _PLACE.search(said)}
    open_ones = sorted((said for said in phrases if said not in exact), key=_literal, reverse=True)
    return exact, [(re.compile(_pattern(said)), phrases[said]) for said in open_ones]


def _literal(said: str) -> int:
    """How many characters of a phrase are its own: the more, the closer it fits."""
    return len(_PLACE.sub("", said))


def _pattern(said: str) -> str:
    """ "at least {days} days" as a regular expression with a group for each place."""
    texts, names = _PLACE.split(said)[::2], _PLACE.findall(said)
    return "".join(f"{re.escape(text)}(?P<{name}>.+?)" for text, name in zip(texts, names, strict=False)) + re.escape(
        texts[-1]
    )
