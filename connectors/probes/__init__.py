"""The direct probes: one module per kind of look, registered by being there."""

from __future__ import annotations

from connectors._registry import class_of, kinds_in
from connectors.probes._base import Probe


def kinds() -> tuple[str, ...]:
    """The kinds of probe, in alphabetical order."""
    return kinds_in(__name__)


def get(kind: str) -> type[Probe]:
    """The probe class of a kind; SettingsError where there is none of this name."""
    return class_of(__name__, kind, Probe, "probe")
