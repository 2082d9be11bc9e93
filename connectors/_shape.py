"""Rows that do not have the documented shape, told by the names of their fields and never by their values."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from connectors._errors import BadReplyError

Model = TypeVar("Model", bound=BaseModel)


def shaped(where: str, model: type[Model], row: Any) -> Model:
    """A row as `model` knows it. Raises BadReplyError that names the fields amiss."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise bad_shape(where, error) from None


def bad_shape(where: str, fault: ValidationError | str) -> BadReplyError:
    """The error for a reply whose field `fault` is not there, or for all fields that pydantic found amiss.

    pydantic's own text quotes the values, so only the fields' names are taken from it.
    """
    if isinstance(fault, str):
        return BadReplyError(f"{where} answers without the field {fault}; its version may differ from what is known.")
    fields = sorted({".".join(str(part) for part in one["loc"]) or "the row itself" for one in fault.errors()})
    return BadReplyError(
        f"{where} answers with rows whose {', '.join(fields[:5])} is missing or of another kind than documented; its "
        "version may differ from what is known."
    )
