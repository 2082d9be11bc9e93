"""Pages that other tests find drawn already are those of the same input, and only while they are looked for."""

from __future__ import annotations

from pathlib import Path

import typst

from tests.drawn import drawings_kept
from tests.unit.pdf_text import pages_text


def drawn(text: str, language: str = "en") -> bytes:
    page = f'#set text(lang: "{language}")\n#{text} #sys.inputs.more'
    written = typst.Compiler(page.encode(), sys_inputs={"more": f"and {text}"}).compile(format="pdf", timestamp=0)
    assert isinstance(written, bytes)
    return written


def test_the_same_input_is_drawn_once_and_any_other_in_earnest(tmp_path: Path) -> None:
    in_earnest = drawn("[Oak]")
    with drawings_kept(tmp_path):
        first = drawn("[Oak]")
        (kept,) = tmp_path.iterdir()
        assert first == in_earnest
        made = kept.stat().st_mtime_ns
        assert drawn("[Oak]") == in_earnest
        assert [path.stat().st_mtime_ns for path in tmp_path.iterdir()] == [made]
        assert "Elm" in pages_text(drawn("[Elm]"))
        assert drawn("[Oak]", "es") != in_earnest
    assert len(list(tmp_path.iterdir())) == 3
    assert isinstance(typst.Compiler(b"Oak"), typst.Compiler)
    assert drawn("[Ash]") != in_earnest
    assert len(list(tmp_path.iterdir())) == 3


def test_what_lies_in_the_folder_is_given_back(tmp_path: Path) -> None:
    with drawings_kept(tmp_path):
        first, other = drawn("[Oak]"), drawn("[Elm]")
        oak, elm = sorted(tmp_path.iterdir(), key=lambda path: other[-400:] in path.read_bytes())
        oak.write_bytes(elm.read_bytes())
        assert drawn("[Oak]") == other != first
