"""Reminding those who promised something, and telling the leader of promises that nobody owns any more.

What a mail spoke of stands in its key, one thing as "team.action/due date/offset" (offset: days before the due date),
so that nothing is told twice to one person and a moved date is told anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from sqlalchemy import Connection

from firstbell.actions import nobody_owns
from firstbell.between.post import JOIN, key_of, message, notice, told_of, wording_of
from firstbell.briefing.letters import LEADER, reachable
from firstbell.briefing.notice import Block, Entry, Notice
from firstbell.catalog import load_roles
from firstbell.config.loaded import District
from firstbell.config.team import Person
from firstbell.packet.wording import Wording
from firstbell.records import TeamAction
from firstbell.store.history import current_team_facts
from firstbell.store.outbox import NewMessage
from firstbell.trackers import tracked_actions
from firstbell.workplace import Workplace

REMINDER, OWNERLESS = "reminder", "ownerless"
TOLD_LATE = timedelta(days=3)
"""How long after a due date its reminder still leaves, where nothing ran on the day itself."""

MOST_IN_A_MAIL = 60
"""A key must fit into an index row of PostgreSQL; whoever promised more for one day gets two mails."""


@dataclass(frozen=True, slots=True)
class Word:
    """One thing to tell one person: an action, and how the mail's key names that it was told.

    `kept_in` is the title of the tracker that keeps the action; empty for one of the team's own.
    """

    person_key: str
    thing: str
    action: TeamAction
    kept_in: str = ""


Worded = Callable[[Workplace, Person, Sequence[Word]], Notice]


def open_day(district: District, today: date) -> bool:
    """Whether mails of ours leave on a day: not on weekends and not while the offices are closed."""
    return district.calendar.minus_days_skipping_closed(today, 0) == today


def reminders(work: Workplace, connection: Connection) -> list[NewMessage]:
    """The day's reminders that were not written yet, one mail a person."""
    district, today = work.district, _today(work)
    if not district.about.between_meetings.reminders.send or not open_day(district, today):
        return []
    words = [*_reminders(district, _open_actions(connection), today), *_tracked(work, connection, today)]
    return _one_mail_each(work, connection, REMINDER, words, _reminder)


def ownerless(work: Workplace, connection: Connection) -> list[NewMessage]:
    """Mails to the teams' leaders about open actions that nobody owns any more, once for each owner that is gone."""
    district, today = work.district, _today(work)
    if not open_day(district, today):
        return []
    words = list(_ownerless(district, _open_actions(connection), today))
    return _one_mail_each(work, connection, OWNERLESS, words, _loss)


def _today(work: Workplace) -> date:
    return work.clock().astimezone(work.district.zone).date()


def _open_actions(connection: Connection) -> list[TeamAction]:
    return [one for one in current_team_facts(connection, TeamAction) if one.state == "open"]


def _one_mail_each(
    work: Workplace, connection: Connection, kind: str, words: Sequence[Word], worded: Worded
) -> list[NewMessage]:
    """About what each was not told yet; none to those who were told everything or have no address."""
    told = told_of(work, connection, kind)
    fresh: defaultdict[str, list[Word]] = defaultdict(list)
    for word in words:
        if word.thing not in told.get(word.person_key, ()) and reachable(work, word.person_key):
            fresh[word.person_key].append(word)
    return [mail for mine in fresh.values() for mail in _mails(work, kind, mine, worded)]


def _mails(work: Workplace, kind: str, words: Sequence[Word], worded: Worded) -> Iterator[NewMessage]:
    """One person's mail about all of that, the nearest first; more than one only where a key would grow too long."""
    person = work.district.person(words[0].person_key)
    fresh = sorted(words, key=lambda word: (word.action.due_on or date.max, word.thing))
    for start in range(0, len(fresh), MOST_IN_A_MAIL):
        part = fresh[start : start + MOST_IN_A_MAIL]
        key = key_of(work, kind, JOIN.join(word.thing for word in part), person.key)
        reply_to = _reply_to(work.district, part[0].action.team_key, _today(work))
        yield message(work, kind, key, person, worded(work, person, part), reply_to=reply_to)


def _reply_to(district: District, team_key: str, today: date) -> str:
    teams = {team.key for team in district.teams}
    leaders = district.holders(LEADER, team_key, today) if team_key in teams else ()
    return next((leader.email for leader in leaders if leader.email), "")


def _reminders(district: District, actions: Sequence[TeamAction], today: date) -> Iterator[Word]:
    for action in actions:
        yield from _due(district, action, f"{action.team_key}.{action.action_key}", today)


