"""The fixed words of the printed packet, one table a language in templates/packet/words/."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML

from firstbell.packet.wording import Wording, languages

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "packet"


class Words:
    """The labels of one language. A language without a table is answered in English."""

    def __init__(self, language: str) -> None:
        known = (TEMPLATES / "words" / f"{language}.yaml").is_file() and language in languages()
        self.language = language if known else "en"
        self.table = _table(self.language)
        self._wording = Wording(ZoneInfo("UTC"), self.language)

    def say(self, key: str, **values: Any) -> str:
        """The label of that key, filled in; `n` chooses between its `one` and `other` form."""
        form = self.table[key]
        if isinstance(form, dict):
            form = form["one"] if values.get("n") == 1 else form["other"]
        return str(form).format(**values)

    def whole(self, key: str, text: str) -> str:
        """A text that already ends its sentence as it stands; a fragment set into the label of that key.

        >>> Words("en").whole("facts_until", "Tue 24 Nov, 6 am")
        'Facts up to Tue 24 Nov, 6 am.'
        """
        return text if text.endswith((".", "!", "?")) else self.say(key, text=text)

    def day(self, day: date) -> str:
        """ "Fri 4 Dec"."""
        return self._wording.day(day)

    def listed(self, words: list[str]) -> str:
        """ "1, 2 and 3"."""
        return self._wording.listed(words)


@cache
def _table(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe").load((TEMPLATES / "words" / f"{language}.yaml").read_text("utf-8"))
    return loaded
