"""Rehearsal: until somebody says `firstbell go-live`, all mail goes to the installer.

The state folder holds the file `live` once the district went live; its absence means rehearsal, so that a new or
restored folder never writes to a whole team by surprise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from firstbell.errors import FirstbellError

MARK = "rehearsal/"
"""What the keys of messages that were prepared in rehearsal begin with."""


def in_rehearsal(state: Path) -> bool:
    """True while all mail goes to the installer."""
    return not (state / "live").exists()


def prepared_in_rehearsal(message_key: str) -> bool:
    """Whether a message is addressed to the installer. It never leaves once live, nor a live one in rehearsal."""
    return message_key.startswith(MARK)


def go_live(state: Path, at: datetime) -> None:
    """From now on mail goes to its readers. Keeps the first moment when it is said twice."""
    if in_rehearsal(state):
        with _told(state):
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            (state / "live").write_text(f"{at.isoformat()}\n", encoding="utf-8")


def back_to_rehearsal(state: Path) -> None:
    """From now on all mail goes to the installer again."""
    with _told(state):
        (state / "live").unlink(missing_ok=True)


@contextmanager
def _told(state: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FirstbellError(f"{state} cannot be written ({error.strerror}); check its owner and the disk.") from error
