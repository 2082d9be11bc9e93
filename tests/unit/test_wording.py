"""The table of words and the code that asks for them hold together, in every language."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime, time
from pathlib import Path
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from ruamel.yaml import YAML

from firstbell.packet.wording import Wording, languages
from firstbell.packet.words import Words

ROOT = Path(__file__).resolve().parents[2]
CHICAGO = ZoneInfo("America/Chicago")


def sentences(language: str) -> dict[str, object]:
    loaded = YAML(typ="safe").load((ROOT / "catalogs" / "wording" / f"{language}.yaml").read_text(encoding="utf-8"))
    return dict(loaded["sentences"])


def texts_in_code() -> set[str]:
    """Every short string of the composing modules: what a sentence's key could be."""
    folders = [ROOT / "firstbell" / name for name in ("packet", "briefing", "between", "intake")]
    modules = [path for folder in folders for path in folder.glob("*.py") if path.name != "words.py"]
    modules += (ROOT / "firstbell").glob("year_end*.py")
    nodes = (node for path in modules for node in ast.walk(ast.parse(path.read_text())))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def keys_asked_for() -> set[str]:
    keys = set()
    for path in (*(ROOT / "firstbell" / "packet").glob("*.py"), *(ROOT / "firstbell").glob("year_end*.py")):
        text = path.read_text()
        if "wording" not in text and path.name != "wording.py":
            continue
        keys |= set(re.findall(r"(?:words|wording|self)\.say\(\s*\"([a-z_0-9]+)\"", text))
    return keys


@pytest.mark.parametrize("language", languages())
def test_every_key_that_code_asks_for_has_words(language: str) -> None:
    labels = set(Words(language).table)
    assert keys_asked_for() - set(sentences(language)) - labels == set()


def test_no_sentence_is_left_that_nobody_says() -> None:
    built = (
        "morning_kind_",
        "morning_what_",
        "morning_fine_",
        "column_",
        "seen_as_",
        "rule_",
        "ending_",
        "items_",
        "answer_",
        "state_",
        "depth_",
        "group_",
        "action_",
        "moscow_",
        "term_",
        "meaning_",
        "feeds_",
        "control_",
        "source_",
        "basis_",
        "phase_",
        "hours_",
        "evidence_gap_",
    )
    said = texts_in_code()
    unused = {key for key in sentences("en") if key not in said and not key.startswith(built)}
    assert unused == set()


@pytest.mark.parametrize("language", languages())
def test_both_plural_forms_take_the_same_values(language: str) -> None:
    def fields(form: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(form) if name}

    for key, form in sentences(language).items():
        if isinstance(form, dict):
            assert set(form) == {"one", "other"}, key
            assert fields(form["one"]) <= fields(form["other"]), key


def test_counts_agree_with_their_nouns() -> None:
    words = Wording(CHICAGO)
    assert words.say("days_late", n=1) == "1 day late"
    assert words.say("days_late", n=18) == "18 days late"


def test_times_are_told_in_the_districts_zone() -> None:
    words = Wording(CHICAGO)
    moment = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    assert words.moment(moment) == "Tue 24 Nov, 6 am"
    assert words.day(date(2026, 11, 17)) == "Tue 17 Nov"
    assert words.clock(time(0, 5)) == "12:05 am"
    assert words.clock(time(12, 0)) == "12 pm"


def test_hundred_percent_means_all() -> None:
    words = Wording(CHICAGO)
    assert words.exact_percent(0.999999) == "99.99 %"
    assert words.percent(1.0) == "100 %"


def test_values_are_never_read_as_templates() -> None:
    words = Wording(CHICAGO)
    assert words.say("figure", title="{value.__class__}", value="1") == "{value.__class__}: 1"
