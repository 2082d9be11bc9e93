"""Taking a received mail in: minutes, notes on lines and agenda items are kept, all else is put aside unread.

One mail is one transaction: what it says, that it was taken, and the answer to it are written together or not at all.
So a run that dies and begins again does nothing twice, and the same mail fetched twice counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from firstbell.delivery.message import addresses_in
from firstbell.errors import FirstbellError
from firstbell.intake.answer import acknowledgement
from firstbell.intake.bounces import Bounce
from firstbell.intake.items import (
    ItemError,
    accepted,
    answered,
    changed,
    coming_meeting,
    declined,
    proposed,
    today,
    where_printed,
)
from firstbell.intake.meaning import ItemWord, Meaning, marks_in, meaning_of
from firstbell.intake.reading import TOO_LARGE, ReceivedMail, UnreadableMailError, identity_of, read_mail
from firstbell.intake.writer import LEADER, Writer, letter_text, roles_of, writer_of
from firstbell.meetings import MeetingError
from firstbell.minutes.faults import MinutesError
from firstbell.minutes.reading import minutes_from_text
from firstbell.minutes.record import record_minutes
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.records import AgendaItem, SectionNote
from firstbell.review import lines_of, review
from firstbell.review_form import LineNote, ReviewError, ReviewWord
from firstbell.store.history import current_team_facts
from firstbell.store.models import ReceivedMailRow
from firstbell.store.outbox import prepare
from firstbell.store.packets import packet_revision
from firstbell.store.received import letters_by_id, mail_taken, mails_from, mark_returned, remember_mail
from firstbell.workplace import Workplace

MOST_A_DAY = 30
"""Mails of one person within a day, beyond which two programs are probably answering each other."""


class Outcome(StrEnum):
    """What a mail came to."""

    MINUTES = "minutes"
    WORDS = "words"
    """Notes on lines, agenda items, a leader's word on them."""
    RETURNED = "returned"
    AUTOMATIC = "automatic"
    FAULT = "fault"
    """From somebody we know, and not usable as it is."""
    ASIDE = "aside"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one mail. `sentences` name nobody; `stored` are the keys of what was written down."""

    outcome: Outcome
    sentences: tuple[str, ...] = ()
    stored: tuple[str, ...] = ()
    again: bool = False

    @property
    def aside(self) -> bool:
        """Whether a person should look at the mail."""
        return self.outcome in (Outcome.FAULT, Outcome.ASIDE)


class _TakenBeforeError(FirstbellError):
    """Another run took the mail in the meantime; nothing of this one is kept."""


def take(work: Workplace, raw: bytes, *, whole: bool = True) -> Taken:
    """Take one mail in, given its bytes as they came. The same mail again does nothing.

    Of a mail that is too large to be read only the headers come, and `whole` is False: it is put aside.

    Raises StoreError, and what keeps the district's meetings from being known; the mail then waits for the next run.
    """
    identity = identity_of(raw)
    with work.store.read() as connection:
        before = mail_taken(connection, identity)
    if before is not None:
        return Taken(outcome=Outcome(before.outcome), again=True)
    try:
        if not whole:
            raise UnreadableMailError(TOO_LARGE)
        return _sorted_by_kind(work, raw)
    except UnreadableMailError as error:
        return _put_aside(work, identity, Taken(outcome=Outcome.ASIDE, sentences=(str(error),)))
    except _TakenBeforeError:
        return take(work, raw)


def _sorted_by_kind(work: Workplace, raw: bytes) -> Taken:
    mail = read_mail(raw)
    if mail.bounce is not None:
        return _returned(work, mail, mail.bounce)
    if mail.automatic:
        told = Taken(outcome=Outcome.AUTOMATIC, sentences=("An automatic answer came; nothing is done with it.",))
        return _put_aside(work, mail.identity, told)
    with work.store.read() as connection:
        if mail.listed:
            return _put_aside(work, mail.identity, _from_a_list(bool(letters_by_id(connection, mail.answers))))
        writer = writer_of(work, connection, mail)
        if writer is None:
            sentence = "A mail came that answers no letter of ours to its sender; it was put aside unread."
            return _put_aside(work, mail.identity, Taken(outcome=Outcome.ASIDE, sentences=(sentence,)))
        if mails_from(connection, writer.letter.person_key, work.clock() - timedelta(days=1)) >= MOST_A_DAY:
            sentence = f"More than {MOST_A_DAY} mails of one reader came within a day; this one was put aside."
            return _put_aside(work, mail.identity, Taken(outcome=Outcome.ASIDE, sentences=(sentence,)), writer)
    if mail.files:
        return _Intake(work, mail, writer).minutes()
    return _Intake(work, mail, writer).words()


def _from_a_list(answers_us: bool) -> Taken:
    """A mail that a list or a group address sent on: a person should look at it if it answers a letter of ours."""
    if answers_us:
        sentence = "An answer came by way of a group address and was put aside; give mail.inbox a mailbox of its own."
        return Taken(outcome=Outcome.ASIDE, sentences=(sentence,))
    return Taken(outcome=Outcome.AUTOMATIC, sentences=("A list's mail came; nothing is done with it.",))


def _put_aside(work: Workplace, identity: str, told: Taken, writer: Writer | None = None) -> Taken:
    """Remember a mail that changes nothing."""
    with work.store.begin() as connection:
        _remember(connection, work, identity, told.outcome, writer)
    return told


def _remember(
    connection: Connection, work: Workplace, identity: str, outcome: Outcome, writer: Writer | None = None
) -> None:
    row = ReceivedMailRow(
        identity=identity,
        received_at=work.clock(),
        outcome=outcome.value,
        team_key=writer.team_key if writer else "",
        person_key=writer.letter.person_key if writer else "",
    )
    if not remember_mail(connection, row):
        raise _TakenBeforeError("This mail was taken in already.")


def _returned(work: Workplace, mail: ReceivedMail, bounce: Bounce) -> Taken:
    """A delivery report: the letter it is about counts as refused, if it really names one and its recipient."""
    with work.store.begin() as connection:
        letters = [
            letter
            for letter in letters_by_id(connection, bounce.about)
            if set(bounce.recipients) & {one.casefold() for one in addresses_in(letter.address or "")}
        ]
        reply = f"Came back: {bounce.status or 'no code'}."
        marked = bounce.final and [one for one in letters if mark_returned(connection, one.id, work.clock(), reply)]
        if marked:
            told = Taken(
                outcome=Outcome.RETURNED,
                sentences=(f"A letter came back ({bounce.status or 'no code'}); `firstbell outbox` shows which.",),
                stored=tuple(one.message_key for one in marked),
            )
        else:
            told = Taken(
                outcome=Outcome.AUTOMATIC,
                sentences=("A delivery report came that changes nothing.",),
            )
        _remember(connection, work, mail.identity, told.outcome)
    return told


class _Intake:
    """One mail of somebody we know, on its way into the store."""

    def __init__(self, work: Workplace, mail: ReceivedMail, writer: Writer) -> None:
        self._work = work
        self._mail = mail
        self._writer = writer
        self._wording = Wording(work.district.zone, work.district.about.packet.language)
        self._say = self._wording.say
        self._placed = ""
        self._replaced = 0

    def minutes(self) -> Taken:
        """A file of minutes goes the way of `firstbell minutes FILE`; what the mail says beside it is kept with it."""
        if len(self._mail.files) > 1:
            return self._fault(self._say("answer_one_file"))
        meaning, stored = self._meaning().without_notes(), list[str]()
        if meaning.words and not self._writer.leads:
            return self._fault(self._say("answer_not_leading"))
        try:
            written, paper = minutes_from_text(self._mail.files[0].text)
            roles = roles_of(self._work, self._writer.letter.person_key, written.team)
            if LEADER not in roles:
                return self._fault(self._say("answer_not_leading"))
            by = written.by if written.by in roles else LEADER
            keep = self._keeping(meaning, stored, Outcome.MINUTES, self._say("answer_minutes"))
            recorded = record_minutes(
                self._work,
                written.model_copy(update={"by": by}),
                paper,
                beside=keep,
            )
        except MinutesError as error:
            return self._fault(
                self._say("answer_minutes_faults", n=len(error.faults)), [str(fault) for fault in error.faults]
            )
        except (ItemError, MeetingError) as error:
            return self._fault(self._say("answer_unusable"), str(error).splitlines())
        key = f"{recorded.team_key}/{recorded.meeting_key}"
        told = (*recorded.sentences, *self._told(meaning, stored))
        return Taken(outcome=Outcome.MINUTES, sentences=told, stored=(key, *recorded.opened, *stored))

    def words(self) -> Taken:
        """Own words: notes on lines, something for the agenda, a leader's word on an item."""
        meaning = self._meaning()
        if not (meaning.notes or meaning.wanted or meaning.words):
            return self._fault(self._say("answer_winmail" if self._mail.winmail else "answer_not_understood"))
        if meaning.words and not self._writer.leads:
            return self._fault(self._say("answer_not_leading"))
        stored: list[str] = []
        try:
            keep = self._keeping(meaning, stored, Outcome.WORDS)
            if meaning.notes:
                self._replaced += self._notes_before(meaning)
                review(self._work, self._notes(meaning), beside=keep)
            else:
                with self._work.store.begin() as connection:
                    keep(connection)
        except (ItemError, MeetingError, ReviewError) as error:
            return self._fault(self._say("answer_unusable"), str(error).splitlines())
        return Taken(outcome=Outcome.WORDS, sentences=self._told(meaning, stored), stored=tuple(stored))

    def _meaning(self) -> Meaning:
        inbox, letter = self._work.district.about.mail.inbox, self._writer.letter
        with self._work.store.read() as connection:
            text = letter_text(connection, letter)
            row = packet_revision(connection, letter.team_key, letter.meeting_key, letter.stage, letter.revision)
        lines = lines_of(Packet.model_validate_json(row.snapshot)) if row else {}
        asked = [mark for mark in marks_in(text) if mark in lines]
        return meaning_of(
            self._mail.subject,
            self._mail.lines,
            recipients=self._mail.recipients,
            address=inbox.address if inbox else "",
            keys=list(lines) if self._writer.leads and not asked else asked,
            letter=text,
        )

    def _notes(self, meaning: Meaning) -> ReviewWord:
        return ReviewWord(
            team=self._writer.team_key,
            meeting=self._writer.letter.meeting_key,
            by=self._writer.roles[0],
            lines=tuple(LineNote(line=key, text=text) for key, text in meaning.notes.items()),
        )

    def _keeping(
        self, meaning: Meaning, stored: list[str], outcome: Outcome, *sentences: str
    ) -> Callable[[Connection], None]:
        """What is written in one transaction, beside notes or minutes or alone; `stored` tells the keys afterwards."""
        accepts = any(word.verb == "accept" for word in meaning.words)
        team_key = self._writer.team_key
        meeting_key = coming_meeting(self._work, team_key) if accepts else ""
        self._placed = where_printed(self._work, team_key, meeting_key, self._wording)

        def keep(connection: Connection) -> None:
            team = self._writer.team_key
            for word in meaning.words:
                item = changed(connection, self._work, word.item_key, self._change(word, meeting_key), team)
                stored.append(item.entity_key)
            for wanted in meaning.wanted:
                item = proposed(connection, self._work, team, wanted.kind, wanted.text, self._writer.roles[0])
                stored.append(item.entity_key)
            stored.extend(meaning.notes)
            self._settle(connection, outcome, *sentences, *self._told(meaning, stored))

        return keep

    def _change(self, word: ItemWord, meeting_key: str) -> Callable[[AgendaItem], AgendaItem]:
        day = today(self._work)
        changes: dict[str, Callable[[AgendaItem], AgendaItem]] = {
            "accept": lambda item: accepted(item, meeting_key),
            "answer": lambda item: self._answered(item, word.text, day),
            "decline": lambda item: declined(item, word.text, day),
        }
        return changes[word.verb]

    def _answered(self, item: AgendaItem, text: str, day: date) -> AgendaItem:
        after = answered(item, text, day)
        self._replaced += item.state == "answered" and item.answer != after.answer
        return after

    def _notes_before(self, meaning: Meaning) -> int:
        """How many lines had another note, which the new one replaces; the store keeps both."""
        letter = self._writer.letter
        with self._work.store.read() as connection:
            notes = current_team_facts(connection, SectionNote)
        mine = (one for one in notes if (one.team_key, one.meeting_key) == (letter.team_key, letter.meeting_key))
        return sum(meaning.notes.get(one.line_key, one.text) != one.text for one in mine)

    def _told(self, meaning: Meaning, stored: Sequence[str]) -> tuple[str, ...]:
        sentences = []
        if meaning.notes:
            sentences.append(self._say("answer_notes", n=len(meaning.notes)))
        for wanted, key in zip(meaning.wanted, stored[len(meaning.words) :], strict=False):
            sentences.append(self._say(f"answer_{wanted.kind}", number=key.rpartition("/")[2]))
        if meaning.words:
            sentences.append(self._say("answer_words", n=len(meaning.words)))
        if self._replaced:
            sentences.append(self._say("answer_replaced", n=self._replaced))
        if self._placed:
            sentences.append(self._placed)
        if meaning.plain:
            sentences.append(self._say("answer_rest"))
        return tuple(sentences)

    def _settle(self, connection: Connection, outcome: Outcome, *sentences: str, points: Sequence[str] = ()) -> None:
        """Remember the mail and, where the district wants that, answer it."""
        _remember(connection, self._work, self._mail.identity, outcome, self._writer)
        inbox = self._work.district.about.mail.inbox
        wanted = inbox.acknowledge if inbox else "never"
        if wanted == "always" or (wanted == "faults" and outcome is Outcome.FAULT):
            answer = acknowledgement(self._work, self._mail, self._writer, " ".join(sentences), points)
            prepare(connection, answer, self._work.clock())

    def _fault(self, sentence: str, points: Sequence[str] = ()) -> Taken:
        """Nothing is kept, and the writer is told why; the log gets no word of it."""
        with self._work.store.begin() as connection:
            self._settle(connection, Outcome.FAULT, sentence, points=points)
        said = f"An answer could not be used ({len(points) or 1} faults); nothing of it was kept."
        return Taken(outcome=Outcome.FAULT, sentences=(said.replace("(1 faults)", "(1 fault)"),))
