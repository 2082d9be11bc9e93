"""What `firstbell doctor` can say without asking anybody outside: each check is a function that returns findings.

The checks that ask sources, services, the mail server and Prefect live in the outermost layer, firstbell/cli/.
"""

from __future__ import annotations

import base64
import binascii
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from firstbell.actions import is_owner
from firstbell.config.loaded import District
from firstbell.config.secrets import SecretError, SecretReader, read_secret, readable_by_all
from firstbell.intervals import Window, local_day, total_seconds
from firstbell.packet.logo import LogoError, read_logo
from firstbell.year_turn import ENDS_WITHIN, EndingKind, ending_soon

_GIGABYTE = 2**30


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"
    """Something will not work until somebody acts; doctor exits with 1."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to: what it looked at, how it is, and a sentence that says what to do."""

    subject: str
    level: Level
    sentence: str


def check_secrets(district: District, readers: Mapping[str, SecretReader], today: date) -> Iterator[Finding]:
    """Every secret of the folder: can it be read, by whom, and for how long is it good."""
    for place, reference in _references(district):
        subject = f"secret {place}"
        if reference.partition(":")[0] not in readers:
            yield Finding(subject, Level.WARN, f"{reference} is read where Prefect runs; it was not tried here.")
            continue
        try:
            secret = read_secret(reference, readers)
        except SecretError as error:
            yield Finding(subject, Level.WRONG, str(error))
            continue
        end = token_end(secret)
        if readable_by_all(district.folder, reference):
            sentence = f"{reference} may be read by every user of this machine; take that right away (chmod o-r)."
            yield Finding(subject, Level.WARN, sentence)
        elif end is not None and end - today <= ENDS_WITHIN:
            level = Level.WARN if end >= today else Level.WRONG
            yield Finding(subject, level, f"the token ends on {end}; get a new one before that.")
        else:
            yield Finding(subject, Level.OK, f"{reference} can be read.")


def token_end(secret: str) -> date | None:
    """The last day of a JSON Web Token; None for any other secret, and for a token without an end."""
    parts = secret.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        return datetime.fromtimestamp(claims["exp"], UTC).date()
    except (ValueError, KeyError, TypeError, OverflowError, OSError, binascii.Error):
        return None


def check_roles(district: District, today: date) -> Iterator[Finding]:
    """Every team has a leader, and mail reaches its members."""
    for team in district.teams:
        subject = f"team {team.key}"
        members = district.members(team.key, today)
        silent = sorted({member.person for member in members if not district.person(member.person).email})
        if not district.holders("team_leader", team.key, today):
            sentence = "nobody is team_leader now; give a member of teams.yaml that role, or mend the terms."
            yield Finding(subject, Level.WRONG, sentence)
        elif silent:
            sentence = f"no mail reaches {', '.join(silent)}; add an address in teams.yaml if they should read it."
            yield Finding(subject, Level.WARN, sentence)
        else:
            counted = (
                "one member, with an address" if len(members) == 1 else f"{len(members)} members, all with an address"
            )
            yield Finding(subject, Level.OK, f"{counted}, and a team leader.")


def check_answers(district: District) -> Iterator[Finding]:
    """Whether letters that come back reach the mailbox for answers, and not a reader's own."""
    mail = district.about.mail
    if mail.inbox is None:
        return
    readers = sorted(person.key for person in district.people if person.email.casefold() == mail.sender.casefold())
    if readers:
        sentence = (
            f"mail.sender is the address of {', '.join(readers)}: letters that come back go there, and nobody counts "
            "them; give it the address of mail.inbox."
        )
        yield Finding("answers", Level.WARN, sentence)
    else:
        yield Finding("answers", Level.OK, "mail leaves under an address that is no reader's own.")


def check_owners(district: District) -> Iterator[Finding]:
    """Sources that map their own words for owners to something that is no role and no person of the folder."""
    for source in district.sources:
        mapped: Mapping[str, str] = getattr(district.settings[source.key], "owners", {})
        unknown = sorted({key for key in mapped.values() if key and not is_owner(district, key)})
        if unknown:
            sentence = (
                f"owners of {district.source_places[source.key]} leads to {', '.join(key[:60] for key in unknown)}, "
                "which is no role and no person's key; these items show no owner until that is mended."
            )
            yield Finding(f"owners of {source.key}", Level.WRONG, sentence)


