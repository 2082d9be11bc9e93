"""Rows that do not have the documented shape, told by the names of their fields and never by their values."""

from __future__ import annotations

from pydantic import ValidationError

from connectors._errors import BadReplyError


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
