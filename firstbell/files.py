"""Writing files and folders whole or not at all.

What is being written bears a name of its own, with a dot before and `.part` after it, until it is renamed; housekeeping
removes what a killed process left under such a name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from firstbell.errors import FirstbellError

UNFINISHED = ".*.part"
"""The pattern of names of what is not finished."""


class FileError(FirstbellError):
    """A file or folder could not be written. What stood there before stands there still."""


def write_whole(target: Path, content: bytes) -> Path:
    """Write a file, over one that is there; returns `target`. Makes its folder. Raises FileError."""
    part = _unfinished(target)
    with _told(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(content)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    return target


def write_new(target: Path, content: bytes) -> None:
    """Write a file that only its owner may read; one that is there already stays. Raises FileError."""
    part = _unfinished(target)
    with _told(target):
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            part.touch(mode=0o600)
            part.write_bytes(content)
            with suppress(FileExistsError):
                target.hardlink_to(part)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder to fill, which is `target` after the block. Raises FileError.

    Where `target` stands already, because another process was quicker, it stays as it is.
    """
    part = _unfinished(target)
    with _told(target):
        try:
            part.mkdir(parents=True)
            yield part
            if not target.exists():
                part.rename(target)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _unfinished(target: Path) -> Path:
    return target.with_name(f".{target.name}.{uuid4().hex}.part")


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileError(
            f"{target} cannot be written ({error.strerror}); check the room on its disk and its owner, then run again."
        ) from error
