"""What we answer to an answer: one short mail, through the outbox like every other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from firstbell.briefing.notice import Block, Entry, Notice, render_notice
from firstbell.config.rehearsal import MARK
from firstbell.delivery.message import Letter, one_line
from firstbell.intake.reading import ReceivedMail
from firstbell.intake.writer import Writer
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.store.outbox import NewMessage
from firstbell.workplace import Workplace

KIND = "acknowledgement"
ADDRESS_KEPT = timedelta(days=30)


def acknowledgement(
    work: Workplace, mail: ReceivedMail, writer: Writer, opening: str, points: Sequence[str] = ()
) -> NewMessage:
    """The answer to whom a mail came from, once: its key is made of the mail's own identity.

    It belongs to no team and no meeting, so that no meeting's beginning keeps it back.
    """
    about, words = work.district.about, Wording(work.district.zone, work.district.about.packet.language)
    language = about.packet.language
    content = render_notice(
        Notice(
            subject=words.say("answer_subject"),
            language=language,
            district=about.name,
            label=Words(language).say("sample") if about.sample else "",
            title=words.say("answer_subject"),
            opening=(opening,),
            blocks=(Block(words.say("answer_points"), tuple(Entry(text=point) for point in points)),) if points else (),
            closing=(words.say("answer_closing"),),
        )
    )
    key = f"{MARK if work.rehearsing else ''}{KIND}/{mail.identity[:32]}/{writer.letter.person_key}"
    letter = Letter(
        message_key=key,
        sender=about.mail.sender,
        sender_name=about.mail.sender_name or about.name,
        recipient=mail.sender,
        recipient_name="",
        reply_to="",
        subject=one_line(content.subject),
        text=content.text,
        html=content.html,
        language=language,
        list_id=f"{KIND}.{about.mail.sender.rpartition('@')[2]}",
        written_at=work.clock(),
        in_reply_to=mail.message_id,
        seal=work.seal,
    )
    return NewMessage(
        message_key=key,
        kind=KIND,
        team_key="",
        meeting_key="",
        stage="",
        revision=0,
        edition="",
        person_key=writer.letter.person_key,
        address=mail.sender,
        address_expires_on=(work.clock() + ADDRESS_KEPT).date(),
        message_id=letter.message_id,
        message=letter.to_bytes(),
    )
