"""Agenda items between meetings: proposed by anybody, accepted, answered or declined by whoever leads the team."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError
from sqlalchemy import Connection

from firstbell.catalog import load_roles
from firstbell.config._references import did_you_mean
from firstbell.errors import FirstbellError
from firstbell.intake.words import two_sentences
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting, chosen
from firstbell.minutes.model import Entry, Words
from firstbell.packet.wording import Wording
from firstbell.records import TEAM_SOURCE, AgendaItem
from firstbell.review_form import faults_told
from firstbell.store.history import current_team_facts
from firstbell.store.packets import latest_packet
from firstbell.store.save import save_facts, serialise
from firstbell.workplace import Workplace

Change = Callable[[AgendaItem], AgendaItem]


class ItemError(FirstbellError):
    """An agenda item that is not there, or a word that does not fit it."""


class ItemWord(Entry):
    """Something for a coming meeting of a team: an item for its agenda, a question, or an idea."""

    team: str = Field(title="Team", description="Key of the team.", min_length=1)
    kind: Literal["item", "question", "idea"] = Field(
        "item", title="Kind", description="A question is answered in print; an idea asks for no decision yet."
    )
    text: Words = Field(title="In two sentences", description="What it is about. No names of pupils or staff.")
    by: str = Field("team_leader", title="Asked by", description="Role of whoever asks.")
    accept: bool = Field(
        False, title="Accept for the next meeting", description="Only the team leader should; else it waits."
    )


def word_of(fields: Mapping[str, Any]) -> ItemWord:
    """The word that plain fields make. Raises ItemError naming the fields that do not fit, never their values."""
    try:
        return ItemWord.model_validate(dict(fields))
    except ValidationError as error:
        raise ItemError(faults_told(error)) from None


def add_item(work: Workplace, word: ItemWord) -> AgendaItem:
    """Keep what somebody wants on the agenda; the same words again keep it once. Raises ItemError, MeetingError."""
    teams = {team.key for team in work.district.teams}
    roles = {role.key for role in load_roles().roles}
    if word.team not in teams:
        raise ItemError(f"team names no team there is; {did_you_mean(word.team, teams)}")
    if word.by not in roles:
        raise ItemError(f"by names no role there is; {did_you_mean(word.by, roles)}")
    meeting_key = coming_meeting(work, word.team) if word.accept else ""
    with work.store.begin() as connection:
        item = proposed(connection, work, word.team, word.kind, word.text, word.by)
        if word.accept:
            item = accepted(item, meeting_key)
            save_facts(connection, TEAM_SOURCE, [item], work.clock())
    return item


def proposed(connection: Connection, work: Workplace, team_key: str, kind: str, text: str, by_role: str) -> AgendaItem:
    """Write an item down, cut to two sentences, for the leader to accept. Part of its caller's transaction."""
    serialise(connection, TEAM_SOURCE)
    kept = two_sentences(text)
    if not kept:
        raise ItemError("The item says nothing; write one or two sentences.")
    mine = [item for item in current_team_facts(connection, AgendaItem) if item.team_key == team_key]
    for item in mine:
        if (item.kind, item.text, item.by_role, item.state) == (kind, kept, by_role, "proposed"):
            return item
    item = AgendaItem(
        team_key=team_key,
        item_key=f"I-{max((number_of(item) for item in mine), default=0) + 1}",
        kind=kind,
        text=kept,
        state="proposed",
        by_role=by_role,
        asked_on=today(work),
    )
    save_facts(connection, TEAM_SOURCE, [item], work.clock())
    return item


def accepted(item: AgendaItem, meeting_key: str) -> AgendaItem:
    """To be printed for a meeting; one that was declined may come back."""
    if item.state == "answered":
        raise ItemError(f"{item.item_key} is answered already; add it again to bring it back.")
    return replace(item, state="accepted", meeting_key=meeting_key, answer="", closed_on=None)


def answered(item: AgendaItem, answer: str, on: date) -> AgendaItem:
    """Answered in two sentences; the next packet prints question and answer side by side."""
    if item.state == "declined":
        raise ItemError(f"{item.item_key} is declined; accept it first.")
    return replace(item, state="answered", answer=_words(item, answer), closed_on=on)


