"""Reading minutes from a file: what is written, with the lines it stands on."""

from __future__ import annotations

from pathlib import Path

from firstbell.config._document import Document, parse_document, read_document
from firstbell.config._validation import validate
from firstbell.config.faults import ConfigError
from firstbell.minutes.faults import MinutesError
from firstbell.minutes.model import Minutes


def read_minutes(path: Path) -> tuple[Minutes, Document]:
    """The minutes in a YAML file. Raises MinutesError with everything that is not as it must be."""
    try:
        document = read_document(path.parent, path.name)
    except ConfigError as error:
        raise MinutesError(error.faults) from error
    return _validated(document)


def minutes_from_text(text: str, name: str = "minutes") -> tuple[Minutes, Document]:
    """The minutes in YAML text, such as somebody pasted into a form. Raises MinutesError."""
    try:
        document = parse_document(text, name)
    except ConfigError as error:
        raise MinutesError(error.faults) from error
    return _validated(document)


def _validated(document: Document) -> tuple[Minutes, Document]:
    _without_nothing(document)
    minutes, faults = validate(Minutes, document)
    faults = [*document.faults, *faults]
    if faults or minutes is None:
        raise MinutesError(sorted(faults))
    return minutes, document


def _without_nothing(document: Document) -> None:
    """A key with nothing behind it says nothing: the template leaves many of them."""
    entries = [document.data, *(one for part in document.data.values() if isinstance(part, list) for one in part)]
    for entry in entries:
        if isinstance(entry, dict):
            for key in [key for key, value in entry.items() if value is None]:
                del entry[key]
