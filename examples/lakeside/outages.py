"""What ten weeks of looks at the sample district's services saw: outages, planned work, an hour without a poller."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from examples.lakeside.certificates import ENDING_IN
from examples.lakeside.timeline import ZONE, Timeline
from firstbell.intervals import Window, difference, local_moment, union
from firstbell.knowledge import PROBES
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ObservationInterval, ServiceState

EVERY = timedelta(seconds=60)
SERVICES = (
    *("sign_in", "learning_platform", "gradebook", "student_records", "website", "library", "enrolment"),
    *("bus_routing", "payroll", "mail_domain"),
)


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a service was not simply up."""

    service: str
    window: Window
    state: ServiceState
    reason: str


def seen(timeline: Timeline) -> list[ObservationInterval]:
    """The looks from the first evening on up to now, run-length encoded."""
    watched = Window(timeline.watched_since, timeline.now - timedelta(seconds=5))
    away = _poller_off(timeline)
    spells = [spell for spell in _spells(timeline) if spell.window.start < watched.end]
    return [row for service in SERVICES for row in _service(service, watched, away, spells)]


def controls(timeline: Timeline) -> list[ControlResult]:
    """What the first looks said of certificates and of the mail domain."""
    ends = timeline.today + ENDING_IN
    findings = (
        ("tls", "certificate", "payroll", Verdict.OK, "", ends),
        ("tls", "certificate", "student_records", Verdict.OK, "", timeline.day(300)),
        ("mail-dns", "SPF", "lakeside.example", Verdict.OK, "all other senders are refused; 1 of 10 lookups", None),
        (
            "mail-dns",
            "DMARC",
            "lakeside.example",
            Verdict.WARN,
            "the policy is none: forged mail is only counted",
            None,
        ),
        ("mail-dns", "MX", "lakeside.example", Verdict.OK, "mail servers with an address: 1", None),
    )
    return [
        ControlResult(
            framework=framework,
            edition="",
            code=code,
            subject=subject,
            state=state,
            collected_at=timeline.watched_since,
            expires_on=expires_on,
            reason=reason,
        )
        for framework, code, subject, state, reason, expires_on in findings
    ]


def _spells(timeline: Timeline) -> Iterable[Spell]:
    down, degraded = ServiceState.DOWN, ServiceState.DEGRADED

    def spell(service: str, back: int, at: time, minutes: float, reason: str) -> Spell:
        start = local_moment(timeline.class_day(back), at, ZONE)
        return Spell(service, Window(start, start + timedelta(minutes=minutes)), down, reason)

    work = timeline.at(timeline.day(-12), 18, 20)
    ending = local_moment(timeline.today + ENDING_IN - timedelta(days=21), time(12), ZONE)
    return (
        spell("sign_in", 57, time(9, 30), 12, "timeout"),
        spell("learning_platform", 50, time(11, 5), 26, "status"),
        spell("gradebook", 43, time(13, 5), 41, "status"),
        spell("library", 39, time(10, 0), 18, "timeout"),
        spell("learning_platform", 10, time(10, 40), 23, "status"),
        spell("sign_in", 3, time(8, 10), 54, "timeout"),
        Spell("website", Window(work, work + timedelta(minutes=80)), down, "refused"),
        Spell("enrolment", Window(timeline.now - timedelta(minutes=40), timeline.now), down, "body"),
        Spell("bus_routing", Window(timeline.now - timedelta(minutes=75), timeline.now), down, "refused"),
        Spell("payroll", Window(ending, timeline.now), degraded, "certificate"),
        Spell("mail_domain", Window(timeline.watched_since, timeline.now), degraded, "record"),
    )


def _poller_off(timeline: Timeline) -> Window:
    """An hour and a half in class hours in which our own machine was off."""
    start = timeline.at(timeline.class_day(8), 10, 10)
    return Window(start, start + timedelta(minutes=90))


def _service(service: str, watched: Window, away: Window, spells: Iterable[Spell]) -> Iterator[ObservationInterval]:
    mine = [spell for spell in spells if spell.service == service]
    quiet = difference(union([watched]), union(spell.window for spell in mine))
    parts = [(window, ServiceState.UP, "") for window in quiet]
    parts += [(spell.window, spell.state, spell.reason) for spell in mine]
    for window, state, reason in sorted(parts, key=lambda part: part[0].start):
        for looked in difference(union([window]), union([away])):
            rounds = _rounds(looked, watched)
            if rounds is not None:
                yield _interval(service, state, reason, *rounds)


def _rounds(part: Window, watched: Window) -> tuple[datetime, datetime] | None:
    """The first and last round of looks within a window; None when it holds none."""
    first = watched.start + -(-(max(part.start, watched.start) - watched.start) // EVERY) * EVERY
    end = min(part.end, watched.end)
    if first >= end:
        return None
    return first, first + (end - first - timedelta(microseconds=1)) // EVERY * EVERY


def _interval(service: str, state: ServiceState, reason: str, first: datetime, last: datetime) -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key=PROBES,
        vantage="here",
        state=state,
        reason=reason,
        first_at=first,
        last_at=last,
        count=(last - first) // EVERY + 1,
        expected_interval_seconds=int(EVERY.total_seconds()),
    )
