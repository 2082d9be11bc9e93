"""The district's logo: a PNG or SVG file of the district folder, checked before anything prints it.

A logo comes from outside like any other input. Of a PNG every chunk is checked and its picture is unpacked once; of an
SVG only shapes, gradients and groups are kept, so that no script, no address, no entity and no text of it ever reaches
a page.
"""

from __future__ import annotations

import re
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import typst

from firstbell.errors import FirstbellError

MOST_BYTES = 300_000
MOST_PIXELS = 3_000
"""Pixels on a side of a PNG."""
MOST_SHAPES = 5_000
WIDEST = 8.0
"""How many times as wide as high a logo may be, and as high as wide."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples a pixel, by a PNG's colour type."""
_SVG = "http://www.w3.org/2000/svg"
_SHAPES = frozenset({"path", "rect", "circle", "ellipse", "line", "polyline", "polygon"})
_KEPT = _SHAPES | {"svg", "g", "defs", "linearGradient", "radialGradient", "stop", "clipPath"}
_ATTRIBUTES = frozenset(
    {
        "viewBox",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "d",
        "points",
        "transform",
        "fill",
        "stroke",
        "opacity",
        "offset",
        "id",
        "fill-rule",
        "fill-opacity",
        "clip-rule",
        "clip-path",
        "stroke-width",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-opacity",
        "stop-color",
        "stop-opacity",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "clipPathUnits",
        "preserveAspectRatio",
    }
)
_PLAIN = re.compile(r"[\w\s.,:;%+\-#()]*")
_ADDRESS = re.compile(r"url\s*\((?!#[\w-]+\))", re.IGNORECASE)
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px|pt|mm|cm|in)?\s*")


class LogoError(FirstbellError):
    """A logo that cannot be printed; one sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as it may be printed. `form` is png or svg; `ratio` how many times as wide as high it is."""

    form: str
    content: bytes
    ratio: float

    @property
    def drawing(self) -> str:
        """The picture as one SVG text, a PNG as its only part."""
        if self.form == "svg":
            return self.content.decode("utf-8")
        width = round(100 * self.ratio, 1)
        return (
            f'<svg xmlns="{_SVG}" viewBox="0 0 {width} 100"><image width="{width}" height="100" '
            f'href="{self.address}"/></svg>'
        )

    @property
    def address(self) -> str:
        """The picture as a data address, as a web page holds it: "data:image/png;base64,..."."""
        kind = {"png": "image/png", "svg": "image/svg+xml"}[self.form]
        return f"data:{kind};base64,{b64encode(self.content).decode('ascii')}"


def read_logo(folder: Path, name: str) -> Logo | None:
    """The logo that district.yaml names, checked; None where it names none. Raises LogoError."""
    if not name:
        return None
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise LogoError(f"packet.logo: {name} lies outside of the district folder; put the file into it.")
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LogoError(f"packet.logo: {name} cannot be read ({error.strerror}); correct the name.") from error
    if len(content) > MOST_BYTES:
        raise LogoError(f"packet.logo: {name} is larger than {MOST_BYTES // 1000} kB; save a smaller one.")
    read = {".png": _png, ".svg": _svg}.get(path.suffix.lower())
    if read is None:
        raise LogoError(f"packet.logo: {name} is neither a .png nor an .svg file; save it as one of them.")
    logo = read(name, content)
    _proven(name, logo)
    if not 1 / WIDEST <= logo.ratio <= WIDEST:
        raise LogoError(f"packet.logo: {name} is more than {WIDEST:g} times as long as wide; crop it.")
    return logo


def printable_logo(folder: Path, name: str) -> Logo | None:
    """The logo, or None where it cannot be printed: a packet goes out without it, and doctor says why."""
    try:
        return read_logo(folder, name)
    except LogoError:
        return None


def _proven(name: str, logo: Logo) -> None:
    """Sets the logo on a page of its own: what the printing program refuses may not stop a packet."""
    page = '#image(bytes(sys.inputs.logo), format: "svg", height: 20pt)'
    try:
        compiler = typst.Compiler(page.encode(), sys_inputs={"logo": logo.drawing})
        compiler.compile(format="pdf")
    except typst.TypstError as error:
        raise LogoError(f"packet.logo: {name} cannot be drawn; save it again as a plain PNG.") from error


