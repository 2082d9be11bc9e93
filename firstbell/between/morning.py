"""The morning mail: what is bad, worst first, what of it is new, what is well again; nothing bad, no mail.

Whatever stands in it comes from the store. Yesterday is recomputed by what was known then, so that nothing has to be
remembered between two mornings. On one day of the week a short mail says that all is well, as a proof of life.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import get_args

from sqlalchemy import Connection

from firstbell.between.endings import ending_blocks, endings_of, things_of, told_days
from firstbell.between.owners import open_day
from firstbell.between.post import JOIN, key_of, language_of, message, notice, told_of
from firstbell.between.standing import SEEN_BY, Kind, Passed, Standing, Trouble, standing_at
from firstbell.briefing.gather import readers_at
from firstbell.briefing.letters import reachable
from firstbell.briefing.notice import Block, Entry, Notice
from firstbell.config.between import Weekday
from firstbell.config.loaded import District
from firstbell.intervals import local_moment
from firstbell.packet.audience import EDITIONS
from firstbell.packet.wording import Wording
from firstbell.store.ledger import last_completed
from firstbell.store.outbox import NewMessage
from firstbell.store.queries import known_until
from firstbell.workplace import Workplace
from firstbell.year_turn import Ending, ending_soon

MORNING = "morning"
NIGHT = "nightly_audit"
MOST_OF_A_KIND = 8
SINCE_YESTERDAY = timedelta(hours=36)
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)


@dataclass(frozen=True, slots=True)
class Morning:
    """What one edition may be told: today's troubles, the keys of those that are new, and what is well again.

    `compared` says whether anything was known at the earlier moment; on a first morning nothing can be new.
    """

    words: Wording
    now: Standing
    since: datetime
    troubles: tuple[Trouble, ...]
    new: frozenset[tuple[Kind, str]]
    again: tuple[Trouble, ...]
    passed: tuple[Passed, ...]
    kinds: frozenset[Kind]
    compared: bool


def mornings(work: Workplace, connection: Connection) -> list[NewMessage]:
    """The day's mails that were not written yet; none on a day that is not looked at."""
    district, now = work.district, work.clock()
    settings, today = district.about.between_meetings.morning, now.astimezone(district.zone).date()
    if not settings.send or not _looked_at(district, today):
        return []
    mailed = told_of(work, connection, MORNING)
    readers = {
        person: edition
        for person, edition in _readers(district, now).items()
        if reachable(work, person) and str(today) not in mailed.get(person, ())
    }
    if not readers:
        return []
    ends = ending_soon(district, today) if _weekly(district, today) else []
    before_at = _same_hour(district, now, _day_before(district, today))
    compared = bool(known_until(connection, known_at=before_at))
    found = []
    for language in sorted({language_of(work, person) for person in readers}):
        words = Wording(district.zone, language)
        before = standing_at(work, connection, before_at, words)
        standing = standing_at(work, connection, now, words)
        for person, edition in readers.items():
            told = _told(standing, before, edition, words, compared=compared)
            if language_of(work, person) != language:
                continue
            mine = endings_of(work, connection, MORNING, person, ends)
            content = _content(work, connection, told, person, mine)
            if content is not None:
                key = key_of(work, MORNING, JOIN.join((str(today), *things_of(mine))), person)
                found.append(message(work, MORNING, key, district.person(person), content))
    return found


def _content(
    work: Workplace, connection: Connection, told: Morning, person_key: str, ends: Sequence[Ending]
) -> Notice | None:
    """What is bad, else the week's proof of life, else what ends soon alone; what ends stands below the others too."""
    found = _worded(work, told) if told.troubles else _proof(work, connection, told, person_key)
    if not ends:
        return found
    words, blocks = told.words, ending_blocks(told.words, ends)
    if found is not None:
        return replace(found, blocks=(*found.blocks, *blocks))
    subject = words.say("morning_ends_subject", n=len(ends))
    return notice(
        work,
        words,
        subject=subject,
        title=subject,
        opening=(words.say("morning_ends_intro"),),
        blocks=blocks,
        closing=words.say("proof_closing"),
    )


