"""Whether somebody is there for what the folder counts on: to read the morning mail, to approve, to lead, to own.

Each check says in one sentence what is left undone and how to mend it; all of it goes on working without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from firstbell.briefing.owners import INSTEAD, SECTION_OF_AREA, SECTION_OF_NUMBER
from firstbell.catalog import load_roles
from firstbell.config.loaded import District
from firstbell.doctor import Finding, Level

LEADER = "team_leader"
NAMED = 4
"""Of what a role owns that nobody holds, this much is named and the rest counted."""


def check_duties(district: District, today: date) -> Iterator[Finding]:
    """What nobody reads, approves, leads or owns on a day; nothing where all duties are held."""
    yield from _morning_mail(district, today)
    yield from _approvals(district, today)
    yield from _leading_team(district)
    yield from _owners(district, today)


def _morning_mail(district: District, today: date) -> Iterator[Finding]:
    settings = district.about.between_meetings.morning
    readers = {
        person.key
        for team in district.teams
        for role in settings.roles
        for person in district.holders(role, team.key, today)
        if person.email
    }
    if settings.send and not readers:
        sentence = (
            f"nobody with an address holds {' or '.join(settings.roles)} now, so nobody gets it; give a member of "
            "teams.yaml that role, or name another under between_meetings.morning.roles of district.yaml."
        )
        yield Finding("morning mail", Level.WARN, sentence)


def _approvals(district: District, today: date) -> Iterator[Finding]:
    for series in district.series:
        leaders = district.holders(LEADER, series.team, today)
        if series.sending.approval == "required" and not any(person.email for person in leaders):
            sentence = (
                f"its packet waits for an approval, and its draft reaches no {LEADER} of {series.team}; give one an "
                "address in teams.yaml, or set approval to unless_held in meetings.yaml."
            )
            yield Finding(f"series {series.key}", Level.WARN, sentence)


def _leading_team(district: District) -> Iterator[Finding]:
    if district.leading_team is None:
        sentence = (
            "no team leads the district, so nobody reads of an incident before it is released; give a member of a "
            "district team in teams.yaml the role superintendent or data_security_specialist."
        )
        yield Finding("leading team", Level.WARN, sentence)


def _owners(district: District, today: date) -> Iterator[Finding]:
    """Roles that own something and that nobody holds, one sentence a role."""
    held = {role for team in district.teams for member in district.members(team.key, today) for role in member.roles}
    owned: defaultdict[str, list[str]] = defaultdict(list)
    for role, thing in (*_sections(held), *_named(district)):
        if role not in held and thing not in owned[role]:
            owned[role].append(thing)
    for role in sorted(owned):
        if things := owned[role]:
            more = f" and {len(things) - NAMED} more" if len(things) > NAMED else ""
            sentence = (
                f"nobody holds it now, and it owns {', '.join(things[:NAMED])}{more}; give a member of teams.yaml that "
                "role, until then the team leader answers."
            )
            yield Finding(f"role {role}", Level.WARN, sentence)


def _sections(held: set[str]) -> Iterator[tuple[str, str]]:
    """The sections of the packet that none of their owners looks after, each with the first role that could."""
    roles = load_roles()
    for section in dict.fromkeys((*SECTION_OF_NUMBER.values(), *SECTION_OF_AREA.values())):
        instead = INSTEAD.get(section)
        owners = [*roles.owners(section), *(roles.owners(instead) if instead else ())]
        if owners and not held.intersection(owners):
            yield owners[0], f"the section {section}"


def _named(district: District) -> Iterator[tuple[str, str]]:
    """The owners that the folder names, with what they own."""
    for source in district.sources:
        yield source.owner_role, f"source {source.key}"
    for item in district.compliance.items:
        yield item.owner_role, f"duty {item.framework}/{item.code}"
    for goal in district.plan.goals:
        for objective in goal.objectives:
            for initiative in objective.initiatives:
                yield initiative.owner_role, f"initiative {initiative.key}"
    for check in district.plan.readiness:
        yield check.owner_role, f"what {check.initiative} waits for"
    for grant in district.plan.grants:
        yield grant.owner_role, f"grant {grant.key}"
