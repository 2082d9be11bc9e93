"""Everything a PDF says: the text of its pages and drawings, its alternatives, names, properties and attachments."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pikepdf

_CHARACTER = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>")
_RANGE = re.compile(rb"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]+)>\s*(<([0-9a-fA-F]+)>|\[([^\]]*)\])")


def pages_text(pdf: bytes) -> str:
    """The text that the pages show, drawings included, without spaces between pieces."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return "".join(_shown(page.obj, page.obj.get("/Resources", {})) for page in opened.pages)


def hidden_text(pdf: bytes) -> str:
    """What stands beside the pages: alternatives, bookmarks, properties and attached files."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        strings = [str(one) for one in _strings(opened)]
        files = [file.get_file().read_bytes().decode() for file in opened.attachments.values()]
        properties = [str(opened.open_metadata())]
    return "\n".join([*strings, *files, *properties])


def _strings(opened: pikepdf.Pdf) -> Iterator[pikepdf.String]:
    for thing in opened.objects:
        waiting: list[Any] = [thing]
        while waiting:
            one = waiting.pop()
            if isinstance(one, pikepdf.String):
                yield one
            elif isinstance(one, pikepdf.Array):
                waiting.extend(inner for inner in one if not getattr(inner, "is_indirect", False))
            elif isinstance(one, pikepdf.Dictionary | pikepdf.Stream):
                waiting.extend(inner for inner in one.values() if not getattr(inner, "is_indirect", False))


def _shown(content: Any, resources: Any) -> str:
    fonts: dict[str, Mapping[int, str]] = {}
    for name, font in dict(resources.get("/Font", {})).items():
        fonts[name] = _characters(font)
    found, current = [], {}
    for operands, operator in pikepdf.parse_content_stream(content):
        match str(operator):
            case "Tf":
                current = fonts[str(operands[0])]
            case "Tj":
                found.append(_decoded(operands[0], current))
            case "TJ":
                found += [_decoded(one, current) for one in operands[0] if isinstance(one, pikepdf.String)]
            case "Do":
                drawn = resources["/XObject"][str(operands[0])]
                if drawn.get("/Subtype") == "/Form":
                    found.append(_shown(drawn, drawn.get("/Resources", resources)))
    return "".join(found)


def _characters(font: Any) -> Mapping[int, str]:
    """The font's own table from codes to characters."""
    if "/ToUnicode" not in font:
        return {}
    table: dict[int, str] = {}
    text = font.ToUnicode.read_bytes()
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", text, re.DOTALL):
        table |= {int(code, 16): _character(to) for code, to in _CHARACTER.findall(block)}
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", text, re.DOTALL):
        for first, last, _, start, each in _RANGE.findall(block):
            codes = range(int(first, 16), int(last, 16) + 1)
            forms = [_character(form) for form in re.findall(rb"<([0-9a-fA-F]+)>", each)]
            if start:
                forms = [chr(ord(_character(start)) + step) for step in range(len(codes))]
            table |= dict(zip(codes, forms, strict=False))
    return table


def _character(form: bytes) -> str:
    return bytes.fromhex(form.decode()).decode("utf-16-be")


def _decoded(shown: Any, characters: Mapping[int, str]) -> str:
    codes = bytes(shown)
    return "".join(characters.get(int.from_bytes(codes[at : at + 2], "big"), "") for at in range(0, len(codes), 2))
