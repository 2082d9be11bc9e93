"""The district's logo: what may be printed is printed, anything else is one clear sentence, nothing of it can act."""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
from pathlib import Path

import pdfua
import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstbell.doctor import Level, check_logo
from firstbell.packet.audience import cut
from firstbell.packet.logo import MOST_BYTES, Logo, LogoError, printable_logo, read_logo
from firstbell.packet.render import EditionFiles, render_edition
from tests.unit.config_folder import FILES, load, write_folder
from tests.unit.packet_samples import sample

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20">'
    '<g style="fill:#0b5a78"><path d="M0 0h60v20h-60z"/></g></svg>'
)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int = 30, height: int = 10, pixels: bytes | None = None) -> bytes:
    rows = b"".join(b"\0" + b"\x0b\x5a\x78" * width for _ in range(height)) if pixels is None else pixels
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def read(folder: Path, name: str, content: bytes | str) -> Logo:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_logo(folder, name)
    assert found is not None
    return found


def refused(folder: Path, name: str, content: bytes | str | None) -> str:
    if content is not None:
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(LogoError) as told:
        read_logo(folder, name)
    said = str(told.value)
    assert said.startswith("packet.logo: ")
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_no_name_is_no_logo(tmp_path: Path) -> None:
    assert read_logo(tmp_path, "") is None


def test_a_png_and_an_svg_are_read_with_their_shape(tmp_path: Path) -> None:
    assert read(tmp_path, "logo.png", png()).ratio == pytest.approx(3)
    drawing = read(tmp_path, "logo.svg", SVG)
    assert drawing.ratio == pytest.approx(3)
    assert b'fill="#0b5a78"' in drawing.content
    assert drawing.address.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("logo.png", None, "cannot be read"),
        ("../logo.png", None, "outside of the district folder"),
        ("/etc/passwd", None, "outside of the district folder"),
        ("logo.gif", b"GIF89a", "neither a .png nor an .svg"),
        ("logo.png", b"", "not a whole PNG"),
        ("logo.png", png()[:-20], "not a whole PNG"),
        ("logo.png", png().replace(b"IDAT", b"IDAX"), "not a whole PNG"),
        ("logo.png", png(pixels=b"\0" * 5), "cannot be drawn"),
        ("logo.png", png(pixels=b"\0" * 50_000_000), "not a whole PNG"),
        ("logo.png", png(width=9000, pixels=b""), "pixels on a side"),
        ("logo.png", b"\0" * (MOST_BYTES + 1), "larger than 300 kB"),
        ("logo.svg", "<svg", "no well-formed SVG"),
        ("logo.svg", "<html><body>logo</body></html>", "no SVG drawing"),
        ("logo.svg", SVG.replace(' viewBox="0 0 60 20"', ""), "how large it is"),
        ("logo.svg", SVG.replace("60 20", "6000 20"), "times as long as wide"),
        ("logo.svg", SVG.replace("<g", "<text>Lakeside</text><g"), "holds text"),
        ("logo.svg", SVG.replace("<g", "<style>*{fill:red}</style><g"), "a style sheet"),
        ("logo.svg", SVG.replace("<g", '<image href="file:///etc/passwd"/><g'), "a picture"),
        ("logo.svg", SVG.replace("path", "script"), "no shape"),
        ("logo.svg", SVG.replace("<g", "<g>" * 90 + "</g>" * 90 + "<g"), "nested too deeply"),
        ("logo.svg", SVG.replace("<g", "<rect/>" * 6000 + "<g"), "more than 5000 parts"),
        ("logo.svg", f'<!DOCTYPE svg [<!ENTITY a "{"x" * 99}">]>{SVG}', "document type"),
        ("logo.svg", f'<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]>{SVG}', "document type"),
    ],
)
def test_what_cannot_be_printed_is_one_sentence(
    tmp_path: Path, name: str, content: bytes | str | None, said: str
) -> None:
    assert said in refused(tmp_path, name, content)


def test_a_folder_or_a_forbidden_file_is_a_sentence_too(tmp_path: Path) -> None:
    (tmp_path / "logo.png").mkdir()
    assert "cannot be read" in refused(tmp_path, "logo.png", None)


def test_nothing_that_acts_or_reaches_out_is_kept(tmp_path: Path) -> None:
    hostile = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" viewBox="0 0 9 9" '
        'onload="alert(1)"><script>alert(2)</script><foreignObject><b>hi</b></foreignObject>'
        '<a x:href="javascript:alert(3)"><path d="M0 0h1v1z"/></a><animate attributeName="d"/>'
        '<rect width="9" height="9" fill="url(https://evil.example/x)" onclick="alert(4)" '
        'style="fill:url( //evil.example );stroke:#000" filter="url(#f)"/></svg>'
    )
    kept = read(tmp_path, "logo.svg", hostile).content.decode()
    for word in ("script", "alert", "evil", "http://www.w3.org/1999", "foreign", "href", "on", "animate", "filter"):
        assert word not in kept.replace("http://www.w3.org/2000/svg", ""), word
    assert 'stroke="#000"' in kept


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=40), st.sampled_from(["logo.png", "logo.svg"]))
def test_a_damaged_file_is_a_logo_or_a_sentence(tmp_path: Path, at: int, damage: bytes, name: str) -> None:
    whole = png() if name.endswith("png") else SVG.encode()
    (tmp_path / name).write_bytes(whole[: at % len(whole)] + damage + whole[at % len(whole) + len(damage) :])
    with suppress(LogoError):
        assert read_logo(tmp_path, name) is not None


def printed(logo: str) -> EditionFiles:
    packet = cut(sample(5), "leadership")
    return render_edition(
        packet.model_copy(update={"heading": packet.heading.model_copy(update={"logo": logo})}), "leadership"
    )


@pytest.mark.parametrize("name", ["logo.png", "logo.svg"])
def test_a_logo_stands_on_the_first_page_and_keeps_the_file_accessible(tmp_path: Path, name: str) -> None:
    logo = read(tmp_path, name, png() if name.endswith("png") else SVG)
    made, plain = printed(logo.drawing), printed("")
    assert made.notes == ()
    assert made.pdf != plain.pdf
    assert made.pages == plain.pages
    (tmp_path / "written.pdf").write_bytes(made.pdf)
    assert list(pdfua.validate(str(tmp_path / "written.pdf")).findings) == []
    with pikepdf.open(io.BytesIO(made.pdf)) as one, pikepdf.open(io.BytesIO(plain.pdf)) as other:
        assert len(one.pages[0].get("/Resources", {})) >= len(other.pages[0].get("/Resources", {}))


def test_a_packet_goes_out_without_a_logo_that_cannot_be_printed(tmp_path: Path) -> None:
    assert printable_logo(tmp_path, "missing.png") is None


def test_doctor_says_what_is_wrong_with_the_logo(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, district=FILES["district.yaml"] + "\npacket: {logo: sign.png}\n")
    found = check_logo(load(folder))
    assert found.level is Level.WARN
    assert found.sentence.startswith("packet.logo: sign.png cannot be read")
    (folder / "sign.png").write_bytes(png())
    assert check_logo(load(folder)).level is Level.OK
