"""Killing a job at its k-th step, without a word of warning.

A step is anything after which the world outside of the process may look different: a statement or a commit on the
store, a command to the mail server, a request over HTTP, the answer to either, and a file opened for writing, renamed,
removed or a folder made.
"""

from __future__ import annotations

import http.client
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, event
from yagmail import sender

_FILE_STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink"}
_SENDING_STEPS = {
    "smtplib.connect": "mail: connect",
    "smtplib.send": "mail: send",
    "http.client.connect": "http: connect",
    "http.client.send": "http: send",
}


@dataclass
class Steps:
    """Counts the steps of this process within a folder from now on, and dies at the `last` one where one is given."""

    within: str
    last: int = 0
    seen: list[str] = field(default_factory=list)

    def take(self, name: str) -> None:
        """One more step is about to be made."""
        self.seen.append(name)
        if len(self.seen) == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Begin to count; there is no way to stop, for a process that is about to end."""
        sys.addaudithook(self._audited)
        event.listen(Engine, "before_cursor_execute", lambda *about: self.take(f"store: {about[2].split()[0]}"))
        event.listen(Engine, "commit", lambda _: self.take("store: commit"))
        event.listen(Engine, "rollback", lambda _: self.take("store: rollback"))
        _before(sender.smtplib.SMTP, "getreply", lambda: self.take("mail: answer"))
        _before(http.client.HTTPConnection, "getresponse", lambda: self.take("http: answer"))

    def _audited(self, name: str, about: tuple[Any, ...]) -> None:
        if name in _SENDING_STEPS:
            self.take(_SENDING_STEPS[name])
        elif name in _FILE_STEPS and self._inside(about[0]):
            self.take(f"file: {name.removeprefix('os.')}")
        elif name == "open" and self._inside(about[0]) and about[2] & (os.O_WRONLY | os.O_RDWR):
            self.take("file: open")

    def _inside(self, path: Any) -> bool:
        return isinstance(path, str | os.PathLike) and os.fspath(path).startswith(self.within)


def _before(owner: type, name: str, step: Callable[[], None]) -> None:
    """Make a step before each call of the standard library's method `name`."""
    method = getattr(owner, name)

    def stepped(self: Any) -> Any:
        step()
        return method(self)

    setattr(owner, name, stepped)
