"""Nobody who only knows a letter's key can name the letter."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from firstbell.config.seal import NAME, seal_of
from firstbell.delivery.message import Letter
from firstbell.files import FileError

LETTER = Letter(
    message_key="packet/tech/m/final/1/leadership/ada/0",
    sender="tech@example.org",
    sender_name="",
    recipient="ada@example.org",
    recipient_name="",
    reply_to="",
    subject="s",
    text="t",
    html="h",
    language="en",
    list_id="tech.example.org",
    written_at=datetime(2026, 11, 6, tzinfo=UTC),
)


def test_the_seal_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    first = seal_of(tmp_path / "state")
    assert (seal_of(tmp_path / "state"), len(first)) == (first, 64)
    assert (tmp_path / "state" / NAME).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "state").iterdir()] == [NAME]
    assert seal_of(tmp_path / "other") != first


def test_a_message_id_depends_on_the_seal(tmp_path: Path) -> None:
    one, other = replace(LETTER, seal=seal_of(tmp_path / "a")), replace(LETTER, seal=seal_of(tmp_path / "b"))
    assert one.message_id == replace(one, text="again").message_id
    assert len({one.message_id, other.message_id, LETTER.message_id}) == 3


def test_a_seal_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(FileError):
        seal_of(tmp_path / "state")
    (tmp_path / "folder" / NAME).mkdir(parents=True)
    with pytest.raises(FileError, match="cannot be read"):
        seal_of(tmp_path / "folder")
