"""What cannot be in services.yaml: services that depend on themselves, names without a policy, keys taken twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from firstbell.config._document import Document, Place
from firstbell.config._references import did_you_mean, matches
from firstbell.config.faults import Fault
from firstbell.config.service_rules import DISTRICT_POLICY

_FIRST_DAY = "2000-01-01"


def service_faults(document: Document | None) -> Iterator[Fault]:
    """Every fault of the kind in services.yaml; unknown services are told with all other unknown keys."""
    if document is None:
        return
    yield from _circles(document)
    yield from _policies(document)
    services = {str(value) for _, value in matches(document, "services.*.key")}
    for place, value in matches(document, "groups.*.key"):
        if value in services:
            yield document.fault(place, "is the key of a service as well; choose another.")
    members: set[tuple[object, object]] = set()
    for place, value in matches(document, "groups.*.members.*"):
        if (place[1], value) in members:
            yield document.fault(place, "stands twice in this group; keep one.")
        members.add((place[1], value))


def _circles(document: Document) -> Iterator[Fault]:
    """Each circle of services that depend on one another, once, at the service of it that stands first."""
    above: dict[str, list[str]] = {}
    places: dict[str, Place] = {}
    for index, service in enumerate(_listed(document, "services")):
        if isinstance(service, dict) and isinstance(service.get("depends_on"), list):
            key = str(service.get("key"))
            above[key] = [str(one) for one in service["depends_on"]]
            places[key] = ("services", index, "depends_on")
    told: set[str] = set()
    for key in above:
        circle = [] if key in told else _way_back(key, above)
        if circle:
            told.update(circle)
            way = " -> ".join(circle if len(circle) <= 8 else [*circle[:7], "..."])
            yield document.fault(places[key], f"goes round in a circle ({way} -> {key}); take one of these out.")


def _way_back(key: str, above: Mapping[str, list[str]]) -> list[str]:
    """The shortest way from a service over what it depends on back to itself; empty where there is none."""
    came_from: dict[str, str] = {}
    ahead = [key]
    for here in ahead:  # grows while it is read: breadth first
        for parent in above.get(here, ()):
            if parent == key:
                way = [here]
                while way[-1] != key:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if parent not in came_from:
                came_from[parent] = here
                ahead.append(parent)
    return []


def _policies(document: Document) -> Iterator[Fault]:
    versions: dict[tuple[str, str], Place] = {}
    names = {str(value) for _, value in matches(document, "policies.*.name")}
    for index, policy in enumerate(_listed(document, "policies")):
        if isinstance(policy, dict):
            version = str(policy.get("name")), str(policy.get("valid_from", _FIRST_DAY))
            if version in versions:
                place: Place = ("policies", index, "valid_from" if "valid_from" in policy else "name")
                yield document.fault(place, "begins on the same day as another version of it; mend valid_from.")
            versions.setdefault(version, ("policies", index))
    known = frozenset({*names, DISTRICT_POLICY})
    for pattern in ("services.*.policy", "groups.*.policy"):
        for place, value in matches(document, pattern):
            if isinstance(value, str) and value not in known and len(value) <= 60:
                told = f'names the policy "{value}", which there is not; {did_you_mean(value, known)}'
                yield document.fault(place, told)


def _listed(document: Document, name: str) -> list[object]:
    found = document.at((name,))
    return found if isinstance(found, list) else []