def overtaken(work: Workplace, keys: Sequence[str]) -> list[str]:
    """Those of the waiting mails that are of an earlier day: a new morning took their place."""
    today = str(work.clock().astimezone(work.district.zone).date())
    return [key for key in keys if key.split("/")[-2].partition(JOIN)[0] != today]


def _weekly(district: District, today: date) -> bool:
    """Whether the week's own day is looked at today: the day of the proof of life, or the first one after it."""
    settings = district.about.between_meetings.morning
    on = settings.days[0] if settings.proof_of_life == "never" else settings.proof_of_life
    since = (today.weekday() - WEEKDAYS.index(on)) % 7
    return not any(_looked_at(district, today - timedelta(days=back)) for back in range(1, since + 1))


def _looked_at(district: District, day: date) -> bool:
    return WEEKDAYS[day.weekday()] in district.about.between_meetings.morning.days and open_day(district, day)


def _day_before(district: District, today: date) -> date:
    """The last day before that was looked at; a week ago where a long break lies between."""
    days = (today - timedelta(days=number) for number in range(1, 60))
    return next((day for day in days if _looked_at(district, day)), today - timedelta(days=7))


def _same_hour(district: District, now: datetime, day: date) -> datetime:
    local = now.astimezone(district.zone)
    return local_moment(day, time(local.hour, local.minute, local.second), district.zone)


def _readers(district: District, now: datetime) -> dict[str, str]:
    """Everybody who holds one of the roles now, with the widest edition that the seats with such a role give."""
    wanted = set(district.about.between_meetings.morning.roles)
    found: dict[str, str] = {}
    for team in district.teams:
        for reader in readers_at(district, team.key, now):
            if wanted & set(reader.roles):
                known = found.setdefault(reader.person_key, reader.edition)
                found[reader.person_key] = max(known, reader.edition, key=lambda edition: len(EDITIONS[edition]))
    return found


def _told(now: Standing, before: Standing, edition: str, words: Wording, *, compared: bool) -> Morning:
    kinds = frozenset(kind for kind, audience in SEEN_BY.items() if audience in EDITIONS[edition])
    troubles = tuple({one.key: one for one in reversed(now.troubles) if one.kind in kinds}.values())[::-1]
    was: Mapping[tuple[Kind, str], int] = {one.key: one.degree for one in before.troubles}
    new = frozenset(one.key for one in troubles if one.key not in was or one.degree < was[one.key])
    again = tuple(
        one for one in before.troubles if one.kind in kinds and one.key in now.well and not _never_was_well(one)
    )
    known = {one.subject for one in before.troubles if one.kind is Kind.OUTAGE}
    bad = {one.subject for one in troubles if one.kind is Kind.OUTAGE}
    passed = tuple(
        one
        for one in now.passed
        if Kind.OUTAGE in kinds and one.window.end > before.at and one.subject not in known | bad
    )
    return Morning(words, now, before.at, troubles, new, again, passed, kinds, compared)


def _never_was_well(trouble: Trouble) -> bool:
    """A source that is read for the first time is not well again."""
    return trouble.kind is Kind.SOURCE and trouble.since is None


def _worded(work: Workplace, told: Morning) -> Notice:
    words, worst = told.words, told.troubles[0]
    more = len(told.troubles) - 1
    text = worst.text.rstrip(".")
    subject = words.say("morning_subject_more", worst=text, n=more) if more else text
    weekly = work.district.about.between_meetings.morning.proof_of_life != "never"
    opening = [words.say("morning_intro", n=len(told.troubles), new=_new(words, told, work))]
    blocks = [
        Block(
            title=words.say(f"morning_kind_{kind.name.lower()}", n=len(mine)),
            entries=tuple(_entries(words, told, mine)),
        )
        for kind in Kind
        if (mine := [one for one in told.troubles if one.kind is kind])
    ]
    return notice(
        work,
        words,
        subject=subject,
        title=words.say("morning_title", day=words.day(told.now.at.astimezone(words.zone).date())),
        opening=opening,
        blocks=[*blocks, *_well_again(words, told)],
        closing=words.say(
            "morning_closing" if weekly else "morning_closing_bad_only", moment=words.moment(told.now.at)
        ),
    )


