"""Finding and opening the files that file-shaped sources read: the one place that knows where a file comes from.

A location is a path (within the district folder, or absolute), a glob of which the newest match is taken, or an
https link to a published sheet. Errors name a file as the settings name it, and a link by its host alone, because a
published sheet's address is its only secret.
"""

from __future__ import annotations

import glob
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO
from urllib.parse import urlsplit

from connectors._base import SourceContext
from connectors._errors import AuthError, BadReplyError, SettingsError, UnavailableError
from connectors._http import Http, HttpSettings

MAXIMUM_BYTES = 2_000_000_000
"""Larger exports are taken for a mistake: a district's largest is a hundredth of it."""

LOCATION = "Path within the district folder, an absolute path, a glob (its newest match is read), or an https link."


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was found. `member` is the part to read when the file is a ZIP."""

    path: Path
    name: str
    modified_at: datetime
    mark: tuple[int, int]
    member: str = ""

    def open(self) -> IO[bytes]:
        """Open it anew for reading from the start; errors as `reading` sorts them."""
        if not self.member:
            return self.path.open("rb")
        with zipfile.ZipFile(self.path) as archive:
            return archive.open(self.member)  # the shared file stays open until the member is closed

    def inside(self, member: str) -> SourceFile:
        """One file of this ZIP."""
        return SourceFile(self.path, f"{member} in {self.name}", self.modified_at, self.mark, member)

    def require_unchanged(self) -> None:
        """Raise UnavailableError when somebody wrote to the file since it was found."""
        if _mark(self.path.stat()) != self.mark:
            raise UnavailableError(f"{self.name} was written to while it was read; it will be read again next time.")


@contextmanager
def find(location: str, context: SourceContext) -> Iterator[SourceFile]:
    """The file at a location, downloaded first when it is a link.

    Raises SettingsError (no such file), UnavailableError (the folder or host is away), AuthError (no right to read
    it) or BadReplyError (zero bytes, too large).
    """
    if "://" in location:
        with TemporaryDirectory(prefix="firstbell-") as folder:
            yield _downloaded(location, context, Path(folder) / "sheet")
        return
    path = _newest(location, context.folder)
    with reading(path.name):
        modified_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    yield _found(path, path.name, modified_at)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """Turn what the operating system and the ZIP reader say into errors that say what to do."""
    try:
        yield
    except PermissionError:
        trouble: Exception = AuthError(f"{name} may not be read by this user; give the account of Firstbell the right.")
    except FileNotFoundError:
        trouble = UnavailableError(f"{name} is not there any more; it will be looked for again next time.")
    except UnicodeError:
        trouble = BadReplyError(f"{name} is not text in the encoding it was taken for; set `encoding` for it.")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        trouble = BadReplyError(f"{name} is not a readable ZIP; it may be cut off or locked, so export it again.")
    except OSError as error:
        trouble = UnavailableError(f"{name} could not be read ({os.strerror(error.errno or 5)}); is its share there?")
    else:
        return
    raise trouble


def within(location: str, folder: Path) -> Path:
    """The absolute path of a location; relative ones start at the district folder."""
    return folder / Path(location).expanduser()


def _downloaded(link: str, context: SourceContext, path: Path) -> SourceFile:
    """Fetch a published sheet to a file that goes away with the read."""
    parts = urlsplit(link)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise SettingsError(f"The link to {parts.hostname} must begin with https://, so that nobody can change it.")
    with Http(HttpSettings(url=link), context) as http:
        content = http.get_bytes(link)
    path.write_bytes(content)
    return _found(path, f"The sheet at {parts.hostname}", context.clock())


def _newest(location: str, folder: Path) -> Path:
    path = within(location, folder)
    with reading(path.name):
        if path.exists():
            return path
    if glob.has_magic(location):
        pattern = str(path) if Path(location).is_absolute() else f"{glob.escape(str(folder))}/{location}"
        matches = [Path(match) for match in glob.glob(pattern, recursive=True)]  # noqa: PTH207 - may be absolute
        with reading(location):
            files = [match for match in matches if match.is_file()]
            if files:
                return max(files, key=lambda match: (match.stat().st_mtime_ns, match.name))
    parents = (parent for parent in path.parents if not glob.has_magic(str(parent.relative_to(parent.anchor))))
    if not next(parents).exists():
        raise UnavailableError(f'The folder of "{location}" is not there; mount its share or correct the path.')
    if glob.has_magic(location):
        raise SettingsError(f'No file matches "{location}"; correct the pattern or have the export written there.')
    raise SettingsError(f'There is no file "{location}"; correct the path or have the export written there.')


def _found(path: Path, name: str, modified_at: datetime) -> SourceFile:
    with reading(name):
        status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise SettingsError(f'"{name}" is a folder; name the file in it, or a pattern such as {name}/*.csv.')
    if status.st_size == 0:
        raise BadReplyError(f"{name} has zero bytes, so its export failed; not even a line of headings is there.")
    if status.st_size > MAXIMUM_BYTES:
        raise BadReplyError(f"{name} is larger than {MAXIMUM_BYTES // 10**9} GB; export a shorter period.")
    return SourceFile(path, name, modified_at, _mark(status))


def _mark(status: os.stat_result) -> tuple[int, int]:
    return status.st_size, status.st_mtime_ns
