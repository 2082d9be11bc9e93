"""Agenda item 3, for technicians: what other monitors say of our services, beside what we saw, and never averaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from firstbell.intervals import Window
from firstbell.metrics.uptime import WatchedService, timeline
from firstbell.metrics.uptime_accounting import availability
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.metrics.uptime_services import parts_by_rules, ruled_at
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Row, Table
from firstbell.packet.wording import Wording
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

SAME_TIME = timedelta(hours=1)
"""By how much a monitor's window may begin before or end after our own period and still be compared with it."""

NEARLY_NONE = 0.01
"""The share of a monitor's time that we may have begun to look late and still say nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One monitor's figure of one service; `share` None where it knows none."""

    service_key: str
    source_key: str
    rule: str
    window: Window
    share: float | None


def monitor_table(material: Material) -> Table | None:
    """Each monitor's newest figure of each service, ours for the same time, and how the monitor counts."""
    told = sorted(
        (*_aggregates(material), *_by_their_looks(material)), key=lambda one: (one.service_key, one.source_key)
    )
    if not told:
        return None
    words = material.wording
    titles = ("service", "monitor", "speaks_of", "it_says", "we_saw", "how_it_counts")
    return Table(
        audience=Audience.TECHNICAL,
        caption=words.say("monitors_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key in ("it_says", "we_saw")) for key in titles),
        rows=tuple(_row(material, one) for one in told),
    )


def _row(material: Material, told: _Told) -> Row:
    words, ours = material.wording, _ours(material, told)
    return Row(
        cells=(
            material.names.services.get(told.service_key, told.service_key),
            material.names.sources.get(told.source_key, told.source_key),
            _dated(words, told.window),
            words.say("not_known") if told.share is None else words.exact_percent(told.share),
            ours,
            told.rule,
        )
    )


def _dated(words: Wording, window: Window) -> str:
    """The days of a window, the last of them included: as parts of the time are dated wherever rules change."""
    last = max(window.start, window.end - timedelta(microseconds=1))
    return words.say("window", start=words.full_date(window.start), end=words.full_date(last))


def _aggregates(material: Material) -> Iterator[_Told]:
    """The newest window that each source told of each service under each rule, the longest of those that end then.

    Of time that the source knows nothing of, such as what its page no longer lists, only what lies in our period.
    """
    newest: dict[tuple[str, str, str], ServiceWindow] = {}
    known = {service.service_key for service in material.facts.services}
    for source, rows in material.facts.by_source(ServiceWindow).items():
        for row in rows:
            key = (source, row.service_key, row.accounting_policy)
            kept = newest.get(key)
            if row.service_key in known and _tells_share(row) and (kept is None or _age(row) > _age(kept)):
                newest[key] = row
    for (source, service, rule), row in newest.items():
        share, window = _share(row), Window(row.started_at, row.ended_at)
        for part in (window,) if share is not None else _clipped(window, material.facts.elapsed):
            yield _Told(service_key=service, source_key=source, rule=rule, window=part, share=share)


def _age(row: ServiceWindow) -> tuple[float, float]:
    return row.ended_at.timestamp(), -row.started_at.timestamp()


def _tells_share(row: ServiceWindow) -> bool:
    """Whether a window is about a share at all, known or not: a vendor's declared stretch of an outage is not."""
    told = (row.up_ratio, row.up_seconds, row.unknown_seconds, row.last_seen_at)
    return any(one is not None for one in told)


def _share(row: ServiceWindow) -> float | None:
    """The monitor's own ratio; where it gives seconds alone, what they come to."""
    if row.up_ratio is not None or row.up_seconds is None or row.down_seconds is None:
        return row.up_ratio
    counted = row.up_seconds + row.down_seconds
    return row.up_seconds / counted if counted else None


def _by_their_looks(material: Material) -> Iterator[_Told]:
    """What a monitor's own looks come to under our rules, over our period; not of rules that held before its first."""
    facts = material.facts
    rules = {service.service_key: service for service in facts.services}
    for source, services in facts.told_looks.items():
        for key, looks in services.items():
            if key in rules:
                first = _first_told(looks)
                for part in parts_by_rules(facts.elapsed, [rules[key]]):
                    if first < part.end:
                        yield _counted(material, rules[key], source, looks, part)


def _first_told(looks: Sequence[ObservationInterval]) -> datetime:
    """Since when a monitor tells of a service: what it says that it does not know tells nothing, if anything does."""
    known = [one.first_at for one in looks if one.state is not ServiceState.UNKNOWN]
    return min(known or [one.first_at for one in looks])


def _counted(
    material: Material, service: WatchedService, source: str, looks: Sequence[ObservationInterval], part: Window
) -> _Told:
    """A monitor's looks at a service over a part of the time, by the rules that held in it."""
    policy = ruled_at(service, part.start).policy
    seconds = timeline(looks, part, policy).without(service.maintenance).seconds
    share = availability(seconds, policy)
    rule = _by_our_rules(material.wording, seconds, enough=share is not None)
    return _Told(service_key=service.service_key, source_key=source, rule=rule, window=part, share=share)


def _by_our_rules(words: Wording, seconds: Seconds, *, enough: bool) -> str:
    """How a monitor's looks were counted, and where they were too few, how few: many tell only their newest hour."""
    if enough:
        return words.say("by_our_rules")
    read, of = (words.number(round(length / 60)) for length in (seconds.watched, seconds.expected))
    return words.say("by_our_rules_too_few", read=read, of=of)


def _ours(material: Material, told: _Told) -> str:
    """What we saw in the same time, around the clock as monitors count; another time cannot be compared."""
    facts, words = material.facts, material.wording
    over = facts.elapsed
    if told.window.start < over.start - SAME_TIME or told.window.end > over.end + SAME_TIME:
        return words.say("another_time")
    part = _clipped(told.window, over)
    service = next(one for one in facts.services if one.service_key == told.service_key)
    if any(len(parts_by_rules(window, [service])) > 1 for window in part):
        return words.say("rules_changed_within")
    policy = ruled_at(service, max(told.window.start, over.start)).policy
    seconds = facts.timelines[told.service_key].within(part).seconds
    share = availability(seconds, policy)
    if share is None and not seconds.watched:
        return words.say("not_known")
    return _over_the_same(words, seconds, sum(window.seconds for window in part), policy)


def _over_the_same(words: Wording, seconds: Seconds, whole: float, policy: SlaPolicy) -> str:
    """Our share of a monitor's time, or for how much of it we looked where that is too little; else both.

    Time before we first looked at a service is in no timeline of ours, but it is in the monitor's.
    """
    before = max(0.0, whole - seconds.total)
    same = replace(seconds, unknown=seconds.unknown + before)
    n, of = round(same.watched / 60), words.number(round(same.expected / 60))
    share = availability(seconds, policy)
    if share is None or availability(same, policy) is None:
        return words.say("we_looked", n=n, of=of)
    told = words.exact_percent(share)
    return told if before <= NEARLY_NONE * whole else words.say("share_and_looked", share=told, n=n, of=of)


def _clipped(window: Window, over: Window) -> tuple[Window, ...]:
    part = window.clipped(over)
    return () if part is None else (part,)
