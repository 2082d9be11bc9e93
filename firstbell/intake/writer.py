"""Who writes: a mail is believed only as an answer to a letter of ours, by the person whom that letter was sent to.

A From line alone proves nothing: everybody can write one. Who knows the Message-ID of a letter has had it before him.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from sqlalchemy import Connection

from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.delivery.message import addresses_in
from firstbell.intake.items import today
from firstbell.intake.reading import ReceivedMail
from firstbell.intake.words import lines_of_html
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import message_by_key
from firstbell.store.received import letters_by_id
from firstbell.workplace import Workplace

LEADER = "team_leader"
LEFT_US = (MessageState.SENT, MessageState.UNKNOWN, MessageState.ATTEMPTING)
"""Letters that may have come to hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """A member of a team, and the letter that he or she answers. `roles` are those held in that team today."""

    letter: OutboxRow
    team_key: str
    roles: tuple[str, ...]

    @property
    def leads(self) -> bool:
        return LEADER in self.roles


def writer_of(work: Workplace, connection: Connection, mail: ReceivedMail) -> Writer | None:
    """Who wrote a mail, if that can be believed; None for everybody else."""
    for letter in letters_by_id(connection, mail.answers) if mail.sender else ():
        ours = prepared_in_rehearsal(letter.message_key) == work.rehearsing and letter.state in LEFT_US
        if ours and mail.sender in _addresses(work, letter):
            return _member(work, letter)
    return None


def _addresses(work: Workplace, letter: OutboxRow) -> set[str]:
    """Where a letter went, and where its reader can be reached today; in rehearsal the installer alone reads."""
    found = {address.casefold() for address in addresses_in(letter.address or "")}
    if not work.rehearsing:
        found |= {person.email.casefold() for person in work.district.people if person.key == letter.person_key}
    return found - {""}


def _member(work: Workplace, letter: OutboxRow) -> Writer | None:
    """The reader's seat in the team of the letter. A letter that belongs to no team may name one in its key; else the
    team that the reader leads counts, or the first one."""
    held = {team.key: roles_of(work, letter.person_key, team.key) for team in work.district.teams}
    seats = {key: roles for key, roles in held.items() if roles}
    if letter.team_key in seats:
        return Writer(letter=letter, team_key=letter.team_key, roles=seats[letter.team_key])
    if letter.team_key or not seats:
        return None
    named = [key for key in seats if key in re.split(r"[/.+]", letter.message_key)]
    key = (named or [key for key, roles in seats.items() if LEADER in roles] or list(seats))[0]
    return Writer(letter=letter, team_key=key, roles=seats[key])


def roles_of(work: Workplace, person_key: str, team_key: str) -> tuple[str, ...]:
    """The roles that a person holds in a team today; none where he or she does not sit in it."""
    seats = (
        work.district.members(team_key, today(work)) if team_key in {team.key for team in work.district.teams} else ()
    )
    return tuple(dict.fromkeys(role for seat in seats if seat.person == person_key for role in seat.roles))


def letter_text(connection: Connection, letter: OutboxRow) -> str:
    """What a letter of ours says, as text and as HTML shows it; empty once its bytes have expired."""
    row = message_by_key(connection, letter.message_key)
    if row is None or row.message is None:
        return ""
    mail = message_from_bytes(row.message, policy=policy.default)
    plain, html = (mail.get_body((kind,)) if isinstance(mail, EmailMessage) else None for kind in ("plain", "html"))
    shown = lines_of_html(str(html.get_content())) if html is not None else []
    return "\n".join([str(plain.get_content()) if plain is not None else "", *(line.text for line in shown)])