def declined(item: AgendaItem, why: str, on: date) -> AgendaItem:
    """Not for a meeting, for a reason; it is printed nowhere."""
    if item.state == "answered":
        raise ItemError(f"{item.item_key} is answered already.")
    return replace(item, state="declined", answer=_words(item, why), closed_on=on)


def _words(item: AgendaItem, text: str) -> str:
    kept = two_sentences(text)
    if not kept:
        raise ItemError(f"{item.item_key} needs a sentence with it.")
    return kept


def change_item(work: Workplace, key: str, change: Change, team_key: str = "") -> AgendaItem:
    """Apply a change to one item; returns it as it stands then. Raises ItemError and what the change raises."""
    with work.store.begin() as connection:
        return changed(connection, work, key, change, team_key)


def changed(connection: Connection, work: Workplace, key: str, change: Change, team_key: str = "") -> AgendaItem:
    """The same as part of its caller's transaction."""
    serialise(connection, TEAM_SOURCE)
    item = change(_find(current_team_facts(connection, AgendaItem), key, team_key))
    save_facts(connection, TEAM_SOURCE, [item], work.clock())
    return item


def item_of(work: Workplace, key: str, team_key: str = "") -> AgendaItem:
    """One item as it stands. Raises ItemError for one that is not there, or in several teams."""
    return _find(items_of(work), key, team_key)


def items_of(work: Workplace, team_key: str = "") -> list[AgendaItem]:
    """The items as they stand, of one team or of all: what waits first, each part by number."""
    with work.store.read() as connection:
        found = current_team_facts(connection, AgendaItem)
    mine = [item for item in found if team_key in ("", item.team_key)]
    order = ("proposed", "accepted", "answered", "declined")
    return sorted(mine, key=lambda item: (order.index(item.state), item.team_key, number_of(item)))


def coming_meeting(work: Workplace, team_key: str, wanted: str = "") -> str:
    """The key of a meeting named by its date; where none is, of the next one whose packet is not out yet.

    Raises MeetingError, and ItemError where no such meeting is planned: an item for a packet that is out is printed
    nowhere.
    """
    now = work.clock()
    meetings = known_meetings(work, team_key, now)
    if wanted:
        named = chosen(meetings, wanted, now, work.district)
        meetings = [named] if named is not None else []
    meeting = next((one for one in meetings if wanted or one.starts_at > now), None)
    if meeting is None:
        raise ItemError(f"No meeting of {team_key} is planned; add one to meetings.yaml.")
    open_ones = [one for one in meetings if one.starts_at >= meeting.starts_at and not _is_out(work, one)]
    if not open_ones:
        raise ItemError("The packet of that meeting is out already; name a later meeting.")
    return open_ones[0].key


def where_printed(work: Workplace, team_key: str, meeting_key: str, wording: Wording) -> str:
    """With which packet an item accepted for a meeting is printed, and why not with the next; empty where no such
    meeting lies ahead."""
    if not meeting_key:
        return ""
    now = work.clock()
    coming = [one for one in known_meetings(work, team_key, now) if one.starts_at > now]
    meeting = next((one for one in coming if one.key == meeting_key), None)
    if meeting is None:
        return ""
    form = "item_placed_later" if _is_out(work, coming[0]) else "item_placed"
    return wording.say(form, next=wording.day(coming[0].starts_at), day=wording.day(meeting.starts_at))


def _is_out(work: Workplace, meeting: Meeting) -> bool:
    with work.store.read() as connection:
        return latest_packet(connection, meeting.team_key, meeting.key, "final") is not None


def today(work: Workplace) -> date:
    """The district's day."""
    return work.clock().astimezone(work.district.zone).date()


def number_of(item: AgendaItem) -> int:
    """3 for "I-3"; 0 for a key that is not of that form."""
    digits = item.item_key.removeprefix("I-")
    return int(digits) if digits.isdecimal() else 0


def _find(items: Iterable[AgendaItem], key: str, team_key: str) -> AgendaItem:
    named = [item for item in items if team_key in ("", item.team_key)]
    mine = [item for item in named if item.item_key.casefold() == key.casefold()]
    if len(mine) == 1:
        return mine[0]
    if mine:
        raise ItemError(f"{key} stands in the lists of {', '.join(sorted(one.team_key for one in mine))}; name a team.")
    waiting = {item.item_key for item in named if item.state in ("proposed", "accepted")}
    raise ItemError(f"There is no agenda item {key[:20]}; {did_you_mean(key, waiting)}")