def _png(name: str, content: bytes) -> Logo:
    """The picture, after its chunks were checked and its pixels unpacked once within their size."""
    broken = LogoError(f"packet.logo: {name} is not a whole PNG picture; save it again.")
    chunks = list(_chunks(content, broken))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        raise broken
    width, height, depth, colours, _, _, _ = struct.unpack(">IIBBBBB", chunks[0][1])
    if not (0 < width <= MOST_PIXELS and 0 < height <= MOST_PIXELS):
        raise LogoError(f"packet.logo: {name} has more than {MOST_PIXELS} pixels on a side; save a smaller one.")
    # An interlaced picture has seven small passes, each with a filter byte a row.
    most = (width * depth * _SAMPLES.get(colours, 4) // 8 + 2) * height * 2 + 8 * height + 64
    unpacking = zlib.decompressobj()
    try:
        pixels = unpacking.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"), most)
    except zlib.error as error:
        raise broken from error
    if not pixels or not unpacking.eof:
        raise broken
    return Logo("png", content, width / height)


def _chunks(content: bytes, broken: LogoError) -> Iterator[tuple[bytes, bytes]]:
    """Kind and data of each chunk up to the last; raises `broken` where one is cut or its check sum is wrong."""
    if not content.startswith(_SIGNATURE):
        raise broken
    at = len(_SIGNATURE)
    while at < len(content):
        if at + 12 > len(content):
            raise broken
        (length,) = struct.unpack(">I", content[at : at + 4])
        end = at + 8 + length
        if end + 4 > len(content):
            raise broken
        kind, data = content[at + 4 : at + 8], content[at + 8 : end]
        if struct.unpack(">I", content[end : end + 4])[0] != zlib.crc32(kind + data):
            raise broken
        yield kind, data
        if kind == b"IEND":
            return
        at = end + 4


def _svg(name: str, content: bytes) -> Logo:
    """The drawing with nothing in it but shapes, their groups and gradients."""
    root = _parsed(name, content)
    if root.tag != f"{{{_SVG}}}svg":
        raise LogoError(f"packet.logo: {name} is no SVG drawing; save it again.")
    count = sum(1 for _ in root.iter())
    if count > MOST_SHAPES:
        raise LogoError(f"packet.logo: {name} has more than {MOST_SHAPES} parts; save a simpler drawing or a PNG.")
    for tag, what in (("text", "text"), ("image", "a picture"), ("style", "a style sheet"), ("use", "references")):
        if next(root.iter(f"{{{_SVG}}}{tag}"), None) is not None:
            raise LogoError(f"packet.logo: {name} holds {what}; save it with plain paths only, or as a PNG.")
    ratio = _ratio(name, root)
    kept = _kept(root, name)
    if not any(one.tag in _SHAPES for one in kept.iter()):
        raise LogoError(f"packet.logo: {name} holds no shape that can be drawn; save it with plain paths.")
    kept.set("xmlns", _SVG)
    return Logo("svg", ElementTree.tostring(kept, encoding="utf-8"), ratio)


def _parsed(name: str, content: bytes) -> ElementTree.Element:
    """The drawing's elements; a file with a document type, and so with entities, is refused."""
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")

    def refused(*_: object) -> None:
        raise LogoError(f"packet.logo: {name} declares a document type; save it as plain SVG.")

    def named(tag: str) -> str:
        return f"{{{tag}" if "}" in tag else tag

    parser.StartDoctypeDeclHandler = refused
    parser.EntityDeclHandler = refused
    parser.StartElementHandler = lambda tag, attributes: builder.start(named(tag), attributes)
    parser.EndElementHandler = lambda tag: builder.end(named(tag))
    try:
        parser.Parse(content, True)
        return builder.close()
    except (expat.ExpatError, ElementTree.ParseError, AssertionError, RecursionError) as error:
        raise LogoError(f"packet.logo: {name} is no well-formed SVG; save it again.") from error


def _ratio(name: str, root: ElementTree.Element) -> float:
    box = root.get("viewBox", "").replace(",", " ").split()
    try:
        width, height = (float(box[2]), float(box[3])) if len(box) == 4 else _sides(root)
    except ValueError:
        width = height = 0.0
    if not (0 < width < 1e6 and 0 < height < 1e6):
        raise LogoError(f"packet.logo: {name} does not say how large it is; add a viewBox.")
    return width / height


def _sides(root: ElementTree.Element) -> tuple[float, float]:
    found = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    width, height = (float(one.group(1)) if one else 0.0 for one in found)
    return width, height


def _kept(element: ElementTree.Element, name: str, depth: int = 0) -> ElementTree.Element:
    """A copy of an element with the parts that are on the list; anything else of it is left off."""
    if depth > 60:
        raise LogoError(f"packet.logo: {name} is nested too deeply; save a simpler drawing or a PNG.")
    copy = ElementTree.Element(element.tag.partition("}")[2], dict(_attributes(element)))
    for child in element:
        namespace, _, tag = child.tag.removeprefix("{").partition("}")
        if namespace == _SVG and tag in _KEPT:
            copy.append(_kept(child, name, depth + 1))
    return copy


def _attributes(element: ElementTree.Element) -> Iterator[tuple[str, str]]:
    """The attributes on the list with plain values; what a style attribute says is read as attributes too."""
    said = dict(element.attrib)
    for rule in said.pop("style", "").split(";"):
        key, _, value = rule.partition(":")
        said[key.strip()] = value.strip()
    for key, value in said.items():
        if key in _ATTRIBUTES and _PLAIN.fullmatch(value) and not _ADDRESS.search(value):
            yield key, value