def _new(words: Wording, told: Morning, work: Workplace) -> str:
    """ "1 is new since yesterday", "nothing is new since Fri 20 Nov", "nothing was known before"."""
    if not told.compared:
        return words.say("morning_first")
    recent = told.now.at - told.since <= SINCE_YESTERDAY
    since = words.say("morning_yesterday") if recent else words.day(told.since.astimezone(work.district.zone).date())
    if len(told.new) == len(told.troubles):
        return words.say("morning_all_new", n=len(told.new), since=since)
    if not told.new:
        return words.say("morning_nothing_new", since=since)
    return words.say("morning_new", n=len(told.new), since=since)


def _entries(words: Wording, told: Morning, mine: Sequence[Trouble]) -> Iterator[Entry]:
    for one in mine[:MOST_OF_A_KIND]:
        yield Entry(
            mark=_mark(words, told, one),
            tone="worse" if told.compared and one.key in told.new else "",
            text=one.text,
            below=one.below,
        )
    left = mine[MOST_OF_A_KIND:]
    if left:
        new = sum(one.key in told.new for one in left)
        form = (
            "morning_more_first"
            if not told.compared
            else {0: "morning_more_none_new", len(left): "morning_more_all_new"}.get(new, "morning_more")
        )
        yield Entry(text=words.say(form, n=len(left), new=new))


def _mark(words: Wording, told: Morning, trouble: Trouble) -> str:
    if not told.compared:
        return ""
    return words.say("morning_mark_new" if trouble.key in told.new else "morning_mark_still")


def _well_again(words: Wording, told: Morning) -> list[Block]:
    entries = [
        Entry(
            text=words.say("morning_again", name=one.name, what=words.say(f"morning_what_{one.kind.name.lower()}")),
            below=words.say("morning_was_bad", moment=_moment(words, told.now.at, one.since))
            if one.since and one.kind is not Kind.BACKUP
            else "",
        )
        for one in told.again
    ]
    entries += [
        Entry(
            text=words.say(
                "morning_passed",
                name=one.name,
                start=words.moment(one.window.start),
                end=words.moment(one.window.end),
            )
        )
        for one in told.passed
    ]
    return [Block(title=words.say("morning_well_again"), entries=tuple(entries))] if entries else []


def _moment(words: Wording, now: datetime, when: datetime) -> str:
    return words.full_date(when) if now - when > timedelta(days=300) else words.moment(when)


def _proof(work: Workplace, connection: Connection, told: Morning, person_key: str) -> Notice | None:
    """The week's proof of life, where it is due and no mail of this week was one already."""
    on = work.district.about.between_meetings.morning.proof_of_life
    if on == "never":
        return None
    words, today = told.words, told.now.at.astimezone(work.district.zone).date()
    due_on = today - timedelta(days=(today.weekday() - WEEKDAYS.index(on)) % 7)
    if any(day >= str(due_on) for day in told_days(told_of(work, connection, MORNING).get(person_key, ()))):
        return None
    night = last_completed(connection, NIGHT)
    entries = [
        Entry(
            text=words.say(
                f"morning_fine_{kind.name.lower()}", good=good, all=all_of, unknown=_unknown(words, all_of - good)
            )
        )
        for kind in Kind
        if kind in told.kinds
        and (all_of := told.now.looked_at[kind])
        and (good := sum(key[0] is kind for key in told.now.well)) is not None
    ]
    last = words.moment(night.completed_at) if night else words.say("morning_no_night")
    return notice(
        work,
        words,
        subject=words.say("proof_subject", day=words.day(today)),
        title=words.say("proof_title"),
        opening=(words.say("proof_intro", night=last),),
        blocks=[
            *([Block(title=words.say("proof_looked_at"), entries=tuple(entries))] if entries else []),
            *_well_again(words, told),
        ],
        closing=words.say("proof_closing"),
    )


def _unknown(words: Wording, unknown: int) -> str:
    return words.say("morning_unknown", n=unknown) if unknown else ""
