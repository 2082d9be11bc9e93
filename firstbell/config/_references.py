"""What one file says of another: keys that are unique, and keys that must be known elsewhere in the folder.

Patterns are the way to a value, `*` for every item of a list or mapping, `~` for every key of a mapping. They are
read on the plain content of the files, so that a fault in one file does not hide those in another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from firstbell.config._document import Document, Place
from firstbell.config.faults import Fault

DEFINED: Mapping[str, tuple[str, str]] = {
    "school": ("district.yaml", "schools.*.key"),
    "source": ("sources.yaml", "sources.*.key"),
    "service": ("services.yaml", "services.*.key"),
    "system": ("systems.yaml", "systems.*.key"),
    "person": ("teams.yaml", "people.*.key"),
    "team": ("teams.yaml", "teams.*.key"),
    "series": ("meetings.yaml", "series.*.key"),
    "goal": ("plan.yaml", "goals.*.key"),
    "objective": ("plan.yaml", "goals.*.objectives.*.key"),
    "initiative": ("plan.yaml", "goals.*.objectives.*.initiatives.*.key"),
    "milestone": ("plan.yaml", "goals.*.objectives.*.initiatives.*.milestones.*.key"),
    "grant": ("plan.yaml", "grants.*.key"),
}
"""Where each kind of key is given. Within one kind every key is unique."""

UNIQUE = (
    *DEFINED.values(),
    ("district.yaml", "schools.*.known_as.*"),
    ("district.yaml", "calendar.years.*.name"),
    ("services.yaml", "groups.*.key"),
    ("targets.yaml", "adopted.*.indicator"),
)

USED = (
    ("district.yaml", "between_meetings.morning.roles.*", "role"),
    ("sources.yaml", "sources.*.locations.*", "school"),
    ("sources.yaml", "sources.*.owner_role", "role"),
    ("sources.yaml", "sources.*.settings.services.~", "service"),
    ("services.yaml", "services.*.schools.*", "school"),
    ("services.yaml", "services.*.owner_role", "role"),
    ("services.yaml", "services.*.depends_on.*", "service"),
    ("services.yaml", "groups.*.members.*", "service"),
    ("systems.yaml", "systems.*.owner_role", "role"),
    ("compliance.yaml", "items.*.owner_role", "role"),
    ("teams.yaml", "people.*.schools.*", "school"),
    ("teams.yaml", "teams.*.school", "school"),
    ("teams.yaml", "teams.*.members.*.person", "person"),
    ("teams.yaml", "teams.*.members.*.roles.*", "role"),
    ("teams.yaml", "teams.*.members.*.groups.*", "stakeholder group"),
    ("meetings.yaml", "series.*.team", "team"),
    ("plan.yaml", "goals.*.team", "team"),
    ("plan.yaml", "grants.*.owner_role", "role"),
    ("plan.yaml", "goals.*.objectives.*.indicators.*", "indicator"),
    ("plan.yaml", "goals.*.objectives.*.initiatives.*.owner_role", "role"),
    ("plan.yaml", "goals.*.objectives.*.initiatives.*.schools.*", "school"),
    ("plan.yaml", "goals.*.objectives.*.initiatives.*.milestones.*.school", "school"),
    ("plan.yaml", "evidence.*.initiative", "initiative"),
    ("plan.yaml", "evidence.*.school", "school"),
    ("plan.yaml", "readiness.*.initiative", "initiative"),
    ("plan.yaml", "readiness.*.owner_role", "role"),
    ("plan.yaml", "coaching.*.school", "school"),
    ("plan.yaml", "training.*.objective", "objective"),
    ("plan.yaml", "training.*.school", "school"),
    ("plan.yaml", "et_leaders.meetings_of", "team"),
    ("plan.yaml", "et_leaders.hours.*.person", "person"),
    ("plan.yaml", "public_figures.*", "indicator"),
    ("targets.yaml", "adopted.*.indicator", "indicator"),
)
"""Where each kind of key is used."""

MAY_BE_NONE = frozenset({"service"})
"""What a folder may do without: then whatever names one is wrong."""


def repeated(documents: Mapping[str, Document]) -> Iterator[Fault]:
    """Keys that are given to two things."""
    for file, pattern in UNIQUE:
        yield from _repeated_values(documents.get(file), pattern)
    yield from _repeated_duties(documents.get("compliance.yaml"))


def unknown(documents: Mapping[str, Document], known: Mapping[str, frozenset[str]]) -> Iterator[Fault]:
    """Keys that nothing defines. `known` holds the kinds that the folder itself does not define (role, indicator)."""
    kinds = dict(known)
    for kind, (file, pattern) in DEFINED.items():
        if file in documents:
            kinds[kind] = frozenset(str(value) for _, value in matches(documents[file], pattern))
    for file, pattern, kind in USED:
        if file not in documents or not (kinds.get(kind) or kind in MAY_BE_NONE):
            continue  # that the defining list is empty or unreadable is told where it stands
        for place, value in matches(documents[file], pattern):
            if isinstance(value, str) and value not in (there := kinds.get(kind, frozenset())):
                yield documents[file].fault(place, _names_nothing(value, kind, there))


def matches(document: Document, pattern: str) -> Iterator[tuple[Place, Any]]:
    """Every written, scalar value that the pattern reaches, with its place."""
    return ((place, value) for place, value in _descend(document.data, pattern.split("."), ()) if value is not None)


def did_you_mean(word: str, known: frozenset[str] | set[str]) -> str:
    """A closing half-sentence that names the nearest known word, or all of them where they are few."""
    near = get_close_matches(word, sorted(known), n=1, cutoff=0.8)
    part = [one for one in re.split(r"[_.-]", word) if one in known]
    far = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    if close := near or part[-1:] or far:
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(sorted(known))}." if 0 < len(known) <= 20 else "look for its spelling."


def _names_nothing(value: str, kind: str, known: frozenset[str]) -> str:
    if len(value) > 60:
        return f"names no {kind} there is; write one of its keys."
    return f'names the {kind} "{value}", which there is not; {did_you_mean(value, known)}'


def _descend(value: Any, steps: list[str], place: Place) -> Iterator[tuple[Place, Any]]:
    if not steps:
        if isinstance(value, str | int | float | None):
            yield place, value
        return
    step, *rest = steps
    if step == "~":
        yield from (((*place, key), key) for key in (value if isinstance(value, dict) else ()))
    elif step != "*":
        if isinstance(value, dict) and step in value:
            yield from _descend(value[step], rest, (*place, step))
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _descend(inner, rest, (*place, key))


def _repeated_values(document: Document | None, pattern: str) -> Iterator[Fault]:
    first: dict[str, str] = {}
    for place, value in matches(document, pattern) if document else ():
        file, line, _ = document.locate(place) if document else ("", 0, "")
        if document and str(value) in first:
            yield document.fault(place, f"is taken, first by {first[str(value)]}; choose another.")
        first.setdefault(str(value), f"{file}:{line}")


def _repeated_duties(document: Document | None) -> Iterator[Fault]:
    """A duty is named by framework, code and subject together."""
    items = document.at(("items",)) if document else None
    seen: set[tuple[str, str, str]] = set()
    for index, item in enumerate(items if isinstance(items, list) else ()):
        if document and isinstance(item, dict):
            duty = (str(item.get("framework")), str(item.get("code")), str(item.get("subject", "district")))
            if duty in seen:
                yield document.fault(("items", index, "code"), "stands twice for this subject; keep one.")
            seen.add(duty)
