"""What all pieces of a packet share: the classes of information, and the labels that say who may see what.

Labels work on two levels. A field's class stands in its annotation (`Public[str]`); a field without a class is never
shown to anybody. A piece whose class depends on its content (a finding may be about lunch menus or about a hole in
the firewall) is a `Classed` part and carries its class in `audience`: the whole piece needs it, on top of the classes
of its fields.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict


class Audience(StrEnum):
    """The classes of information."""

    PUBLIC = "public"
    TEAM = "team"
    INDIVIDUAL = "individual"
    """About or for one person: shown on that person's own cover only."""
    SMALL_GROUP = "small_group"
    """About fewer people than the small-group minimum: kept in the snapshot, shown in no edition."""
    LEADERSHIP = "leadership"
    """What those who lead renew or staff: terms, keys, calendars."""
    TECHNICAL = "technical"
    """Names of machines and accounts: for those who mend them."""
    SECURITY = "security"
    INCIDENT = "incident"


Value = TypeVar("Value")
Public = Annotated[Value, Audience.PUBLIC]
Team = Annotated[Value, Audience.TEAM]
Individual = Annotated[Value, Audience.INDIVIDUAL]
SmallGroup = Annotated[Value, Audience.SMALL_GROUP]
Technical = Annotated[Value, Audience.TECHNICAL]
IncidentOnly = Annotated[Value, Audience.INCIDENT]


class Part(BaseModel):
    """Any piece of a packet. Strict and frozen; defaults are what stands there once a field was cut away."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Classed(Part):
    """A piece that is shown as a whole or not at all.

    `STUB` names the fields that stay where the piece is cut, so that item numbers and places are the same in all
    editions; a piece without stub vanishes.
    """

    STUB: ClassVar[tuple[str, ...]] = ()

    audience: Public[Audience] = Audience.TEAM
