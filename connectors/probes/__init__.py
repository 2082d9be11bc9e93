"""The direct probes: one module per kind of look, registered by being there.

As with the connectors, a module that does not import is an error, never skipped.
"""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from pathlib import Path

from connectors._errors import SettingsError
from connectors.probes._base import Probe


@cache
def kinds() -> tuple[str, ...]:
    """The kinds of probe, in alphabetical order: the modules of this folder without a leading underscore."""
    return tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if not path.stem.startswith("_")))


@cache
def get(kind: str) -> type[Probe]:
    """The probe class of a kind.

    Raises SettingsError naming the kinds there are when there is none of this name, and lets an ImportError of the
    module itself through.
    """
    if kind not in kinds():
        raise SettingsError(f'There is no probe kind "{kind}"; the kinds are {", ".join(kinds())}.')
    module = import_module(f"connectors.probes.{kind}")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Probe) and member.__module__ == module.__name__ and not inspect.isabstract(member)
    ]
    if len(found) != 1:
        raise TypeError(f"connectors/probes/{kind}.py must hold exactly one Probe class, it holds {len(found)}")
    return found[0]
