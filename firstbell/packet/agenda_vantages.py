"""Agenda item 3, where several places look: for how long one looked alone, and what one alone saw down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from firstbell.intervals import Window, Windows, total_seconds, union
from firstbell.metrics.uptime import WatchedService
from firstbell.metrics.uptime_services import parts_by_rules, ruled_at
from firstbell.metrics.vantages import Views, down_only_from, seen_only_from, views
from firstbell.packet.material import Material
from firstbell.packet.model import Line
from firstbell.packet.summary import note_on

LEAST_SECONDS = 60
NAMED = 3


def vantage_lines(material: Material) -> list[Line]:
    """What the places did not see alike; nothing where one place looks, or all saw the same."""
    if len(material.names.vantages) < 2:
        return []
    alone: defaultdict[str, list[Window]] = defaultdict(list)
    down: defaultdict[str, dict[str, Windows]] = defaultdict(dict)
    for service in material.facts.services:
        key = service.service_key
        for part in parts_by_rules(material.facts.elapsed, [service]):
            seen = _views(material, ruled_at(service, part.start), part)
            for vantage, windows in seen_only_from(seen).items():
                alone[vantage] += windows
            for vantage, windows in down_only_from(seen).items():
                down[vantage][key] = union([*down[vantage].get(key, ()), *windows])
    found = [_alone(material, vantage, union(windows)) for vantage, windows in alone.items()]
    found += [_down(material, vantage, services) for vantage, services in down.items()]
    return [line for line in found if line is not None]


def _views(material: Material, service: WatchedService, part: Window) -> Views:
    facts = material.facts
    over = Window(max(part.start, min(service.since or part.start, part.end)), part.end)
    looks = facts.intervals.get(service.service_key, ())
    seen = views(looks, over, service.policy, material.names.vantages)
    return {vantage: line.without(service.maintenance) for vantage, line in seen.items()}


def _alone(material: Material, vantage: str, windows: Windows) -> Line | None:
    """For how long services were seen from one place only."""
    words, item = material.wording, f"vantage:{vantage}"
    seconds = total_seconds(windows)
    if seconds < LEAST_SECONDS:
        return None
    blind = words.listed(name for key, name in material.names.vantages.items() if key != vantage)
    text = words.say(
        "seen_only_from",
        vantage=material.names.vantages[vantage],
        length=words.duration(seconds),
        others=blind,
        since=material.moment(windows[0].start),
    )
    return Line(item=item, text=text, weight=2, **note_on(material, item))


def _down(material: Material, vantage: str, services: Mapping[str, Windows]) -> Line | None:
    """What one place alone saw down, the longest first."""
    words, item = material.wording, f"vantage:{vantage}:down"
    lengths = {key: total_seconds(windows) for key, windows in services.items()}
    worst = sorted((key for key in lengths if lengths[key] >= LEAST_SECONDS), key=lambda key: (-lengths[key], key))
    if not worst:
        return None
    named = [
        words.say("service_lost", service=material.names.services.get(key, key), lost=words.duration(lengths[key]))
        for key in worst[:NAMED]
    ]
    if len(worst) > NAMED:
        named.append(words.say("others", n=len(worst) - NAMED))
    place = material.names.vantages[vantage]
    text = words.say("down_only_from", vantage=place, services=words.listed(named))
    return Line(item=item, text=text, weight=3, **note_on(material, item))
