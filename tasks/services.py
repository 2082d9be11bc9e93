"""The services of the month so far, as an admin sees them in the Prefect UI: worst first, day by day, every outage."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from prefect import task
from prefect.artifacts import create_markdown_artifact

from connectors._monitor import LATENCIES
from firstbell.calendar import SchoolCalendar
from firstbell.intervals import Window, local_dates
from firstbell.metrics.uptime import Outage
from firstbell.metrics.uptime_result import DayOfService, ServiceResult
from firstbell.packet.agenda_outages import lasted
from firstbell.packet.wording import Wording
from firstbell.periods import Period, PeriodKind, period_of
from firstbell.records import Measurement
from firstbell.service_report import service_report
from firstbell.store.queries import facts_as_known
from firstbell.workplace import Workplace
from tasks.place import workplace
from tasks.show import page

ROWS = 25
OUTAGES = 30
STEPS = ((0.0, "·"), (900.0, "▂"), (3600.0, "▅"), (float("inf"), "█"))
"""What a day shows, by the most seconds down that it stands for."""
LATELY = timedelta(days=4)
"""How old a monitor's own figure may be to stand on the page."""

NOT_KNOWN, NOT_NEEDED = "?", "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service or a group in print."""

    name: str
    answered: str
    down: str
    on_others_account: str
    not_watched: str
    budget: str
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A service's outages and answers in print; an empty text where there is no figure."""

    name: str
    outages: str
    longest: str
    to_repair: str
    between: str
    pupil_minutes: str
    answers: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRow:
    """How fast a service answered another monitor on one day, in print."""

    name: str
    monitor: str
    day: str
    answers: tuple[str, str]


def services_page(work: Workplace, as_of: datetime | None = None) -> str:
    """The page for the month that a moment lies in, up to it, with what was known then."""
    moment = min(as_of, work.clock()) if as_of is not None else work.clock()
    district, words = work.district, Wording(work.district.zone)
    period = period_of(PeriodKind.MONTH, moment.astimezone(district.zone).date(), district.calendar)
    assert period is not None, "every day lies in a month"
    with work.store.read() as connection:
        results = service_report(district, connection, period, as_of=moment, with_days=True)
        lately = Window(moment - LATELY, moment)
        told = facts_as_known(connection, Measurement, known_at=moment, window=lately)
    names = {service.key: service.name for service in district.services}
    names |= {group.key: group.name for group in district.service_groups}
    shown, days = results[:ROWS], list(local_dates(period.elapsed(moment), district.zone))
    found = (outage for one in results if not one.members for outage in one.outages.episodes)
    outages = sorted(found, key=lambda one: (one.window.start, one.service_key), reverse=True)
    return page(
        "services",
        period=words.say("window", start=words.full_date(period.window.start), end=words.moment(moment)),
        rows=[_row(one, _name(one, names, period, words), days, district.calendar, moment, words) for one in shown],
        figures=[_figures(one, _name(one, names, period, words), words) for one in shown if not one.members],
        monitors=_by_monitors(told, names, {one.key: one.title for one in district.sources}, words),
        left=len(results) - len(shown),
        needed=sum(one.coverage is not None for one in results),
        untold=sum(one.coverage is not None and bool(one.refusal) for one in results),
        left_down=sum(one.seconds.down > 0 for one in results[ROWS:]),
        outages=[_outage(one, names, words) for one in outages[:OUTAGES]],
        outages_left=max(0, len(outages) - OUTAGES),
        policies=sorted({(one.policy.name, str(one.policy.valid_from), one.policy.hash) for one in results}),
    )


@task(name="show services")
def show_services(as_of: datetime | None = None) -> None:
    """Each service in the month so far, day by day, and its outages."""
    with workplace() as work:
        text = services_page(work, as_of)
    create_markdown_artifact(text, key="services", description="The month so far, the worst service first.")


def strip_of(told: Iterable[DayOfService], days: Sequence[date], agreed: Collection[date] = ()) -> str:
    """A character for each day: how long a service was down, `?` where nobody knows, `-` where it was not needed.

    `agreed` are the days with agreed hours: one of them of which nothing is told was before the first look.
    """
    known = {one.on: one for one in told}
    return "".join(_sign(known.get(day), agreed=day in agreed) for day in days)


