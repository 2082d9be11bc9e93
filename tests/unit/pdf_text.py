"""Everything a PDF says: the text of its pages and drawings, its alternatives, names, properties and attachments."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


def elements(pdf: bytes) -> list[Element]:
    """The structure tree in reading order."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        told = {page.objgen: _marked(page) for page in opened.pages}
        return list(_walk(opened.Root.StructTreeRoot.K, told, None, ()))


def unmarked_text(pdf: bytes) -> str:
    """What the pages show outside of every mark: neither content of the structure nor furniture."""
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return "".join(_marked(page).get(None, "") for page in opened.pages)


@dataclass(frozen=True)
class Element:
    """One element of a structure tree: its kind, the kinds above it, its own text and what it is called."""

    kind: str
    above: tuple[str, ...]
    text: str
    alternative: str
    attributes: Mapping[str, Any]
    identity: str


def _walk(
    node: Any, told: Mapping[Any, Mapping[int | None, str]], page: Any, above: tuple[str, ...]
) -> Iterator[Element]:
    if isinstance(node, pikepdf.Array):
        for one in node:
            yield from _walk(one, told, page, above)
    elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
        page = node.get("/Pg", page)
        kind = str(node.S).removeprefix("/")
        given = node.get("/A", pikepdf.Array())
        attributes: dict[str, Any] = {}
        for one in given if isinstance(given, pikepdf.Array) else [given]:
            attributes |= {str(key).removeprefix("/"): value for key, value in one.items()}
        text = "".join(_own_text(node.get("/K"), told, page))
        plain = {key: _plain(value) for key, value in attributes.items()}
        yield Element(kind, above, text, str(node.get("/Alt", "")), plain, str(node.get("/ID", "")))
        yield from _walk(node.get("/K"), told, page, (*above, kind))


def _plain(value: Any) -> Any:
    return [str(one) for one in value] if isinstance(value, pikepdf.Array) else str(value)


def _own_text(inside: Any, told: Mapping[Any, Mapping[int | None, str]], page: Any) -> Iterator[str]:
    for one in inside if isinstance(inside, pikepdf.Array) else [inside]:
        if isinstance(one, int) and page is not None:
            yield told[page.objgen].get(one, "")
        elif isinstance(one, pikepdf.Dictionary) and "/MCID" in one:
            yield told[one.get("/Pg", page).objgen].get(int(one.MCID), "")


def _marked(page: pikepdf.Page) -> dict[int | None, str]:
    """The page's text by the number of its mark; -1 for furniture, None for what has no mark."""
    resources = page.obj.get("/Resources", {})
    fonts = {name: _characters(font) for name, font in dict(resources.get("/Font", {})).items()}
    found: dict[int | None, str] = {}
    marks: list[int | None] = []
    current: Mapping[int, str] = {}
    operations: Any = pikepdf.parse_content_stream(page)
    for operands, operator in operations:
        match str(operator):
            case "BDC" | "BMC":
                properties = operands[1] if len(operands) > 1 else None
                number = properties.get("/MCID") if isinstance(properties, pikepdf.Dictionary) else None
                outer = marks[-1] if marks else None
                artifact = str(operands[0]) == "/Artifact"
                marks.append(int(number) if number is not None else -1 if artifact else outer)
            case "EMC":
                marks.pop()
            case "Tf":
                current = fonts[str(operands[0])]
            case "Tj" | "TJ":
                parts = operands[0] if str(operator) == "TJ" else [operands[0]]
                text = "".join(_decoded(one, current) for one in parts if isinstance(one, pikepdf.String))
                mark = marks[-1] if marks else None
                found[mark] = found.get(mark, "") + text
    return found


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
