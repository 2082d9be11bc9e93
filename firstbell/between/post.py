"""Short mails in the outbox: to whom one goes, under which key, and what of a kind still waits.

They belong to no packet, so their rows name no team and no meeting; their keys do. In rehearsal all of them go to the
installer under keys of their own, so that going live writes afresh.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from firstbell.briefing.gather import readers_at
from firstbell.briefing.letters import recipient
from firstbell.briefing.notice import Block, Notice, render_notice
from firstbell.config.rehearsal import MARK, prepared_in_rehearsal
from firstbell.config.team import Person
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.message import Attachment, Letter, one_line
from firstbell.delivery.transport import Transport
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, prepare
from firstbell.store.written import written
from firstbell.workplace import Workplace

ADDRESSES_KEPT = timedelta(days=120)
JOIN = "+"
"""Stands between the things that one mail speaks of, in its key."""


def wording_of(work: Workplace, person_key: str) -> Wording:
    """The words of the language in which a person reads the packet, too."""
    return Wording(work.district.zone, language_of(work, person_key))


def language_of(work: Workplace, person_key: str) -> str:
    """A person's own language, else that of the edition of the person's first seat, else the packet's."""
    district = work.district
    readers = (reader for team in district.teams for reader in readers_at(district, team.key, work.clock()))
    seat = next((reader.language for reader in readers if reader.person_key == person_key), "")
    return seat or district.person(person_key).language or district.about.packet.language


def notice(
    work: Workplace,
    words: Wording,
    *,
    subject: str,
    title: str,
    opening: Sequence[str],
    blocks: Sequence[Block] = (),
    closing: str,
) -> Notice:
    """A short mail under the district's own heading, in the language of its words."""
    about = work.district.about
    return Notice(
        subject=subject,
        language=words.language,
        district=about.name,
        title=title,
        label=Words(words.language).say("sample") if about.sample else "",
        opening=tuple(opening),
        blocks=tuple(blocks),
        closing=(closing,),
    )


def key_of(work: Workplace, kind: str, what: str, person_key: str) -> str:
    """The key of a mail: "reminder/leadership.A-14/2026-12-01/3/ada", behind a mark in rehearsal."""
    return f"{MARK if work.rehearsing else ''}{kind}/{what}/{person_key}"


def told_of(
    work: Workplace, connection: Connection, kind: str, states: Sequence[MessageState] = ()
) -> Mapping[str, set[str]]:
    """By person the things that mails of a kind, or those in some states, spoke of, each as the mail's key names it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for key in written(connection, kind, states):
        if prepared_in_rehearsal(key) == work.rehearsing:
            things, _, person_key = key.removeprefix(MARK).removeprefix(f"{kind}/").rpartition("/")
            found[person_key].update(things.split(JOIN))
    return found


def message(
    work: Workplace,
    kind: str,
    key: str,
    person: Person,
    content: Notice,
    *,
    reply_to: str = "",
    attachments: Sequence[Attachment] = (),
) -> NewMessage:
    """The notice as a mail to a person; in rehearsal to the installer, with the person's name in the subject."""
    about, now, mail = work.district.about, work.clock(), render_notice(content)
    (address, name), subject = recipient(work, person.key), mail.subject
    if work.rehearsing:
        subject = wording_of(work, person.key).say("rehearsal_subject", name=person.name, subject=subject)
    letter = Letter(
        message_key=key,
        sender=about.mail.sender,
        sender_name=about.mail.sender_name or about.name,
        recipient=address,
        recipient_name=name,
        reply_to=reply_to,
        subject=one_line(subject),
        text=mail.text,
        html=mail.html,
        language=content.language,
        list_id=f"{kind}.{about.mail.sender.rpartition('@')[2]}",
        written_at=now,
        attachments=attachments,
        seal=work.seal,
    )
    return NewMessage(
        message_key=key,
        kind=kind,
        team_key="",
        meeting_key="",
        stage="",
        revision=0,
        edition="",
        person_key=person.key,
        address=address,
        address_expires_on=(now + ADDRESSES_KEPT).date(),
        message_id=letter.message_id,
        message=letter.to_bytes(),
    )


def put(work: Workplace, connection: Connection, new: Sequence[NewMessage]) -> None:
    """Put mails into the outbox; one whose key is there already stays as it is."""
    for one in new:
        prepare(connection, one, work.clock())


def waiting(work: Workplace, connection: Connection, kind: str) -> list[str]:
    """The keys of a kind's mails that wait and are for those who get mail now."""
    keys = written(connection, kind, states=[MessageState.PREPARED])
    return [key for key in keys if prepared_in_rehearsal(key) == work.rehearsing]


def send(work: Workplace, transport: Transport, kind: str) -> Dispatched:
    """Send what waits of a kind, and tell as unknown what a dead process left half-way.

    Raises DeliveryError when mail cannot leave at all; all of it waits then.
    """
    with work.store.read() as connection:
        keys = waiting(work, connection, kind)
    return dispatch(work.store, transport, work.clock, keys=keys)
