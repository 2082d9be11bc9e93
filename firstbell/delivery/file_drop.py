"""Mail as files: each message becomes an .eml file in a folder, for districts whose mail leaves by other means."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from firstbell.delivery.transport import Connection, DeliveryError, Handover, Outcome


@dataclass(frozen=True, slots=True)
class FileDrop:
    """A folder that finished messages are put into."""

    folder: Path

    @property
    def name(self) -> str:
        return f"files in {self.folder.name}"

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """The folder, made where it is missing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DeliveryError(f"The mail folder {self.folder} cannot be made: {error.strerror}.") from error
        yield self

    def ready(self) -> None:
        """Always."""

    def send(self, address: str, message: bytes) -> Handover:
        """Write the message under a name made of its content, complete or not at all."""
        name = hashlib.sha256(address.encode() + b"\0" + message).hexdigest()[:24]
        target, part = self.folder / f"{name}.eml", self.folder / f".{name}.part"
        try:
            with part.open("wb") as file:
                file.write(b"X-Envelope-To: " + address.encode("ascii", "replace") + b"\r\n" + message)
                file.flush()
                os.fsync(file.fileno())
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            return Handover(Outcome.DEFERRED, f"not written: {error.strerror}")
        return Handover(Outcome.SENT, f"written as {target.name}")
