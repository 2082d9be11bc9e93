"""An addendum's mails: the change first and nothing else, in the thread of each reader's own packet."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.briefing.freeze import Frozen
from firstbell.briefing.letters import post, reachable
from firstbell.briefing.material_changes import CANCELLED, MOVED
from firstbell.briefing.notice import Block, Entry, Notice, render_notice
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.packet.audience import cut, in_language
from firstbell.packet.glyphs import clean
from firstbell.packet.material import Reader
from firstbell.packet.model import Change, Packet, Trend
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.store.outbox import NewMessage, messages
from firstbell.workplace import Workplace


def addendum_letters(work: Workplace, addendum: Frozen, waiting: Sequence[Reader]) -> list[NewMessage]:
    """The addendum to each of those who wait for it and whose own edition shows a change."""
    wanted = {(reader.edition, reader.language) for reader in waiting}
    shown = {wish: cut(in_language(addendum.packet, wish[1]), wish[0]) for wish in wanted}
    mails = {wish: render_notice(_notice(work, part, wish[0])) for wish, part in shown.items() if part.changes}
    threads = _threads(work, addendum)
    return [
        post(
            work,
            addendum.row,
            reader,
            mails[reader.edition, reader.language],
            in_reply_to=threads.get(reader.person_key, ""),
        )
        for reader in waiting
        if (reader.edition, reader.language) in mails and reachable(work, reader.person_key)
    ]


def _threads(work: Workplace, addendum: Frozen) -> dict[str, str]:
    """By person the Message-ID of the packet that this person got; in rehearsal of the rehearsed one."""
    with work.store.read() as connection:
        rows = messages(connection, team_key=addendum.row.team_key, meeting_key=addendum.row.meeting_key)
    return {
        row.person_key: row.message_id
        for row in rows
        if row.stage == "final" and prepared_in_rehearsal(row.message_key) == work.rehearsing
    }


def _notice(work: Workplace, packet: Packet, edition: str) -> Notice:
    """One edition's addendum, out of that edition's own packet."""
    heading, changes = packet.heading, packet.changes
    words, wording = Words(heading.language), Wording(work.district.zone, heading.language)
    clipped = words.say("clipped")
    title = clean(f"{heading.team or heading.meeting}, {heading.meeting_text}", clipped, 120)
    said = {CANCELLED: "addendum_subject_cancelled", MOVED: "addendum_subject_moved"}
    about = wording.say(said.get(changes[0].item, "addendum_subject"), n=len(changes))
    return Notice(
        subject=f"{words.table['stages']['addendum']}{title}: {about}",
        language=words.language,
        district=clean(heading.district, clipped, 70),
        label=words.say("sample") if heading.sample else "",
        edition=f"{words.table['editions'][edition]}, {words.say('do_not_forward')}",
        banner=words.table["stage_notes"]["addendum"],
        title=title,
        blocks=(Block(wording.say("addendum_changed"), tuple(_entry(change, words) for change in changes)),),
        closing=(wording.say("addendum_closing"),),
    )


def _entry(change: Change, words: Words) -> Entry:
    clipped = words.say("clipped")
    note = words.say("note", by=change.note_by, text=change.note) if change.note else ""
    mark = "" if change.trend is Trend.NEW else str(words.table["trends"][change.trend.value]).capitalize()
    return Entry(text=clean(change.text, clipped), mark=mark, below=clean(note, clipped))