def check_ends(district: District, today: date) -> Iterator[Finding]:
    """School years, terms, meetings and credentials that run out within 60 days."""
    subjects = {EndingKind.CALENDAR: "calendar", EndingKind.HOLIDAYS: "calendar"}
    endings = ending_soon(district, today)
    if not any(one.kind is EndingKind.CALENDAR for one in endings):
        last = max(year.last_on for year in district.calendar.years)
        yield Finding("calendar", Level.OK, f"school years reach to {last}.")
    for one in endings:
        subject = subjects.get(one.kind) or (f"team {one.team_key}" if one.kind is EndingKind.TERM else _plain(one.key))
        yield Finding(subject, Level.WRONG if one.blocks(today) else Level.WARN, one.sentence)


def _plain(key: str) -> str:
    return key.replace("/", " ", 1)


def check_sampling(district: District, availability: Mapping[str, Mapping[str, Any]], today: date) -> Iterator[Finding]:
    """Adopted availability targets that the looks are too rare to tell.

    `availability` holds the parameters of each indicator that is a share of time, by its id. An outage counts after
    `confirmation_failures` looks, so nothing shorter than that many intervals is seen; a target that allows less
    downtime in a month than one such outage cannot be told from perfection.
    """
    polling = district.polling
    shortest = polling.every_seconds * polling.confirmation_failures
    for target in district.targets:
        if target.indicator not in availability or not isinstance(target.target, float):
            continue
        month = _month_seconds(district, today, availability[target.indicator].get("hours", ""))
        allowed = (1 - target.target) * month
        subject = f"target {target.indicator}"
        if month and allowed < shortest:
            every = int(allowed / polling.confirmation_failures)
            remedy = f"look every {every} s" if every >= 10 else "lower the target"
            sentence = (
                f"allows {allowed:.0f} s of downtime in a month of {month / 3600:.0f} h, and an outage under "
                f"{shortest} s is not seen; {remedy}."
            )
            yield Finding(subject, Level.WARN, sentence)
        else:
            sentence = f"allows {allowed:.0f} s of downtime a month; outages from {shortest} s on are seen."
            yield Finding(subject, Level.OK, sentence)


def check_disk(state: Path) -> Finding:
    """Room for the state folder."""
    place = state
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / _GIGABYTE
    if free < 1:
        return Finding("disk", Level.WRONG, f"{free:.1f} GB are free where {state} lies; make room, 5 GB are enough.")
    level = Level.WARN if free < 5 else Level.OK
    return Finding("disk", level, f"{free:.1f} GB are free where {state} lies.")


def check_logo(district: District) -> Finding:
    """Whether the packet's logo can be printed; without one the packet goes out all the same."""
    try:
        logo = read_logo(district.folder, district.about.packet.logo)
    except LogoError as error:
        return Finding("logo", Level.WARN, str(error))
    return Finding("logo", Level.OK, "The packet prints it." if logo else "The packet has none; packet.logo names one.")


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level among findings; ok when there are none."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)


def _references(district: District) -> Iterator[tuple[str, str]]:
    yield from _secrets_of("mail", district.about.mail)
    for key, settings in district.settings.items():
        yield from _secrets_of(key, settings)
    for key, settings in district.probe_settings.items():
        yield from _secrets_of(key, settings)


def _secrets_of(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, SecretStr):
        if reference := value.get_secret_value():
            yield place, reference
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets_of(f"{place}.{name}", getattr(value, name))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _secrets_of(f"{place}.{index}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _secrets_of(f"{place}.{key}", item)


def _month_seconds(district: District, today: date, hours: str) -> float:
    """Seconds of the thirty days before `today` that the indicator counts; the fullest month of the last year."""
    best = 0.0
    for back in range(12):
        end = local_day(today - timedelta(days=30 * back), district.zone).start
        month = Window(end - timedelta(days=30), end)
        school = total_seconds(district.calendar.instruction(month))
        best = max(best, school if hours == "school" else month.seconds - school if hours == "other" else month.seconds)
    return best
