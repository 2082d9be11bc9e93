"""The small part of JSON paths that a check needs: `status`, `a.b[0].c`, `[1].name`."""

from __future__ import annotations

import re
from typing import Any

_STEP = re.compile(r"(?:^|(?<=.)\.)([^.\[\]]+)|\[(\d+)\]", re.DOTALL)


def steps(path: str) -> tuple[str | int, ...]:
    """The keys and positions of a path. Raises ValueError for anything that is not of this small form."""
    found: list[str | int] = []
    position = 0
    for match in _STEP.finditer(path):
        if match.start() != position:
            break
        found.append(match[1] if match[1] is not None else int(match[2]))
        position = match.end()
    if not found or position != len(path):
        raise ValueError("is not a path of the form a.b[0].c")
    return tuple(found)


def value_at(document: Any, path: str) -> Any:
    """What stands at the path. Raises LookupError where the document has no such place.

    >>> value_at({"checks": [{"ok": True}]}, "checks[0].ok")
    True
    """
    for step in steps(path):
        match step, document:
            case (str(), dict()) | (int(), list()):
                document = document[step]
            case _:
                raise LookupError(path)
    return document
