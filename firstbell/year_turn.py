"""The turn of the year: what of the district folder runs out soon, so that somebody renews it in time.

Pure: nothing is read but the folder as it was loaded. Secrets stay where they are; a token that carries its own end
is told by doctor, which may open it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from firstbell.calendar import SchoolCalendar, SchoolYear, occurrences
from firstbell.config.loaded import District
from firstbell.config.team import Series
from firstbell.intervals import Window, local_moment

ENDS_WITHIN = timedelta(days=60)
_LONGEST_PAUSE = timedelta(days=200)


class EndingKind(StrEnum):
    CALENDAR = "calendar"
    """The last school year of the calendar."""
    HOLIDAYS = "holidays"
    """The coming school year has no closed day yet; `ends_on` is its first day."""
    TERM = "term"
    MEETINGS = "meetings"
    CREDENTIAL = "credential"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Something that ends soon or has ended, the sentence saying what to do about it.

    `key` names it from day to day. `people` are person keys and `roles` the roles they leave, both in the folder's
    order; `title` is what a reader knows it by.
    """

    kind: EndingKind
    key: str
    title: str
    ends_on: date
    sentence: str
    team_key: str = ""
    people: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def blocks(self, on: date) -> bool:
        """True when it has ended by that day and something does not work until somebody acts."""
        return self.ends_on < on and self.kind in (EndingKind.CALENDAR, EndingKind.CREDENTIAL)


def ending_soon(district: District, on: date) -> list[Ending]:
    """All that ends within sixty days of a day or has ended, the first to end first.

    The calendar, the coming year's holidays, members' terms, planned meetings, keys and passwords whose end the
    folder names.
    """
    found = [*_calendar(district, on), *_terms(district, on), *_meetings(district, on), *_credentials(district, on)]
    near = [one for one in found if one.ends_on - on <= ENDS_WITHIN]
    return sorted(near, key=lambda one: (one.ends_on, one.kind, one.key))


def summer_around(calendar: SchoolCalendar, on: date) -> tuple[date, date | None] | None:
    """The days between two school years that a day lies in: the first of them and the last.

    The last is None where the calendar does not name the next school year; None alone within a school year and
    before the first one.
    """
    years = calendar.years
    if calendar.school_year_of(on) is not None:
        return None
    over = [year.last_on for year in years if year.last_on < on]
    if not over:
        return None
    coming = [year.first_on for year in years if year.first_on > on]
    return max(over) + timedelta(days=1), min(coming) - timedelta(days=1) if coming else None


def _calendar(district: District, on: date) -> Iterator[Ending]:
    years = sorted(district.calendar.years, key=lambda year: year.first_on)
    last = years[-1]
    said = f"the last school year ended on {last.last_on}" if last.last_on < on else _ends("the last school year", last)
    yield Ending(
        kind=EndingKind.CALENDAR,
        key="calendar",
        title=last.name,
        ends_on=last.last_on,
        sentence=f"{said}; add the next one with its closed days to district.yaml.",
    )
    coming = next((year for year in years if year.first_on > on), None)
    if coming is not None and not any(days.first_on in coming for days in district.calendar.closed):
        yield Ending(
            kind=EndingKind.HOLIDAYS,
            key=f"holidays/{coming.name}",
            title=coming.name,
            ends_on=coming.first_on,
            sentence=f"{coming.name} begins on {coming.first_on} without a closed day; add its holidays and breaks.",
        )


def _ends(what: str, year: SchoolYear) -> str:
    return f"{what} ends on {year.last_on}"


def _terms(district: District, on: date) -> Iterator[Ending]:
    """The seats that end with the school year: in the summer they are still held, and still to be renewed."""
    name = district.school_year_on(on)
    last_on = next(year.last_on for year in district.calendar.years if year.name == name)
    for team in district.teams:
        seats = [member for member in district.members(team.key, on) if member.ends == name]
        if seats:
            people = tuple(dict.fromkeys(member.person for member in seats))
            yield Ending(
                kind=EndingKind.TERM,
                key=f"term/{team.key}/{name}",
                title=team.name,
                ends_on=last_on,
                sentence=f"the terms of {', '.join(people)} end with {name}; renew or replace them in teams.yaml.",
                team_key=team.key,
                people=people,
                roles=tuple(dict.fromkeys(role for member in seats for role in member.roles)),
            )


def _meetings(district: District, on: date) -> Iterator[Ending]:
    """Series whose meetings are counted. One read from a calendar is looked after by the watchdog."""
    for series in district.series:
        last = _last_meeting(district, series, on)
        if last is not None:
            word = "was" if last < on else "is"
            yield Ending(
                kind=EndingKind.MEETINGS,
                key=f"meetings/{series.key}",
                title=series.title,
                ends_on=last,
                sentence=f"the last meeting {word} on {last}; add the next dates to meetings.yaml.",
                team_key=series.team,
            )


def _last_meeting(district: District, series: Series, on: date) -> date | None:
    """The last meeting that is planned; None for a series that goes on, and for one without a meeting near."""
    if series.dates:
        return max(series.dates).date()
    recurrence = series.recurrence
    if recurrence is None or not any(word in recurrence.rule.upper() for word in ("UNTIL=", "COUNT=")):
        return None
    noon = local_moment(on, time(12), district.zone)
    around = Window(noon - _LONGEST_PAUSE, noon + _LONGEST_PAUSE)
    found = occurrences(recurrence.rule, _naive(recurrence.starts), timedelta(hours=1), district.zone, around)
    return found[-1].start.astimezone(district.zone).date() if found else None


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)


def _credentials(district: District, on: date) -> Iterator[Ending]:
    mail = district.about.mail
    named = [(source.key, source.title, source.credential_ends) for source in district.sources]
    named.append(("mail", "Mail", mail.credential_ends))
    named += [(f"mail.fallback.{place}", "Mail", way.credential_ends) for place, way in enumerate(mail.fallback)]
    named.append(("mail.inbox", "Mail", mail.inbox.credential_ends if mail.inbox else None))
    for key, title, ends_on in named:
        if ends_on is not None:
            word = "ended" if ends_on < on else "ends"
            yield Ending(
                kind=EndingKind.CREDENTIAL,
                key=f"credential/{key}",
                title=title,
                ends_on=ends_on,
                sentence=f"its key or password {word} on {ends_on}; get a new one, then write its end to the folder.",
            )
