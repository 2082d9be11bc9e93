"""Agenda item 3, for technicians: what other monitors say of our services, beside what we saw, and never averaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from firstbell.intervals import Window
from firstbell.metrics.uptime import timeline
from firstbell.metrics.uptime_accounting import Seconds, availability, seconds_of
from firstbell.metrics.uptime_services import parts_by_rules, ruled_at
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Row, Table
from firstbell.packet.wording import Wording
from firstbell.records import ServiceWindow

SAME_TIME = timedelta(hours=1)
"""By how much a monitor's window may begin before or end after our own period and still be compared with it."""


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
            words.say("window", start=words.full_date(told.window.start), end=words.full_date(told.window.end)),
            words.say("not_known") if told.share is None else words.exact_percent(told.share),
            ours,
            told.rule,
        )
    )


def _aggregates(material: Material) -> Iterator[_Told]:
    """The newest window that each source told of each service under each rule, the longest of those that end then."""
    newest: dict[tuple[str, str, str], ServiceWindow] = {}
    known = {service.service_key for service in material.facts.services}
    for source, rows in material.facts.by_source(ServiceWindow).items():
        for row in rows:
            key = (source, row.service_key, row.accounting_policy)
            kept = newest.get(key)
            if row.service_key in known and _tells_share(row) and (kept is None or _age(row) > _age(kept)):
                newest[key] = row
    for (source, service, rule), row in newest.items():
        window = Window(row.started_at, row.ended_at)
        yield _Told(service_key=service, source_key=source, rule=rule, window=window, share=_share(row))


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
    """What a monitor's own looks come to under our rules, over our period."""
    facts = material.facts
    rules = {service.service_key: service for service in facts.services}
    for source, services in facts.told_looks.items():
        for key, looks in services.items():
            if key in rules:
                for part in parts_by_rules(facts.elapsed, [rules[key]]):
                    policy = ruled_at(rules[key], part.start).policy
                    line = timeline(looks, part, policy).without(rules[key].maintenance)
                    seconds = seconds_of(line)
                    share = availability(seconds, policy)
                    rule = _by_our_rules(material.wording, seconds, enough=share is not None)
                    yield _Told(service_key=key, source_key=source, rule=rule, window=part, share=share)


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
    line = facts.timelines[told.service_key].within(part)
    share = availability(seconds_of(line), ruled_at(service, max(told.window.start, over.start)).policy)
    return words.say("not_known") if share is None else words.exact_percent(share)


def _clipped(window: Window, over: Window) -> tuple[Window, ...]:
    part = window.clipped(over)
    return () if part is None else (part,)
