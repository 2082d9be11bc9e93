"""One packet in two languages: the same facts and classes, and nothing of the other language but what people wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.languages import composed
from firstbell.config.loaded import District
from firstbell.packet.audience import EDITIONS, cut, in_language
from firstbell.packet.material import Material
from firstbell.packet.model import Packet
from firstbell.packet.render import RenderedEdition, render
from firstbell.packet.words import Words
from tests.unit.packet_material import FOLDER, district, local, material, month
from tests.unit.pdf_text import hidden_text, pages_text
from tests.unit.test_packet_compose import ACTIONS, DECISIONS, SILENT

SPANISH = {"district": FOLDER["district.yaml"] + "packet: {languages: {representative: es, public: es}}\n"}
ENGLISH = frozenset(
    re.findall(
        r"\w+",
        """the of and is are was were with for by from since until known new open done late due week weeks day days not
        what which whom who to at on this that these those been has have had there their they them none met missed
        close target light now one two three four more most every each school schools services backup backups owner""",
    )
)
"""Words that plain English does not do without, and that Spanish does not have."""
CASES: Mapping[str, dict[str, Any]] = {
    "a month": {"actions": ACTIONS, "decisions": DECISIONS},
    "silent sources": {"silent": SILENT, "actions": ACTIONS},
    "nothing known": {"told": {}, "first": True},
    "a draft": {"stage": "draft", "decisions": DECISIONS},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("district"), **SPANISH)


def both(folder: District, case: str) -> tuple[Material, Packet]:
    found = material(folder, **{"stage": "final", **CASES[case]})
    return found, composed(folder, found)


def written_by_people(found: Material) -> list[str]:
    """Titles and names out of the folder and the records, the longest first."""
    texts = [text for file in FOLDER.values() for text in re.findall(r"(?:name|title|place|mission): ([^,}\n]+)", file)]
    texts += [one.title for one in (*found.actions, *found.decisions)]
    texts += [option for one in found.decisions for option in one.options]
    texts += [one.recommendation for one in found.decisions]
    for records in month().values():
        for record in records:
            texts += [str(getattr(record, name, "")) for name in ("title", "impact", "kind", "vendor")]
    return sorted({text.strip() for text in texts if text.strip()}, key=len, reverse=True)


def words_of(text: str, found: Material) -> set[str]:
    """The words that are left once markup and all that people wrote are taken out."""
    plain = re.sub(r"<style.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    plain = re.sub(r"\s+", " ", plain.replace("\u00a0", " "))
    for written in written_by_people(found):
        plain = plain.replace(written, " ").replace(written.upper(), " ")
    return {word.lower() for word in re.findall(r"[^\W\d_]+", plain)}


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if name not in ("key", "item", "kind", "audience", "unit", "state", "light", "trend", "code"):
                yield from strings(member)
    elif isinstance(value, list | tuple):
        for member in value:
            yield from strings(member)


@pytest.mark.parametrize("case", CASES)
def test_no_english_is_left_in_the_representative_edition(folder: District, case: str) -> None:
    found, packet = both(folder, case)
    part = cut(in_language(packet, "es"), "representative")
    made = render(part, "representative", in_language(packet, "es").covers[3])
    told = "\n".join([made.subject, made.html, made.text, *strings(part.model_dump(exclude={"figures", "heading"}))])
    assert words_of(told, found) & ENGLISH == set()


def test_the_words_that_betray_english_are_found_in_english(folder: District) -> None:
    found, packet = both(folder, "a month")
    part = cut(packet, "representative")
    assert len(words_of("\n".join(strings(part.model_dump(exclude={"figures", "heading"}))), found) & ENGLISH) > 30


@pytest.mark.parametrize("case", CASES)
def test_both_languages_hold_the_same_facts_in_the_same_places(folder: District, case: str) -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: shape(member) for name, member in value.items() if name != "language"}
        if isinstance(value, list):
            return [shape(member) for member in value]
        return bool(value) if isinstance(value, str) else value

    _, packet = both(folder, case)
    spanish = in_language(packet, "es")
    assert spanish.heading.language == "es"
    assert shape(json.loads(spanish.model_dump_json())) == shape(
        json.loads(packet.model_copy(update={"translations": ()}).model_dump_json())
    )


def test_a_packet_says_which_language_it_speaks_in_every_form(folder: District) -> None:
    _, packet = both(folder, "a month")
    part = cut(in_language(packet, "es"), "representative")
    made: RenderedEdition = render(part, "representative", None)
    assert '<html lang="es">' in made.html
    for pdf in (made.pdf, made.appendix_pdf):
        assert pdf is not None
        assert "es" in hidden_text(pdf).split()
        assert Words("es").table["page_of"].split()[0] in pages_text(pdf)


def test_a_translation_survives_being_frozen(folder: District) -> None:
    _, packet = both(folder, "a month")
    thawed = Packet.model_validate_json(packet.model_dump_json())
    for edition in EDITIONS:
        assert cut(in_language(thawed, "es"), edition) == cut(in_language(packet, "es"), edition)


def test_without_a_wish_there_is_one_language(tmp_path: Path) -> None:
    plain = district(tmp_path / "plain")
    assert composed(plain, material(plain)).translations == ()


def test_a_spanish_packet_is_compared_with_the_spanish_one_before_it(folder: District) -> None:
    _, printed = both(folder, "a month")
    again = in_language(composed(folder, material(folder, stage="final", printed=printed)), "es")
    assert not {change.text for change in again.changes} & {change.text for change in printed.changes}
    assert again.heading.compared_with == "la reunión del jue 3 dic"
    assert date(2026, 12, 3) == local(12, 3).date()


def test_spanish_tells_an_outage_from_one_hour_to_the_other_and_names_who_answers(folder: District) -> None:
    _, packet = both(folder, "a month")
    told = "\n".join(strings(in_language(packet, "es").model_dump(exclude={"figures", "translations"})))
    assert "de clase, el mar 17 nov, de 8:10 am a 9 am:" in told
    _, packet = both(folder, "silent sources")
    told = "\n".join(strings(in_language(packet, "es").model_dump(exclude={"figures", "translations"})))
    assert ". Responsable: " in told
    assert "a cargo de " not in told.casefold()
