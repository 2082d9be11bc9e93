"""Every language says all that English says: sentences, labels, and what catalogues and metrics say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest

from firstbell.assessment.instrument import AREA_TITLES, load_instrument
from firstbell.catalog import load_roles
from firstbell.config._section import Language
from firstbell.kpi import Light
from firstbell.packet.glyphs import Glyphs
from firstbell.packet.wording import Wording, languages, table_of
from firstbell.packet.words import Words

ROOT = Path(__file__).resolve().parents[2]
OTHERS = [language for language in languages() if language != "en"]
SAME = {"am", "pm", "sentences.minutes", "sentences.hours_and_minutes", "units.Mbps per student"}
"""What another language may say with the very words of English."""
NOT_TRANSLATED = {"language", "phrases", "and_before"}
UNITS_AND_NAMES = {"hours per teacher", "of 10", "per {per}", "per {times} devices", "business hours"}
"""Texts of metrics that are units, which have their own words, or labels that nobody prints."""
Spoken = tuple[str, ...]

pytestmark = pytest.mark.parametrize("language", OTHERS)


def flat(table: dict[str, Any], above: Spoken = ()) -> Iterator[tuple[Spoken, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and key not in NOT_TRANSLATED:
            yield from flat(value, (*above, key))
        elif key not in NOT_TRANSLATED:
            yield (*above, key), value


def said(language: str) -> dict[Spoken, Any]:
    return dict(flat(table_of(language)))


def places(form: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(form) if name}


def test_it_has_the_keys_and_plural_forms_of_english(language: str) -> None:
    assert said(language).keys() == said("en").keys()


def test_each_text_has_the_places_of_its_english_text(language: str) -> None:
    found = said(language)
    wrong = {
        key
        for key, form in said("en").items()
        if (isinstance(form, str) and places(found.get(key, form)) != places(form))
        or (isinstance(form, list) and len(found[key]) != len(form))
    }
    assert wrong == set()


def test_no_english_is_left(language: str) -> None:
    found = said(language)
    same = {
        ".".join(key)
        for key, form in said("en").items()
        if isinstance(form, str) and found.get(key) == form and re.search("[a-z]{2}", re.sub(r"{\w+}", "", form))
    }
    assert same <= SAME


def test_it_can_be_chosen_in_the_district_folder(language: str) -> None:
    assert set(get_args(Language)) == set(languages())


def test_every_character_of_it_can_be_printed(language: str) -> None:
    glyphs = Glyphs()
    for text in [*map(str, said(language).values()), *table_of(language)["phrases"].values()]:
        glyphs.printable(text)
    assert glyphs.replaced == 0


def test_it_says_all_that_the_catalogues_say(language: str) -> None:
    instrument = load_instrument().indicators
    texts = [
        *AREA_TITLES.values(),
        *(role.title for role in load_roles().roles),
        *(one.title for one in instrument),
        *(one.basis_text for one in instrument),
    ]
    phrases = table_of(language)["phrases"]
    assert [text for text in texts if text not in phrases] == []


def test_it_says_all_that_metrics_say(language: str) -> None:
    wording = Wording(ZoneInfo("UTC"), language)
    texts = {text for path in (ROOT / "firstbell" / "metrics").glob("*.py") for text in texts_of(path)}
    texts |= {text for text in texts_of(ROOT / "firstbell" / "packet" / "agenda_backups.py") if "hours since" in text}
    untold = {text for text in texts if wording.phrase(text) == text}
    assert len(texts) > 70
    assert {text for text in untold if re.search("[a-z]{3,} [a-z]{2,}", text)} - UNITS_AND_NAMES == set()


INTERNAL = re.compile(r"[^ ] [/x-] [^ ]|_|\b(rows?|scopes?|heads|numerators?|denominators?|gaps:|wave|runs?|mapped)\b")
"""Arithmetic and the program's own words: no reader should meet them."""


def test_no_method_and_no_reason_reaches_a_reader_as_the_program_notes_it(language: str) -> None:
    texts = {text for path in (ROOT / "firstbell" / "metrics").glob("*.py") for text in texts_of(path)}
    notes = {re.sub(r"{\w+}", "12", text) for text in texts if INTERNAL.search(re.sub(r"{\w+}", "", text))}
    assert len(notes) > 30
    for spoken in ("en", language):
        wording = Wording(ZoneInfo("UTC"), spoken)
        told = {wording.phrase(text) for text in notes} - {"hours x people"}
        assert {text for text in told if INTERNAL.search(text)} == set()


def test_a_measures_own_key_is_no_readers_word(language: str) -> None:
    for spoken in ("en", language):
        words = Wording(ZoneInfo("UTC"), spoken)
        one, many = (
            words.phrase(f"sum of net_mbps / sum of heads x {n}, over scopes that have both") for n in (1, 100)
        )
        assert "mbps" not in one + many
        assert "100" in many
        assert not re.search(r"\d", one)
        rule = words.phrase("seconds up / seconds watched; gaps: down; n and missing in seconds")
        assert len(rule) > len(words.phrase("seconds up / seconds watched"))
        assert "90 %" in words.phrase("p90 of business hours over tickets created in the period; still waiting: 3")


def texts_of(path: Path) -> Iterator[str]:
    """What a module says of its figures: every text of more than a word that is no docstring and no error."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = set(map(id, _not_said(tree)))
    for node in ast.walk(tree):
        text = _template(node)
        if id(node) not in skipped and " " in text.strip():
            yield text


def _not_said(tree: ast.AST) -> Iterable[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value
        if isinstance(node, ast.Raise):
            yield from ast.walk(node)
        if isinstance(node, ast.JoinedStr):
            yield from (below for part in node.values for below in ast.walk(part))


def _template(node: ast.AST) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "{" + _last(one) + "}" for one in node.values)
        return "".join(map(str, parts))
    return ""


def _last(part: ast.expr) -> str:
    names = [node.id for node in ast.walk(part) if isinstance(node, ast.Name)]
    attributes = [node.attr for node in ast.walk(part) if isinstance(node, ast.Attribute)]
    return (attributes or names or ["value"])[0]


def test_a_phrase_says_what_stands_in_its_places_too(language: str) -> None:
    wording = Wording(ZoneInfo("UTC"), language)
    whole, part = wording.phrase("absolute value of sum of numerators"), wording.phrase("sum of numerators")
    assert whole.endswith(part)
    assert part != "sum of numerators"
    assert wording.phrase("What a person wrote {here}.") == "What a person wrote {here}."


def test_every_light_has_a_word_of_its_own(language: str) -> None:
    spoken = [Words(language).light(light) for light in Light]
    assert len(set(spoken)) == len(Light)
    assert not set(spoken) & {light.value for light in Light}
    assert [Words("en").light(light) for light in Light] == [light.value for light in Light]


def test_spanish_dates_numbers_and_lists(language: str) -> None:
    words = Wording(ZoneInfo("America/Chicago"), "es")
    assert words.moment(datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) == "mar 24 nov, 6 am"
    assert words.full_date(date(2026, 1, 9)) == "9 ene 2026"
    assert words.number(1890.5) == "1,890.5"
    assert words.duration(9000) == "2 h 30 min"
    assert words.say("days_late", n=1) == "1 día de atraso"
    assert words.say("days_late", n=0) == "0 días de atraso"
    assert words.listed(["padres", "hijos"]) == "padres e hijos"
    assert words.listed(["agua", "hielo"]) == "agua y hielo"
    assert words.listed(["redes", "equipos", "Internet"]) == "redes, equipos e Internet"
