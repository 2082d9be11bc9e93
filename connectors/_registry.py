"""Registered by being there: the modules of a folder, each holding the one class of its kind.

A module that does not import is an error, never skipped: a source that silently vanished would look like good news.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from connectors._errors import SettingsError


@cache
def kinds_in(package: str) -> tuple[str, ...]:
    """A package's kinds in alphabetical order: its modules without a leading underscore."""
    folder = Path(str(import_module(package).__file__)).parent
    return tuple(sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_")))


@cache
def class_of(package: str, kind: str, contract: type[object], noun: str) -> type[Any]:
    """The one class of a kind that fulfils `contract`; `noun` is what people call such a kind.

    Raises SettingsError naming the kinds there are when there is none of this name, and lets an ImportError of the
    module itself through.
    """
    kinds = kinds_in(package)
    if kind not in kinds:
        raise SettingsError(f'There is no {noun} kind "{kind}"; the kinds are {", ".join(kinds)}.')
    module = import_module(f"{package}.{kind}")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, contract) and member.__module__ == module.__name__ and not inspect.isabstract(member)
    ]
    if len(found) != 1:
        path = module.__name__.replace(".", "/")
        raise TypeError(f"{path}.py must hold exactly one {contract.__name__} class, it holds {len(found)}")
    return found[0]
