"""The base of every part of the district folder, and the spelling of keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]*$", max_length=60)]
"""A short name that files, figures and mails refer to: lower case letters, digits, dot, dash, underscore."""


class Section(BaseModel):
    """Strict and unchangeable: an unknown key is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
