"""What all tests share: property tests judge behaviour, never how fast a busy machine is."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("any_machine", deadline=None)
settings.load_profile("any_machine")