def _sign(day: DayOfService | None, *, agreed: bool) -> str:
    if day is None:
        return NOT_KNOWN if agreed else NOT_NEEDED
    if day.seconds.expected <= 0:
        return NOT_NEEDED
    if not day.seconds.down and day.availability is None:
        return NOT_KNOWN
    return next(sign for most, sign in STEPS if day.seconds.down <= most)


def _name(result: ServiceResult, names: dict[str, str], period: Period, words: Wording) -> str:
    """The name of a service or group, with the days meant where its rules changed within the period."""
    part, name = result.period.window, names[result.key]
    if part == period.window:
        return name
    last = part.end - timedelta(microseconds=1)
    return words.say("service_part", name=name, first=words.full_date(part.start), last=words.full_date(last))


def _row(
    result: ServiceResult, name: str, days: Sequence[date], calendar: SchoolCalendar, moment: datetime, words: Wording
) -> ServiceRow:
    seconds, budget, over = result.seconds, result.budget, result.period.elapsed(moment)
    hours = calendar.hours(result.agreed_hours, over)
    not_yet = words.say("not_watched_yet") if hours and not seconds.total else ""
    none_seen = not_yet if result.coverage is None else words.say("not_known") if result.refusal else "0"
    meant = set(local_dates(result.period.window, calendar.zone))
    agreed = {day for window in hours for day in local_dates(window, calendar.zone)}
    on_others = seconds.down - seconds.own_down
    return ServiceRow(
        name=name,
        answered=words.say("not_known") if result.availability is None else words.exact_percent(result.availability),
        down=words.duration(seconds.down) if seconds.down else none_seen,
        on_others_account=words.duration(on_others) if on_others else "",
        not_watched=words.duration(seconds.unknown) if seconds.unknown else not_yet or "0",
        budget="" if budget is None else _left(budget.left_seconds, words),
        days="".join(strip_of(result.days, [day], agreed) if day in meant else " " for day in days),
    )


def _figures(result: ServiceResult, name: str, words: Wording) -> FigureRow:
    outages, latency = result.outages, result.latency
    answers = (latency.p50_seconds, latency.p95_seconds, latency.p99_seconds) if latency else (None, None, None)
    p50, p95, p99 = ("" if one is None else f"{words.number(round(one * 1000))} ms" for one in answers)
    known, pupils = not result.refusal, result.student_minutes
    return FigureRow(
        name=name,
        outages=words.number(outages.count) if known or outages.count else words.say("not_known"),
        longest=words.duration(outages.longest_seconds) if outages.count else "",
        to_repair=_length(outages.mean_time_to_repair_seconds, words),
        between=_length(outages.mean_time_between_failures_seconds, words),
        pupil_minutes="" if pupils is None or not (known or pupils) else words.number(round(pupils)),
        answers=(p50, p95, p99),
    )


def _by_monitors(
    told: Iterable[tuple[str, Measurement]], names: dict[str, str], sources: dict[str, str], words: Wording
) -> list[MonitorRow]:
    """The newest day that each monitor told of how fast each service answered it: beside ours, and no part of them."""
    newest: dict[tuple[str, str], dict[int, Measurement]] = {}
    for source, one in sorted(told, key=lambda pair: pair[1].period_end_on):
        for percent, begins in LATENCIES.items():
            service = one.measure_key.removeprefix(begins)
            if source in sources and service in names and service != one.measure_key:
                kept = newest.setdefault((service, source), {})
                if any(other.period_end_on < one.period_end_on for other in kept.values()):
                    kept.clear()
                kept[percent] = one
    return [
        MonitorRow(
            name=names[service],
            monitor=sources[source],
            day=words.full_date(next(iter(kept.values())).period_end_on),
            answers=(_milliseconds(kept.get(50), words), _milliseconds(kept.get(95), words)),
        )
        for (service, source), kept in sorted(newest.items())
    ]


def _milliseconds(one: Measurement | None, words: Wording) -> str:
    return "" if one is None else f"{words.number(round(one.numerator))} ms"


def _length(seconds: float | None, words: Wording) -> str:
    return "" if seconds is None else words.duration(seconds)


def _left(seconds: float, words: Wording) -> str:
    length = words.duration(abs(seconds))
    return length if seconds >= 0 else words.say("overspent", length=length)


def _outage(outage: Outage, names: dict[str, str], words: Wording) -> tuple[str, str, str, str]:
    return (
        names[outage.service_key],
        words.moment(outage.window.start),
        lasted(words, outage),
        names.get(outage.root, outage.reason) if outage.root else outage.reason,
    )
