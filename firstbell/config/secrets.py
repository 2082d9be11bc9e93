"""Secrets by reference: the district folder names where a secret is, never the secret.

A reference is `env:NAME` (an environment variable), `file:PATH` (a file, relative to the district folder, its last
line break left out) or `prefect-secret:NAME` (a Secret block; the layer that knows Prefect brings the reader). It is
resolved at use, so that one missing secret costs one source and not the night.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, SecretStr

from firstbell.config._document import Place
from firstbell.config._shape import is_secret, walk
from firstbell.errors import FirstbellError

SecretReader = Callable[[str], str]
"""Takes what follows the colon and returns the secret. Raises SecretError."""

_REFERENCE = re.compile(r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:\S.*|prefect-secret:[a-z0-9][a-z0-9-]*)$")

Settings = TypeVar("Settings", bound=BaseModel)


class SecretError(FirstbellError):
    """A secret that is referred to and cannot be had."""


def is_reference(text: str) -> bool:
    """True for env:NAME, file:PATH and prefect-secret:NAME.

    >>> is_reference("env:SMTP_PASSWORD"), is_reference("hunter2")
    (True, False)
    """
    return _REFERENCE.match(text) is not None


def secrets_in(annotation: Any, content: Any) -> Iterator[tuple[Place, Any]]:
    """Every place of plain data that the model keeps as a secret, with what is written there."""
    return ((place, value) for place, expected, value in walk(annotation, content) if is_secret(expected))


def readers(folder: Path, environment: Mapping[str, str] = os.environ) -> dict[str, SecretReader]:
    """The readers that need nothing but this machine: `env` and `file`."""

    def from_environment(name: str) -> str:
        if not environment.get(name):
            raise SecretError(f"the environment variable {name} is not set; set it where Firstbell runs.")
        return environment[name]

    def from_file(name: str) -> str:
        try:
            text = (folder / name).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise SecretError(f"the file {name} cannot be read; check that it exists and who may read it.") from error
        if not text:
            raise SecretError(f"the file {name} is empty; write the secret into it.")
        return text

    return {"env": from_environment, "file": from_file}


def resolve(settings: Settings, readers: Mapping[str, SecretReader], place: str = "") -> Settings:
    """A copy of the settings in which each reference is replaced by its secret.

    `place` is where the settings stand ("sources.yaml:12: help_desk"), for the error. Raises SecretError naming the
    field and the reference, never a value.
    """
    changed: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        here = f"{place}.{name}" if place else name
        resolved = _resolved(value, readers, here)
        if resolved is not value:
            changed[name] = resolved
    return settings.model_copy(update=changed) if changed else settings


def _resolved(value: Any, readers: Mapping[str, SecretReader], place: str) -> Any:
    if isinstance(value, SecretStr):
        if not value.get_secret_value():
            return value  # left out, where a kind's settings allow that
        return SecretStr(_read(value.get_secret_value(), readers, place))
    if isinstance(value, BaseModel):
        return resolve(value, readers, place)
    if isinstance(value, tuple | list):
        items = [_resolved(item, readers, f"{place}.{index}") for index, item in enumerate(value)]
        return type(value)(items) if any(a is not b for a, b in zip(items, value, strict=True)) else value
    if isinstance(value, dict):
        return {key: _resolved(item, readers, f"{place}.{key}") for key, item in value.items()}
    return value


def _read(reference: str, readers: Mapping[str, SecretReader], place: str) -> str:
    try:
        return read_secret(reference, readers)
    except SecretError as error:
        raise SecretError(f"{place}: {error}") from error


def read_secret(reference: str, readers: Mapping[str, SecretReader]) -> str:
    """The secret that a reference names. Raises SecretError, which never quotes what is not a reference."""
    if not is_reference(reference):
        raise SecretError("the secret is written out; write env:NAME, file:PATH or prefect-secret:NAME instead.")
    scheme, _, name = reference.partition(":")
    if scheme not in readers:
        raise SecretError(f"nothing here can read {scheme} secrets; use env:NAME or file:PATH.")
    return readers[scheme](name)


def readable_by_all(folder: Path, reference: str) -> bool:
    """True for a secret file that every user of this machine may read."""
    path = folder / reference.removeprefix("file:")
    return reference.startswith("file:") and path.exists() and bool(path.stat().st_mode & stat.S_IROTH)
