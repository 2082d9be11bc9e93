"""The systemd units that keep Firstbell running on one machine: server, worker, and the watchdog outside of both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.errors import FirstbellError

TEMPLATES = Path(__file__).resolve().parents[1] / "templates" / "service"
WORKER = "firstbell-worker.service"
UNITS = (
    "firstbell-server.service",
    WORKER,
    "firstbell-watchdog.service",
    "firstbell-watchdog.timer",
)
ENABLED = ("firstbell-server.service", WORKER, "firstbell-watchdog.timer")
SECRETS = "secrets.env"
_USER = re.compile(r"^[a-z_][a-z0-9_-]{0,30}\$?$")
_PLAIN = re.compile(r"^[A-Za-z0-9_@%+=:,./-]+$")


class ServiceError(FirstbellError):
    """Units cannot be written for these paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What the units are written for. All paths are absolute; `environment` holds no secret.

    A machine at a further `vantage` gets a worker alone: the server, the watchdog and `firstbell deploy` are elsewhere.
    """

    user: str
    checkout: Path
    python: Path
    firstbell: Path
    state: Path
    pool: str
    environment: Mapping[str, str] = field(default_factory=dict)
    vantage: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The units that this machine needs."""
        return (WORKER,) if self.vantage else UNITS

    @property
    def enabled(self) -> tuple[str, ...]:
        """Those of them that systemd starts."""
        return (WORKER,) if self.vantage else ENABLED


def units(installation: Installation) -> dict[str, str]:
    """The text of each unit by its file name. Raises ServiceError for what systemd cannot hold."""
    if not _USER.match(installation.user):
        raise ServiceError("--user must be the name of a system user, for example firstbell.")
    paths = (installation.checkout, installation.python, installation.firstbell, installation.state)
    for text in (*map(str, paths), *installation.environment.values()):
        if any(not character.isprintable() for character in text):
            raise ServiceError("A path or a setting holds a line break or a control character; choose another one.")
    if any(mark in str(path) for path in paths for mark in "'\"\\"):
        raise ServiceError("systemd takes no path with quotes or backslashes; move the checkout and its state.")
    relative = [path for path in paths if not path.is_absolute()]
    if relative:
        raise ServiceError(f"{relative[0]} must be an absolute path: systemd starts from no folder.")
    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  no HTML: every value is escaped for systemd below
    )
    values = {
        "user": installation.user,
        "checkout": _escaped(str(installation.checkout)),
        "python": _word(str(installation.python)),
        "firstbell": _word(str(installation.firstbell)),
        "pool": _word(installation.pool),
        "vantage": _escaped(installation.vantage),
        "secrets": _escaped(str(installation.state / SECRETS)),
        "environment": [_word(f"{name}={value}") for name, value in sorted(installation.environment.items())],
    }
    return {name: templates.get_template(f"{name}.j2").render(values) for name in installation.names}


def write_units(installation: Installation, folder: Path) -> list[Path]:
    """Write the units into a folder, each whole or not at all; returns the files."""
    texts = units(installation)
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            part = folder / f".{name}.part"
            part.write_text(text, encoding="utf-8")
            written.append(part.replace(folder / name))
    except OSError as error:
        raise ServiceError(f"{folder} cannot be written ({error.strerror}); choose a folder with --folder.") from error
    return written


def next_steps(installation: Installation, folder: Path) -> list[str]:
    """What root does with the written units, a line each."""
    files = " ".join(str(folder / name) for name in installation.names)
    return [
        f"sudo useradd --system --home-dir {installation.state} {installation.user}  # where it is not there yet",
        f"sudo chown -R {installation.user} {installation.state}",
        f"sudo cp {files} /etc/systemd/system/",
        f"sudo systemctl daemon-reload && sudo systemctl enable --now {' '.join(installation.enabled)}",
    ]


def _escaped(text: str) -> str:
    """A `%` begins a specifier everywhere in a unit."""
    return text.replace("%", "%%")


def _word(text: str) -> str:
    """One word of a line that systemd splits. A `$` stays: in a program's path it begins no variable."""
    escaped = _escaped(text)
    if text and _PLAIN.match(text):
        return escaped
    return '"' + escaped.replace("\\", "\\\\").replace('"', '\\"') + '"'
