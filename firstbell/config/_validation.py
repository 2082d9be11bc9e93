"""From plain content to models, with pydantic's findings said in our own words and never with a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from firstbell.config._document import Document, Place
from firstbell.config._references import did_you_mean
from firstbell.config._section import ADDRESS_PATTERN, KEY_PATTERN, SCHOOL_YEAR_PATTERN
from firstbell.config._shape import alternatives, description_at, fields_of, model_at, walk
from firstbell.config.faults import Fault
from firstbell.config.secrets import is_reference, secrets_in

Validated = TypeVar("Validated", bound=BaseModel)

_WRONG = {
    "string": "must be text; put it in quotes",
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "date": "must be a date written like 2026-09-01",
    "datetime": "must be a date and time written like 2026-09-03T16:00",
    "time": 'must be a time of day written like "08:00"',
    "finite": "must be a number",
    "tuple": "must be a list, each item behind a dash, or {file: a CSV file}",
    "list": "must be a list, each item behind a dash",
    "dict": "must be a mapping of keys to values",
    "model": "must be a mapping of keys to values",
    "url": "must be a whole web address such as https://www.example.org/",
}

_PATTERNS = {
    KEY_PATTERN: "must be lower case letters, digits, dots, dashes and underscores",
    ADDRESS_PATTERN: "must be a mail address such as ada@example.org",
    SCHOOL_YEAR_PATTERN: "must be a school year written like 2026-27",
}
_SPELLINGS: dict[type, re.Pattern[str]] = {
    date: re.compile(r"^\d{4}-\d\d-\d\d$"),
    time: re.compile(r"^\d\d:\d\d(:\d\d)?$"),
    datetime: re.compile(r"^\d{4}-\d\d-\d\d[Tt ]+\d\d:\d\d"),
}


def validate(
    model: type[Validated], document: Document, place: Place = (), content: Any = None
) -> tuple[Validated | None, list[Fault]]:
    """The model of what stands at a place, or None with what is wrong. `content` replaces what is written there."""
    content = document.at(place) if content is None else content
    faults = [
        document.fault((*place, *inner), _written_out(value))
        for inner, value in secrets_in(model, content)
        if value is not None and not (isinstance(value, str) and is_reference(value))
    ]
    faults += [
        document.fault((*place, *inner), _sentence(wrong, {}, "", description_at(model, inner).rstrip(".")))
        for inner, wrong in _unlike_a_time(model, content)
    ]
    try:
        return model.model_validate(content), faults
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        return None, faults + [
            _fault(model, document, place, content, one) for one in found if not _follows(one, found)
        ]


def _unlike_a_time(model: type[BaseModel], content: Any) -> Iterator[tuple[Place, str]]:
    """Dates and times that are not written as such: pydantic takes a bare number for seconds since 1970."""
    for place, annotation, value in walk(model, content):
        for kind, pattern in _SPELLINGS.items():
            if kind in alternatives(annotation) and value is not None and not pattern.match(str(value)):
                yield place, kind.__name__


def _follows(fault: Mapping[str, Any], found: list[Any]) -> bool:
    """True for a list called too short only because its items are wrong, which is told of them already."""
    place = fault["loc"]
    return fault["type"] == "too_short" and any(
        len(o["loc"]) > len(place) and o["loc"][: len(place)] == place for o in found
    )


def _written_out(value: Any) -> str:
    what = "refers to no secret that can be read" if str(value).startswith(("env:", "file:")) else "is written out here"
    return f"{what}; keep the secret elsewhere and write env:NAME, file:PATH or prefect-secret:NAME."


def _fault(model: type[BaseModel], document: Document, place: Place, content: Any, found: Mapping[str, Any]) -> Fault:
    kind, context = found["type"], found.get("ctx", {})
    inner = tuple(_written(content, found["loc"], missing=kind == "missing"))
    if kind == "extra_forbidden" and document.from_table((*place, *inner)):
        file, _, field = document.locate((*place, *inner))
        return Fault(file, 1, field, _unknown_key(model, inner).replace("key", "column", 1))
    if kind == "extra_forbidden":
        return document.fault((*place, *inner), _unknown_key(model, inner))
    about = description_at(model, inner).rstrip(".")
    return document.fault((*place, *inner), _sentence(kind, context, found["msg"], about))


def _unknown_key(model: type[BaseModel], inner: Place) -> str:
    owner = model_at(model, inner[:-1])
    return f"is no known key; {did_you_mean(str(inner[-1]), set(fields_of(owner)) if owner else set())}"


def _sentence(kind: str, context: Mapping[str, Any], message: str, about: str) -> str:
    """What is wrong and what would be right, from pydantic's kind of fault and the field's description."""
    hint = f" ({about[:1].lower()}{about[1:]})" if about else ""
    if kind == "missing":
        return f"is missing; add it{hint}."
    if kind == "value_error":
        return f"{message.removeprefix('Value error, ').rstrip('.')}."
    if kind in ("literal_error", "enum"):
        return f"must be one of {context['expected']}."
    if kind == "string_pattern_mismatch":
        return f"{_PATTERNS.get(context['pattern'], 'is not spelled as it must be')}{hint}."
    for bound, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if bound in context:
            return f"must be {words} {context[bound]}{hint}."
    if kind in ("too_short", "string_too_short"):
        return f"must not be empty{hint}."
    if kind in ("too_long", "string_too_long"):
        return f"is too long; at most {context['max_length']} fit{hint}."
    return f"{_WRONG.get(kind.split('_')[0], 'is not usable here')}{hint}."


def _written(content: Any, loc: Place, *, missing: bool) -> Iterator[str | int]:
    """The steps of pydantic's location that stand in the file: it also names members of unions, which do not."""
    for index, step in enumerate(loc):
        try:
            content = content[step]
        except (KeyError, IndexError, TypeError):
            if missing and index == len(loc) - 1:
                yield step
            continue
        yield step
