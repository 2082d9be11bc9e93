"""Backups: fresh, covered, looked into and restored are four different things, and each has its own figure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedSystem:
    """A system whose data must survive: how fresh its backup has to be, and how soon it has to be back."""

    system_key: str
    recovery_point_hours: float
    restore_limit_hours: float | None = None
    vendor_hosted: bool = False
