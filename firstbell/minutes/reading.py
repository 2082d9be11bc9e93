"""Reading minutes from a file: what is written, with the lines it stands on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from firstbell.config._document import Document, parse_document, read_document
from firstbell.config._validation import validate
from firstbell.config.faults import ConfigError, Fault
from firstbell.minutes.faults import MinutesError, Paper
from firstbell.minutes.model import Minutes


def read_minutes(path: Path) -> tuple[Minutes, Paper]:
    """The minutes in a YAML file, as `minutes_from_text` reads them. Raises MinutesError."""
    try:
        document = read_document(path.parent, path.name)
    except ConfigError as error:
        raise MinutesError(error.faults) from error
    return _validated(document)


def minutes_from_text(text: str, name: str = "minutes") -> tuple[Minutes, Paper]:
    """The minutes in YAML text, such as somebody pasted into a form, and where they stand in it.

    What cannot be read is left out and told in the paper's faults: minutes with such are never recorded, but what else
    is wrong with them is then found as well. Raises MinutesError where not even the team can be read.
    """
    try:
        document = parse_document(text, name)
    except ConfigError as error:
        raise MinutesError(error.faults) from error
    return _validated(document)


def _validated(document: Document) -> tuple[Minutes, Paper]:
    _without_nothing(document)
    minutes, found = validate(Minutes, document)
    faults = sorted([*document.faults, *found])
    items: dict[str, list[int]] = {}
    if minutes is None:
        items = _without(document, found)
        minutes, _ = validate(Minutes, document)
    if minutes is None or any(fault.field == "team" for fault in faults):
        raise MinutesError(faults)
    return minutes, Paper(document, faults, items)


def _without(document: Document, faults: Sequence[Fault]) -> dict[str, list[int]]:
    """Leave out the items of lists and the fields that are faulty; where the items that are left stand."""
    wrong = [fault.field.split(".") for fault in faults]
    dropped = {(name, int(rest[0])) for name, *rest in wrong if rest and rest[0].isdecimal()}
    for name in [".".join(place) for place in wrong]:
        document.data.pop(name, None)
    items = {}
    for name in {name for name, _ in dropped} & document.data.keys():
        written = document.data[name]
        items[name] = [index for index in range(len(written)) if (name, index) not in dropped]
        document.data[name] = [written[index] for index in items[name]]
    return items


def _without_nothing(document: Document) -> None:
    """A key with nothing behind it says nothing: the template leaves many of them."""
    entries = [document.data, *(one for part in document.data.values() if isinstance(part, list) for one in part)]
    for entry in entries:
        if isinstance(entry, dict):
            for key in [key for key, value in entry.items() if value is None]:
                del entry[key]
