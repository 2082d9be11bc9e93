"""docs/configuration.md, written from the models: every file, every field, and what it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from firstbell.config._shape import Model, alternatives, fields_of, item_of, model_of, values_of
from firstbell.config.loading import FILES, NEEDED

INTRODUCTION = """\
# Configuration

<!-- Written by `firstbell docs` from firstbell/config/; change it there. -->

Firstbell reads one folder of YAML files, the district folder. `firstbell init` writes a start, `firstbell doctor`
says what is wrong with it, and every command tells all faults at once, each with file, line and remedy.

- The folder is `district/` where the command runs, or what `--district` or `FIRSTBELL_DISTRICT` names.
- An unknown key is an error, so that a misspelled one never goes unnoticed.
- A list of sections may live in a CSV file: `services: {file: services.csv}`. Columns are fields, a dot reaches into
  a nested one (`probe.url`), cells that hold a list are split at semicolons, empty cells are not given.
- Secrets never stand in the folder. A secret field holds `env:NAME` (an environment variable), `file:PATH` (a file,
  relative to the folder) or `prefect-secret:NAME` (a Secret block of Prefect). They are read when they are needed, and
  a missing one costs one source, not the night.
- Dates are written `2026-09-01`, times of day `08:00`, moments `2026-09-03T16:00` in the district's own time.
- Editors complete and check these files: `firstbell schema` writes JSON Schemas, and the first line of each file
  points at its own.

What a source's `settings` and a service's `probe` hold depends on their kind: see [connectors](connectors.md).
"""

_NAMES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    date: "date",
    datetime: "date and time",
    time: "time of day",
    SecretStr: "reference to a secret",
    Any: "anything",
}


def configuration_page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for file, model in FILES.items():
        needed = "Needed." if file in NEEDED else "May be left out."
        parts.append(f"## {file}\n\n{needed}\n\n{field_table(model)}")
        parts += [
            f"### {file}: {place}\n\n{(inner.__doc__ or '').strip()}\n\n{field_table(inner)}"
            for place, inner in _sections(model)
        ]
    return "\n".join(parts)


def field_table(model: Model) -> str:
    """A Markdown table of a model's fields: name, what it takes, default, meaning."""
    rows = [
        f"| `{name}` | {type_words(field.annotation)} | {_default(field)} | {_cell(field.description or '')} |"
        for name, field in fields_of(model).items()
    ]
    return "\n".join(["| field | takes | default | meaning |", "|---|---|---|---|", *rows, ""])


def type_words(annotation: Any) -> str:
    """What a field takes, in words.

    >>> type_words(tuple[int, ...]), type_words(str | None)
    ('list of: whole number', 'text')
    """
    return " or ".join(dict.fromkeys(_word(one) for one in alternatives(annotation)))


def _word(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(f"`{value}`" for value in get_args(annotation))
    if (item := item_of(annotation)) is not None:
        return f"list of: {type_words(item)}"
    if (values := values_of(annotation)) is not None:
        return f"mapping to: {type_words(values)}"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return _NAMES.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True) if field.default_factory is None else PydanticUndefined
    if field.is_required():
        return "needed"
    if value is None or value in ("", (), {}) or isinstance(value, BaseModel) or value is PydanticUndefined:
        return ""
    return f"`{value.value if isinstance(value, Enum) else str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _sections(model: Model, place: str = "") -> Iterator[tuple[str, Model]]:
    """Every section below a model, outermost first, with the way to it; [] marks a list, {} a mapping."""
    for name, field in fields_of(model).items():
        for annotation, mark in (
            (field.annotation, ""),
            (item_of(field.annotation), "[]"),
            (values_of(field.annotation), "{}"),
        ):
            inner = model_of(annotation) if annotation is not None else None
            if inner is not None:
                here = f"{place}.{name}{mark}".lstrip(".")
                yield here, inner
                yield from _sections(inner, here)
