"""Agenda item 5, its calendar: grants that open and close, and agreements that can be left only until a day.

What falls within the next three meetings is shown, with the last meeting at which the team can still decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Line, Row, Section, Table
from firstbell.records import Agreement

LONGEST_LINK = 40


@dataclass(frozen=True, slots=True, order=True)
class _Date:
    """A day on which something about money opens or closes. `amount` None: nobody said."""

    on: date
    what: str
    amount: float | None
    owner_role: str


def with_calendar(section: Section, material: Material) -> Section:
    """The section with the calendar's table first, where anything falls before the third meeting from now on."""
    dates = sorted(set(_dates(material)), key=lambda one: (one.on, one.what))
    if not dates:
        return section
    words = material.wording
    first = dates[0]
    text = words.say(
        "calendar_line",
        n=len(dates),
        day=words.full_date(material.coming[-1]),
        first=first.what,
        on=words.day(first.on),
    )
    return section.model_copy(
        update={
            "quiet": "",
            "sentences": (Line(item="calendar", text=text, weight=5), *section.sentences),
            "tables": (_table(material, dates), *section.tables),
        }
    )


def _dates(material: Material) -> Iterator[_Date]:
    """Every date from today up to the third meeting; an agreement's only while its source is heard."""
    if not material.coming:
        return
    words, first, last = material.wording, material.facts.today, material.coming[-1]
    found = [
        _Date(day, words.say(form, title=_linked(grant.title, grant.link)), grant.amount, grant.owner_role)
        for grant in material.grants
        for form, day in (("grant_opens", grant.opens), ("grant_closes", grant.due))
        if day is not None
    ]
    found += [
        _Date(
            one.notice_on,
            words.say("notice_by", vendor=one.vendor, kind=words.phrase(one.kind)),
            one.annual_cost,
            one.owner_role,
        )
        for one in material.heard(Agreement)
        if one.notice_on is not None
    ]
    yield from (one for one in found if first <= one.on <= last)


def _linked(title: str, link: str) -> str:
    """The title with its page behind it, as short as it can be typed."""
    bare = link.partition("://")[2].rstrip("/")
    if not bare:
        return title
    return f"{title} ({bare if len(bare) <= LONGEST_LINK else bare.partition('/')[0]})"


def _table(material: Material, dates: list[_Date]) -> Table:
    words = material.wording
    titles = ("day", "what", "amount", "decide_at", "owner")
    return Table(
        audience=Audience.TEAM,
        caption=words.say("calendar_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key == "amount") for key in titles),
        rows=tuple(
            Row(
                cells=(
                    words.full_date(one.on),
                    one.what,
                    words.money(one.amount) if one.amount is not None else words.say("not_known"),
                    last_meeting(material, one.on),
                    material.role(one.owner_role) if one.owner_role else "",
                )
            )
            for one in dates
        ),
    )


def last_meeting(material: Material, on: date) -> str:
    """The last meeting up to a day; that none is left in time is said."""
    in_time = [day for day in material.coming if day <= on]
    return material.wording.day(in_time[-1]) if in_time else material.wording.say("before_the_meeting")
