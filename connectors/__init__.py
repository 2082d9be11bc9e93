"""The connectors: one module per outside system, registered by being there.

A module that does not import is an error, never skipped: a source that silently vanished would look like good news.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

from connectors._base import Connector
from connectors._errors import SettingsError


@cache
def kinds() -> tuple[str, ...]:
    """The kinds of source, in alphabetical order: the modules of this folder without a leading underscore."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")))


@cache
def get(kind: str) -> type[Connector]:
    """The connector class of a kind.

    Raises SettingsError naming the kinds there are when there is none of this name, and lets an ImportError of the
    module itself through.
    """
    if kind not in kinds():
        raise SettingsError(f'There is no source kind "{kind}"; the kinds are {", ".join(kinds())}.')
    module = import_module(f"connectors.{kind}")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Connector) and member.__module__ == module.__name__ and not inspect.isabstract(member)
    ]
    if len(found) != 1:
        raise TypeError(f"connectors/{kind}.py must hold exactly one Connector class, it holds {len(found)}")
    return found[0]
