"""Agenda item 3, where several places look: for how long one looked alone, what one passed over or alone saw down."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from firstbell.intervals import Window, Windows, total_seconds
from firstbell.metrics.uptime import WatchedService
from firstbell.metrics.uptime_services import parts_by_rules, ruled_at
from firstbell.metrics.uptime_timeline import followed
from firstbell.metrics.vantages import Alone, Views, down_only_from, passed_over, seen_only_from, views
from firstbell.packet.material import Material
from firstbell.packet.model import Line
from firstbell.packet.summary import note_on

LEAST_SECONDS = 60
LEAST_PASSED_OVER_SECONDS = 3600
"""Less tells nothing: where a place falls silent, what it looks at rarely stays known for longer than the rest."""
NAMED = 3


def vantage_lines(material: Material) -> list[Line]:
    """What the places did not see alike; nothing where one place looks, or all saw the same."""
    if len(material.names.vantages) < 2:
        return []
    seen = {service.service_key: _views(material, service) for service in material.facts.services}
    down: defaultdict[str, dict[str, Windows]] = defaultdict(dict)
    for key, lines in seen.items():
        for vantage, windows in down_only_from(lines).items():
            down[vantage][key] = windows
    found = [_alone(material, vantage, one) for vantage, one in seen_only_from(list(seen.values())).items()]
    found += [_never(material, vantage) for vantage in material.names.vantages if _never_looked(seen, vantage)]
    found += [_passed_over(material, vantage, services) for vantage, services in passed_over(seen).items()]
    found += [_down(material, vantage, services) for vantage, services in down.items()]
    return [line for line in found if line is not None]


def _views(material: Material, service: WatchedService) -> Views:
    """What each place saw of a service over the packet's period, each part of it by the rules that held."""
    facts = material.facts
    looks, parts = facts.intervals.get(service.service_key, ()), []
    for part in parts_by_rules(facts.elapsed, [service]):
        over = Window(max(part.start, min(service.since or part.start, part.end)), part.end)
        parts.append(views(looks, over, ruled_at(service, part.start).policy, material.names.vantages))
    return {
        vantage: followed([lines[vantage] for lines in parts]).without(service.maintenance)
        for vantage in material.names.vantages
    }


def _never_looked(seen: Mapping[str, Views], vantage: str) -> bool:
    """Whether a place has looked at nothing that others looked at."""
    other = any(line.over for lines in seen.values() for name, line in lines.items() if name != vantage)
    return other and not any(lines[vantage].over for lines in seen.values())


def _never(material: Material, vantage: str) -> Line:
    item = f"vantage:{vantage}:never"
    text = material.wording.say("never_looked_from", vantage=material.names.vantages[vantage])
    return Line(item=item, text=text, weight=2, **note_on(material, item))


def _alone(material: Material, vantage: str, alone: Alone) -> Line | None:
    """For how long services were seen from one place only."""
    words, item = material.wording, f"vantage:{vantage}"
    seconds = total_seconds(alone.windows)
    if seconds < LEAST_SECONDS:
        return None
    text = words.say(
        "seen_only_from",
        vantage=material.names.vantages[vantage],
        length=words.duration(seconds),
        others=words.listed(material.names.vantages[name] for name in alone.blind),
        since=material.moment(alone.windows[0].start),
    )
    return Line(item=item, text=text, weight=2, **note_on(material, item))


def _passed_over(material: Material, vantage: str, services: Mapping[str, Windows]) -> Line | None:
    """What one place did not look at while it looked at the rest, the longest first."""
    item = f"vantage:{vantage}:passed_over"
    return _told(material, item, "passed_over_from", vantage, services, LEAST_PASSED_OVER_SECONDS, weight=2)


def _down(material: Material, vantage: str, services: Mapping[str, Windows]) -> Line | None:
    """What one place alone saw down, the longest first."""
    return _told(material, f"vantage:{vantage}:down", "down_only_from", vantage, services, LEAST_SECONDS, weight=3)


def _told(
    material: Material,
    item: str,
    sentence: str,
    vantage: str,
    services: Mapping[str, Windows],
    least: float,
    *,
    weight: float,
) -> Line | None:
    """A sentence on a place with the services that it is about, each with how long, those beyond three counted."""
    words, lengths = material.wording, {key: total_seconds(windows) for key, windows in services.items()}
    worst = sorted((key for key in lengths if lengths[key] >= least), key=lambda key: (-lengths[key], key))
    if not worst:
        return None
    named = [
        words.say("service_lost", service=material.names.services.get(key, key), lost=words.duration(lengths[key]))
        for key in worst[:NAMED]
    ]
    if len(worst) > NAMED:
        named.append(words.say("others", n=len(worst) - NAMED))
    text = words.say(sentence, vantage=material.names.vantages[vantage], services=words.listed(named))
    return Line(item=item, text=text, weight=weight, **note_on(material, item))
