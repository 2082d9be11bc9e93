"""Which edition a person gets of a team's packet, and what decided it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from firstbell.catalog import load_roles
from firstbell.config.loaded import District
from firstbell.config.team import Membership
from firstbell.packet.audience import EDITIONS

OWN = "own setting"
NARROWEST = "representative"
"""What a role gives in another team to somebody without a seat in the leading one."""


def edition_of(district: District, team_key: str, seats: Sequence[Membership], day: date) -> tuple[str, str]:
    """The edition of one person with these seats in a team, and its reason in words.

    What a seat names counts before its roles; of several the one that shows most. Every packet tells of the whole
    district, so in a team other than the leading one (`District.leading_team`) roles show no more than the person's
    own edition in the leading team does; only a seat's own `edition` gives more there.
    """
    edition, because = _given(seats)
    leading = district.leading_team
    if because == OWN or (leading is not None and leading.key == team_key):
        return edition, because
    at_most = NARROWEST
    if leading is not None:
        held = [seat for seat in district.members(leading.key, day) if seat.person == seats[0].person]
        at_most = _given(held)[0] if held else NARROWEST
    if EDITIONS[edition] <= EDITIONS[at_most]:
        return edition, because
    team = f"team {leading.key}" if leading is not None else "a leading team, which is missing"
    return at_most, f"no more than in {team}"


def _given(seats: Sequence[Membership]) -> tuple[str, str]:
    named = [(seat.edition, OWN) for seat in seats if seat.edition is not None]
    roles = load_roles()
    given = [(roles.role(role).edition.value, f"role {role}") for seat in seats for role in seat.roles]
    return max(named or given, key=lambda one: len(EDITIONS[one[0]]))
