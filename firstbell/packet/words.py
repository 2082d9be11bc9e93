"""The fixed words of the printed packet: the labels of a language's table in catalogs/wording/."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from firstbell.kpi import Light
from firstbell.packet.wording import Wording, languages, table_of

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "packet"


class Words:
    """The labels of one language. A language without a table is answered in English."""

    def __init__(self, language: str) -> None:
        self.language = language if language in languages() else "en"
        self.table: dict[str, Any] = {**table_of("en")["labels"], **table_of(self.language)["labels"]}
        self._wording = Wording(ZoneInfo("UTC"), self.language)

    def say(self, key: str, **values: Any) -> str:
        """The label of that key, filled in; the count `n` chooses between its `one` and `other` form."""
        form = self.table[key]
        if isinstance(form, dict):
            form = form["one"] if values.get("n") == 1 else form["other"]
        if isinstance(n := values.get("n"), int):
            values["n"] = f"{n:,}"
        return str(form).format(**values)

    def whole(self, key: str, text: str) -> str:
        """A text that already ends its sentence as it stands; a fragment set into the label of that key.

        >>> Words("en").whole("facts_until", "Tue 24 Nov, 6 am")
        'Facts up to Tue 24 Nov, 6 am.'
        """
        return text if text.endswith((".", "!", "?")) else self.say(key, text=text)

    def light(self, light: Light) -> str:
        """A light's word."""
        return self._wording.light(light)

    def day(self, day: date) -> str:
        """ "Fri 4 Dec"."""
        return self._wording.day(day)

    def listed(self, words: list[str]) -> str:
        """ "1, 2 and 3"."""
        return self._wording.listed(words)
