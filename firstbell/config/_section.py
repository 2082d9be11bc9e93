"""The base of every part of the district folder, and the spelling of keys."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Literal

import idna
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

KEY_PATTERN = r"^[a-z0-9][a-z0-9_.-]*$"
ADDRESS_PATTERN = r"^[^@\s]+@[^@\s]+$"
SCHOOL_YEAR_PATTERN = r"^\d{4}-\d{2}$"

Key = Annotated[str, Field(pattern=KEY_PATTERN, max_length=60)]
"""A short name that files, figures and mails refer to: lower case letters, digits, dot, dash, underscore."""


def deliverable(address: str) -> str:
    """A mail address as it goes over the wire: its domain in the letters of DNS. Raises ValueError where none does."""
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        raise ValueError("has a letter before the @ that mail servers do not take; write that part with a to z")
    if domain.isascii():
        return address
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True).decode()}"
    except idna.IDNAError:
        raise ValueError("names a domain that cannot exist; mend what stands behind the @") from None


Address = Annotated[str, Field(pattern=ADDRESS_PATTERN), AfterValidator(deliverable)]
"""A mail address; a domain with letters beyond ASCII is kept in its IDNA form."""

Language = Literal["en", "es"]
"""The languages that packets are written in: those with a table in catalogs/wording/."""


class Section(BaseModel):
    """Strict and unchangeable: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, allow_inf_nan=False)


def require_order(first: date | datetime | time, last: date | datetime | time | None, names: str) -> None:
    """Raise ValueError when `last` comes before `first`; `names` says what the two are called in YAML."""
    try:
        turned = last is not None and last < first  # type: ignore[operator]  # both have the same type
    except TypeError as error:
        raise ValueError(f"{names}: one carries an offset and the other does not; write both alike") from error
    if turned:
        raise ValueError(f"{names}: the end lies before the start; exchange or mend them")
