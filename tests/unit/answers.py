"""Our letters in an outbox, and mails that answer them: what the tests of the intake send."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from firstbell.config.district import Inbox
from firstbell.config.rehearsal import go_live
from firstbell.delivery.message import Letter
from firstbell.packet.model import Change, Packet
from firstbell.records import AgendaItem, MeetingMinutes, Record, SectionNote
from firstbell.store.history import current_team_facts
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import NewMessage, mark_attempting, message_by_key, messages, prepare, settle
from firstbell.store.packets import save_packet
from firstbell.store.save import save_district
from firstbell.workplace import Workplace

PEOPLE = {"ada": "ada@example.org", "bo": "bo@example.org", "cy": "cy@example.org"}
ANSWERS_TO = "answers@example.org"
DECEMBER = "monthly/2026-12-03T22:00Z"
NOTICE = """\
These are your lines of the coming packet.

Worse  Seven of ten backups of the student system were late
       by more than a day.

Your note: [IB-02]


Worse  The learning platform was down for three hours.

Your note: [service.lms]


Facts up to Friday.
"""


def answering(work: Workplace, acknowledge: str = "always") -> Workplace:
    """The same district, live, with a mailbox for answers."""
    go_live(work.state, work.clock())
    inbox = Inbox.model_validate(
        {
            "address": ANSWERS_TO,
            "host": "localhost",
            "username": "answers",
            "password": "env:INBOX_PASSWORD",
            "acknowledge": acknowledge,
        }
    )
    about = work.district.about
    mail = about.mail.model_copy(update={"inbox": inbox})
    return replace(work, district=replace(work.district, about=about.model_copy(update={"mail": mail})))


def letter_to(work: Workplace, person: str, text: str = "The packet.", **fields: Any) -> OutboxRow:
    """A letter of ours that was sent to a person; `fields` are those of a message in the outbox."""
    named = {"kind": "packet", "team_key": "leadership", "meeting_key": "monthly/2026-12-03T22:00Z"} | fields
    key = named.pop("message_key", f"{named['kind']}/leadership/{person}/{abs(hash(text))}")
    letter = Letter(
        message_key=key,
        sender="tech@example.org",
        sender_name="Lakeside",
        recipient=PEOPLE[person],
        recipient_name="",
        reply_to=ANSWERS_TO,
        subject="Technology leadership team: 3 Dec",
        text=text,
        html=f"<pre>{text}</pre>",
        language="en",
        list_id="leadership.example.org",
        written_at=work.clock(),
    )
    message = NewMessage(
        **{"stage": "final", "revision": 1, "edition": "leadership", "address": PEOPLE[person], **named},
        message_key=key,
        person_key=person,
        address_expires_on=date(2027, 3, 1),
        message_id=letter.message_id,
        message=letter.to_bytes(),
    )
    with work.store.begin() as connection:
        row = prepare(connection, message, work.clock())
        mark_attempting(connection, row.id, "test", work.clock())
        settle(connection, row.id, "test", MessageState.SENT, work.clock(), "250 OK")
        sent = message_by_key(connection, key)
    assert sent is not None
    return sent


def answer_to(letter: OutboxRow | None, sender: str, text: str = "", **headers: str) -> EmailMessage:
    """A plain answer; a header given as an empty text is left out, an underscore stands for a dash."""
    mail = EmailMessage(policy=SMTP)
    named = {
        "From": sender,
        "To": ANSWERS_TO,
        "Subject": "Re: Technology leadership team: 3 Dec",
        "Message-ID": f"<{abs(hash((sender, text, str(headers))))}@theirs.example>",
        "In-Reply-To": letter.message_id if letter else "",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    for name, value in named.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def facts(work: Workplace, kind: type[Record]) -> list[Any]:
    """Our own facts of a kind as they stand."""
    with work.store.read() as connection:
        return current_team_facts(connection, kind)


def kept(work: Workplace) -> tuple[int, int, int]:
    """How many minutes, notes and agenda items there are."""
    return len(facts(work, MeetingMinutes)), len(facts(work, SectionNote)), len(facts(work, AgendaItem))


def acknowledgements(work: Workplace) -> list[OutboxRow]:
    """The answers to answers in the outbox."""
    with work.store.read() as connection:
        return [row for row in messages(connection) if row.kind == "acknowledgement"]


def freeze_preview(work: Workplace) -> None:
    """A packet with two lines that owners are asked about."""
    changes = (Change(item="IB-02", text="Late backups."), Change(item="service.lms", text="Down."))
    packet = Packet(team_key="leadership", meeting_key=DECEMBER, changes=changes)
    with work.store.begin() as connection:
        district = save_district(connection, work.district.canonical_json, work.clock())
        save_packet(
            connection,
            team_key="leadership",
            meeting_key=DECEMBER,
            stage="preview",
            snapshot=packet.model_dump_json(),
            composed_at=work.clock(),
            as_of=work.clock(),
            known_at=work.clock(),
            district_hash=district,
        )


def preview_to(work: Workplace, person: str) -> OutboxRow:
    freeze_preview(work)
    return letter_to(work, person, NOTICE, kind="preview", stage="preview", meeting_key=DECEMBER)