def _tracked(work: Workplace, connection: Connection, today: date) -> Iterator[Word]:
    """The reminders of what trackers keep, once, though every district team's packet tells of it."""
    district = work.district
    team = district.leading_team or next((team for team in district.teams if team.level == "district"), None)
    for one in tracked_actions(district, connection, team.key, work.clock()) if team else ():
        if one.action.state == "open":
            name = f"{one.source_key}:{quote(one.action.action_key, safe='')}"
            yield from _due(district, one.action, name, today, one.kept_in)


def _due(district: District, action: TeamAction, name: str, today: date, kept_in: str = "") -> Iterator[Word]:
    """The reminder of an action that is due today, one for each who owns it."""
    if action.due_on is None or nobody_owns(district, action, today):
        return
    offset = _offset_due(district, action.due_on, today)
    if offset is not None:
        for person_key in _owners(district, action, today):
            yield Word(person_key, f"{name}/{action.due_on}/{offset}", action, kept_in)


def _offset_due(district: District, due_on: date, today: date) -> int | None:
    """Which reminder of a due date is due today: its days before, 0 for the one of the date itself, or none."""
    settings, calendar = district.about.between_meetings.reminders, district.calendar
    on_the_day = calendar.minus_days_skipping_closed(due_on, 0)
    if on_the_day <= today <= due_on + TOLD_LATE:
        return 0 if settings.on_due_date else None
    early = settings.days_before
    if early and calendar.minus_days_skipping_closed(due_on, early) <= today < on_the_day:
        return early
    return None


def _owners(district: District, action: TeamAction, today: date) -> list[str]:
    if action.person_key:
        return [action.person_key]
    return [person.key for person in district.holders(action.owner_role, action.team_key, today)]


def _ownerless(district: District, actions: Sequence[TeamAction], today: date) -> Iterator[Word]:
    teams = {team.key for team in district.teams}
    for action in actions:
        if action.team_key in teams and nobody_owns(district, action, today):
            thing = f"{action.team_key}.{action.action_key}/{action.person_key or action.owner_role}"
            for leader in district.holders(LEADER, action.team_key, today):
                yield Word(leader.key, thing, action)


def _reminder(work: Workplace, person: Person, told: Sequence[Word]) -> Notice:
    words, today = wording_of(work, person.key), _today(work)
    first = told[0].action
    assert first.due_on is not None, "only what is due is reminded"
    due = words.say("reminder_due_today") if first.due_on == today else words.day(first.due_on)
    subject = (
        words.say("reminder_subject_one", number=first.action_key, due=due)
        if len(told) == 1
        else words.say("reminder_subject", n=len(told), due=due)
    )
    blocks = [
        Block(title=words.say(title), entries=tuple(_promise(work, words, one) for one in mine))
        for title, mine in (
            ("reminder_late", [one for one in told if (one.action.due_on or today) < today]),
            ("reminder_today", [one for one in told if one.action.due_on == today]),
            ("reminder_soon", [one for one in told if (one.action.due_on or today) > today]),
        )
        if mine
    ]
    return notice(
        work,
        words,
        subject=subject,
        title=words.say("reminder_title", name=person.name),
        opening=(words.say("reminder_intro", n=len(told)),),
        blocks=blocks,
        closing=words.say("reminder_closing"),
    )


def _promise(work: Workplace, words: Wording, told: Word) -> Entry:
    action = told.action
    kept = words.say("reminder_kept_in", tracker=told.kept_in) if told.kept_in else ""
    due = words.say("reminder_due", day=words.day(action.due_on)) if action.due_on else ""
    moved = words.say("reminder_moved", n=action.times_moved) if action.times_moved else ""
    team = work.district.team(action.team_key).name if len(work.district.teams) > 1 else ""
    below = " ".join(part for part in (due, moved, words.closed(team), kept) if part)
    return Entry(mark=action.action_key, text=action.title, below=below)


def _loss(work: Workplace, person: Person, told: Sequence[Word]) -> Notice:
    words, names = wording_of(work, person.key), {one.key: one.name for one in work.district.people}
    owners = dict.fromkeys(one.action.person_key or one.action.owner_role for one in told)
    roles = {role.key: words.phrase(role.title) for role in load_roles().roles}

    def called(owner: str) -> str:
        return names.get(owner) or roles.get(owner) or owner or words.say("ownerless_nobody")

    blocks = [
        Block(
            title=words.say("ownerless_person" if mine[0].action.person_key else "ownerless_role", owner=called(owner)),
            entries=tuple(_promise(work, words, one) for one in mine),
        )
        for owner in owners
        if (mine := [one for one in told if (one.action.person_key or one.action.owner_role) == owner])
    ]
    return notice(
        work,
        words,
        subject=words.say("ownerless_subject", n=len(told)),
        title=words.say("ownerless_title", n=len(told)),
        opening=(words.say("ownerless_intro", name=person.name),),
        blocks=blocks,
        closing=words.say("ownerless_how", who=words.listed(owner for owner in owners if owner)),
    )
