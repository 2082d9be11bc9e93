"""Setting the PDFs with Typst: tagged, bookmarked, in the bundled fonts, the same bytes for the same data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import typst

from firstbell.packet.glyphs import MARK, Glyphs, clean, each_text
from firstbell.packet.model import Packet
from firstbell.packet.page_parts import Block, PageOne
from firstbell.packet.palette import LIGHT
from firstbell.packet.pdf_agenda import entry_data
from firstbell.packet.pdf_tables import shape_and_word
from firstbell.packet.words import TEMPLATES, Words


@dataclass(frozen=True)
class Document:
    """A set document, not yet written: what it holds and how its pages fall."""

    template: str
    files: Mapping[str, bytes]
    """What the template reads: data.json, and evidence.json where it is attached."""
    pages: Mapping[str, int]
    """On which page each part stands; "last" is the last page's number."""
    notes: tuple[str, ...]
    room: float = 0.0
    """Which share of the last page is left, where the template says so."""


def set_document(template: str, data: Mapping[str, Any], words: Words, evidence: str | None = None) -> Document:
    """Lays the data out in a template and reads where each part stands."""
    document = ready_document(template, data, words, evidence)
    found = json.loads(_compiler(template, document.files).query("<anchor>", field="value"))
    room = sum(one.get("room", 0.0) for one in found)
    return replace(document, pages={one["key"]: one["page"] for one in found}, room=room)


def ready_document(template: str, data: Mapping[str, Any], words: Words, evidence: str | None = None) -> Document:
    """The data in a template, to be written; where its parts stand is not known.

    A character without a glyph would stop the accessible form, so it is replaced before, and the file says so.
    """
    glyphs = Glyphs()
    printable = each_text(dict(data), glyphs.printable)
    notes = (words.say("replaced", n=glyphs.replaced, mark=MARK),) if glyphs.replaced else ()
    printable |= {"note": " ".join(notes), "attached": evidence is not None}
    files = {"data.json": json.dumps(printable, ensure_ascii=False).encode()}
    if evidence is not None:
        files["evidence.json"] = evidence.encode()
    return Document(template, files, {}, notes)


def write(document: Document, words: Words) -> tuple[bytes, tuple[str, ...]]:
    """The document as PDF/UA-1, with attachments as PDF/A-3a too, and notes on what was not possible.

    A document that the accessible form refuses is written without it, and a note says so.
    """
    standards: list[typst.PDFStandard] = ["a-3a", "ua-1"] if "evidence.json" in document.files else ["ua-1"]
    try:
        return _written(document, standards), document.notes
    except typst.TypstError:
        return _written(document, []), (*document.notes, words.say("unchecked"))


def common_data(packet: Packet, page: PageOne, words: Words) -> dict[str, Any]:
    """What every template needs: the running head, the paper, the colours and the fixed words."""
    heading, as_of = packet.heading, packet.as_of
    dated = {"year": as_of.year, "month": as_of.month, "day": as_of.day} if as_of else None
    return {
        "page": _page_data(page, words),
        "paper": {"letter": "us-letter", "a4": "a4"}[heading.page],
        "dated": dated,
        "foot": clean(page.facts, "", longest=110),
        "colours": dict(LIGHT),
        "logo": heading.logo,
        "words": {key: text for key, text in words.table.items() if isinstance(text, str)},
        "figure_columns": words.table["public_columns"],
    }


def _page_data(page: PageOne, words: Words) -> dict[str, Any]:
    blocks = {name: _block_data(getattr(page, name), words) for name in ("decide", "changed", "overdue", "unknowns")}
    left = page.corrections_left_out
    more = words.say("more_corrections", n=left) if left else ""
    lights = [
        {
            **asdict(row),
            "light": shape_and_word(row.light, words) if row.light else None,
            "statements": [{**asdict(one), "sign": one.sign} for one in row.statements],
        }
        for row in page.lights
    ]
    figures = [{**asdict(one), "light": shape_and_word(one.light, words)} for one in page.figures]
    more_corrections = {"key": "corrections", "more": more}
    return {
        **asdict(replace(page, rest=())),
        **blocks,
        "lights": lights,
        "figures": figures,
        "more_corrections": more_corrections,
    }


def _block_data(block: Block | None, words: Words) -> dict[str, Any] | None:
    if block is None:
        return None
    name = {"decide": "decisions", "changed": "changes"}.get(block.key, block.key)
    more = words.say(f"more_{name}", n=block.left_out) if block.left_out else ""
    return {**asdict(block), "entries": [entry_data(one) for one in block.entries], "more": more}


def _written(document: Document, standards: list[typst.PDFStandard]) -> bytes:
    compiler = _compiler(document.template, document.files)
    written = compiler.compile(format="pdf", pdf_standards=standards, timestamp=0)
    assert isinstance(written, bytes), "one PDF is one file"
    return written


def _compiler(template: str, files: Mapping[str, bytes]) -> typst.Compiler:
    """A compiler for one use: it forgets its files after the first.

    The data is a file, not an input: what was laid out for one document is laid out for another that shares it, unless
    their inputs differ.
    """
    sources = {"main.typ": TEMPLATES / template, "common.typ": TEMPLATES / "common.typ", **files}
    return typst.Compiler(sources, font_paths=_fonts())  # type: ignore[type-var]  # its stub knows no files


@cache
def _fonts() -> typst.Fonts:
    """Typst's own fonts and the bundled ones; never the machine's, so that every machine prints the same."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(TEMPLATES / "fonts")])
