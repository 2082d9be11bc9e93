"""Who gets which edition of a packet, in which language, and why: told before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from firstbell.briefing.editions import OWN, edition_of
from firstbell.briefing.gather import readers_of
from firstbell.config.loaded import District
from firstbell.meetings import Meeting
from firstbell.packet.material import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What one person gets. The reasons name the role, or the setting of the folder, that decided it."""

    person_key: str
    roles: tuple[str, ...]
    edition: str
    edition_because: str
    language: str
    language_because: str
    reachable: bool
    """False for somebody without an address: the edition is made and goes to nobody."""


def who_gets_what(district: District, meeting: Meeting) -> list[Assignment]:
    """Every reader of a meeting's packet, in the team's order."""
    return [
        Assignment(
            person_key=reader.person_key,
            roles=reader.roles,
            edition=reader.edition,
            edition_because=_edition_because(district, meeting, reader),
            language=reader.language,
            language_because=_language_because(district, reader),
            reachable=bool(district.person(reader.person_key).email),
        )
        for reader in readers_of(district, meeting)
    ]


def _edition_because(district: District, meeting: Meeting, reader: Reader) -> str:
    day = meeting.starts_at.astimezone(district.zone).date()
    seats = [seat for seat in district.members(meeting.team_key, day) if seat.person == reader.person_key]
    return edition_of(district, meeting.team_key, seats, day)[1]


def _language_because(district: District, reader: Reader) -> str:
    if district.person(reader.person_key).language:
        return OWN
    named = reader.edition in district.about.packet.languages
    return f"{reader.edition} edition" if named else "packet's language"
