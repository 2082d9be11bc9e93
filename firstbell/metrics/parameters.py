"""A formula's parameters as they stand in the catalogue, and the error when they do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from firstbell.errors import FirstbellError


class FormulaError(FirstbellError):
    """A record of the catalogue names a formula with parameters that do not fit it."""


def text(parameters: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """A word such as a measure's key; FormulaError when it is needed and not there."""
    value = parameters.get(name, default)
    if not isinstance(value, str) or not value:
        raise FormulaError(f"the parameter {name} is missing or not a word; name it in the indicator's params")
    return value


def number(parameters: Mapping[str, Any], name: str, default: float | None = None) -> float:
    """A number; FormulaError when it is needed and not there."""
    value = parameters.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormulaError(f"the parameter {name} is missing or not a number; name it in the indicator's params")
    return float(value)


def whole(parameters: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """A whole number; FormulaError when it is needed and not there."""
    value = number(parameters, name, default)
    if not value.is_integer():
        raise FormulaError(f"the parameter {name} is not a whole number; mend it in the indicator's params")
    return int(value)


def words(parameters: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of words, or one word for a list of one; empty when it is not there."""
    value = parameters.get(name, ())
    listed = (value,) if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise FormulaError(f"the parameter {name} is not a list of words; mend it in the indicator's params")
    return tuple(listed)


def day(parameters: Mapping[str, Any], name: str) -> date:
    """A date; FormulaError when it is not there or cannot be read."""
    value = parameters.get(name)
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise FormulaError(
            f"the parameter {name} is not a date like 2026-07-01; mend it in the indicator's params"
        ) from None
