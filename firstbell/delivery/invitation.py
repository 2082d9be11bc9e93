"""A calendar invitation as iCalendar bytes (RFC 5545, RFC 5546): asked for once, changed by sequence, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from icalendar import Calendar, Event, vCalAddress, vText

from firstbell.delivery.message import CalendarPart, one_line

PRODUCT = "-//Firstbell//Meetings//EN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """One person's invitation to one meeting. `uid` stays for good, `sequence` grows with each change; times are UTC,
    so that no reader's calendar has to know the district's zone."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    organizer: str
    organizer_name: str
    attendee: str
    attendee_name: str
    written_at: datetime
    cancelled: bool = False

    def part(self) -> CalendarPart:
        """The invitation as it goes into a mail: REQUEST, or CANCEL for a meeting that is not held.

        The same invitation gives the same bytes.
        """
        method = "CANCEL" if self.cancelled else "REQUEST"
        event = Event()
        event.add("uid", self.uid)
        event.add("sequence", self.sequence)
        event.add("dtstamp", self.written_at.astimezone(UTC))
        event.add("dtstart", self.starts_at.astimezone(UTC))
        event.add("dtend", self.ends_at.astimezone(UTC))
        event.add("summary", one_line(self.title))
        if self.place:
            event.add("location", one_line(self.place))
        event.add("status", "CANCELLED" if self.cancelled else "CONFIRMED")
        event.add("organizer", _mailto(self.organizer, self.organizer_name), encode=False)
        attendee = _mailto(self.attendee, self.attendee_name)
        attendee.params |= {"ROLE": vText("REQ-PARTICIPANT"), "PARTSTAT": vText("NEEDS-ACTION"), "RSVP": vText("FALSE")}
        event.add("attendee", attendee, encode=False)
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", method)
        calendar.add_component(event)
        return CalendarPart(method, calendar.to_ical())


def _mailto(address: str, name: str) -> vCalAddress:
    """A person as RFC 5545 names one; a quotation mark has no place in a parameter."""
    found = vCalAddress(f"mailto:{address}")
    if plain := one_line(name).replace('"', "'"):
        found.params["CN"] = vText(plain)
    return found
