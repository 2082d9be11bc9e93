"""Who may see what: cutting one edition out of a packet.

Editions are allow-lists of classes. Whatever an edition shows, in any form, comes from its own cut packet, so a form
cannot leak what the cut removed. A field without a class is removed for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from firstbell.errors import FirstbellError
from firstbell.packet.model import Audience, Classed, Cover, IncidentLine, Packet, Part

EDITIONS: Mapping[str, frozenset[Audience]] = {
    "leadership": frozenset(
        {Audience.PUBLIC, Audience.TEAM, Audience.LEADERSHIP, Audience.SECURITY, Audience.INCIDENT}
    ),
    "technical": frozenset({Audience.PUBLIC, Audience.TEAM, Audience.TECHNICAL, Audience.SECURITY}),
    "representative": frozenset({Audience.PUBLIC, Audience.TEAM}),
    "public": frozenset({Audience.PUBLIC}),
}
"""Which classes each edition holds. Small groups and other people's own lines are in none."""


class EditionError(FirstbellError):
    """A name that no edition has."""


Cut = TypeVar("Cut", bound=Part)


def cut(packet: Packet, edition: str) -> Packet:
    """The packet as an edition may show it; KeyError for an edition that does not exist.

    Incidents stand in an edition only from the day they were released; before that they are on the covers of the
    people whose roles they name.
    """
    zone = ZoneInfo(packet.heading.time_zone)
    until = packet.as_of.astimezone(zone).date() if packet.as_of is not None else date.min
    return _cut_part(packet, EDITIONS[edition], until)


def edition_named(name: str) -> str:
    """The edition's own name; EditionError for one that does not exist."""
    if name not in EDITIONS:
        raise EditionError(f"There is no edition {name}; known are {', '.join(EDITIONS)}.")
    return name


def in_language(packet: Packet, language: str) -> Packet:
    """The packet in that language; as it is where it was not written in it."""
    return next((one for one in packet.translations if one.heading.language == language), packet)


def cover_of(packet: Packet, person_key: str) -> Cover | None:
    """The cover that was written for one person, or None."""
    return next((cover for cover in packet.covers if cover.person_key == person_key), None)


def class_of(part_type: type[Part], field: str) -> Audience | None:
    """The class a field is labelled with; None for a field that nobody may see."""
    return _classes(part_type)[field]


@cache
def _classes(part_type: type[Part]) -> Mapping[str, Audience | None]:
    labels = {
        name: [label for label in field.metadata if isinstance(label, Audience)]
        for name, field in part_type.model_fields.items()
    }
    return {name: found[0] if len(found) == 1 else None for name, found in labels.items()}


def _cut_part(part: Cut, allowed: frozenset[Audience], until: date) -> Cut:
    """The part with what is allowed; a part that is allowed whole is itself, because parts never change."""
    values = part.__dict__
    fields = _classes(type(part))
    kept = {name: _cut_value(values[name], allowed, until) for name, label in fields.items() if label in allowed}
    if len(kept) == len(fields) and all(value is values[name] for name, value in kept.items()):
        return part
    return cast(Cut, type(part).model_construct(**{name: value for name, value in kept.items() if value is not None}))


def _cut_value(value: Any, allowed: frozenset[Audience], until: date) -> Any:
    if isinstance(value, tuple):
        cuts = [_cut_value(member, allowed, until) for member in value]
        if all(one is member for one, member in zip(cuts, value, strict=True)):
            return value
        return tuple(member for member in cuts if member is not None)
    if isinstance(value, Classed) and not _may_stand(value, allowed, until):
        return _stub(value)
    if isinstance(value, Part):
        return _cut_part(value, allowed, until)
    return value


def _may_stand(piece: Classed, allowed: frozenset[Audience], until: date) -> bool:
    if isinstance(piece, IncidentLine) and (piece.released_on is None or piece.released_on > until):
        return False
    return piece.audience in allowed


def _stub(piece: Classed) -> Classed | None:
    if not piece.STUB:
        return None
    return type(piece).model_construct(audience=Audience.PUBLIC, **{name: getattr(piece, name) for name in piece.STUB})
