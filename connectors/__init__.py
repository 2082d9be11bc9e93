"""The connectors: one module per outside system, registered by being there."""

from __future__ import annotations

from connectors._base import Connector
from connectors._registry import class_of, kinds_in


def kinds() -> tuple[str, ...]:
    """The kinds of source, in alphabetical order."""
    return kinds_in(__name__)


def get(kind: str) -> type[Connector]:
    """The connector class of a kind; SettingsError where there is none of this name."""
    return class_of(__name__, kind, Connector, "source")
