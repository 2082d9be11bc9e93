"""What `firstbell init` is told: seven answers, each from a line of text or a file."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firstbell.catalog import load_roles
from firstbell.config.vendors import VendorPage
from firstbell.errors import FirstbellError


class AnswerError(FirstbellError):
    """An answer that cannot be used, with an example of one that can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolAnswer:
    """A school. `known_as` are its names in other systems."""

    key: str
    name: str
    level: str
    known_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAnswer:
    """A service to look at, with the settings of its probe."""

    key: str
    name: str
    probe: dict[str, object]
    needed: str = "class_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderAnswer:
    """A reader and the roles that choose the edition."""

    key: str
    name: str
    email: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingAnswer:
    """Either a calendar's address, or the next meeting with or without a rule for the ones after it."""

    next_at: str = ""
    rule: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailAnswer:
    """How mail leaves; `file_drop` writes files and needs no server."""

    sender: str
    transport: str = "file_drop"
    host: str = ""
    port: int = 587
    security: str = "starttls"
    username: str = ""
    tenant: str = ""
    client_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that a first district folder is written from."""

    name: str
    time_zone: str
    schools: tuple[SchoolAnswer, ...]
    readers: tuple[ReaderAnswer, ...]
    meeting: MeetingAnswer
    mail: MailAnswer
    services: tuple[ServiceAnswer, ...] = ()
    vendors: tuple[VendorPage, ...] = ()
    running: tuple[str, ...] = ()
    state: str = ""
    mail_domain: str = ""


def key_of(name: str, taken: Collection[str] = ()) -> str:
    """A short key for a name, distinct from those taken.

    >>> key_of("Saint-Exupéry Elementary"), key_of("Oak", ["oak"])
    ('saint_exupery_elementary', 'oak_2')
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:50] or "item"
    if base[0].isdigit() or base in ("true", "false", "null"):
        base = f"n{base}"  # bare in YAML it is text, whatever digits follow
    number, key = 1, base
    while key in taken:
        number += 1
        key = f"{base}_{number}"
    return key


def level_of(name: str) -> str:
    """A guess at a school's level from its name; "other" where the name does not tell."""
    words = name.casefold()
    for level, signs in (
        ("elementary", ("elementary", "primary", "grade school")),
        ("middle", ("middle", "junior high", "intermediate")),
        ("high", ("high", "secondary")),
    ):
        if any(sign in words for sign in signs):
            return level
    return "other"


def zone_from(name: str) -> str:
    """The zone's own name. Raises AnswerError for a name that IANA does not know."""
    try:
        return ZoneInfo(name.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise AnswerError("the time zone is an IANA name, for example America/Chicago.") from error


_STATES = {
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS", "KY",
    "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY", "NC", "ND",
    "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV", "WI", "WY", "DC",
    "AS", "GU", "MP", "PR", "VI",
}  # fmt: skip
"""The Postal Service's two letters of states, the District of Columbia and territories."""


def state_from(letters: str) -> str:
    """A state's two letters, or empty where none was named. Raises AnswerError for letters of no state."""
    code = letters.strip().upper()
    if code and code not in _STATES:
        raise AnswerError(f'"{letters[:20]}" is no state; write its two letters, for example IL.')
    return code


def schools_from_names(names: Collection[str]) -> tuple[SchoolAnswer, ...]:
    """Schools from their names, level guessed."""
    schools: list[SchoolAnswer] = []
    for name in (name.strip() for name in names if name.strip()):
        key = key_of(name, [school.key for school in schools])
        schools.append(SchoolAnswer(key=key, name=name, level=level_of(name)))
    return tuple(schools)


def schools_from_oneroster(path: Path) -> tuple[SchoolAnswer, ...]:
    """The schools of a OneRoster CSV export: its folder, its ZIP file or orgs.csv itself.

    Deleted organisations are left out. Raises AnswerError when there is no orgs.csv with sourcedId, name and type.
    """
    schools: list[SchoolAnswer] = []
    for row in _organisations(path):
        if (row.get("type") or "").strip().lower() != "school" or (row.get("status") or "").lower() == "tobedeleted":
            continue
        name = (row.get("name") or "").strip()
        aliases = dict.fromkeys(filter(None, (row.get("sourcedId"), row.get("identifier"))))
        key = key_of(name, [school.key for school in schools])
        schools.append(SchoolAnswer(key=key, name=name, level=level_of(name), known_as=tuple(aliases)))
    if not schools:
        raise AnswerError(f"{path.name} names no school; export orgs.csv with the organisations of type school.")
    return tuple(schools)


def _organisations(path: Path) -> Iterator[dict[str, str]]:
    try:
        if path.is_dir():
            data = (path / "orgs.csv").read_bytes()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                data = archive.read(next(name for name in archive.namelist() if Path(name).name == "orgs.csv"))
        else:
            data = path.read_bytes()
        reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))
        if not {"sourcedId", "name", "type"} <= set(reader.fieldnames or ()):
            raise AnswerError(f"{path.name} has no columns sourcedId, name and type; name a OneRoster export.")
        yield from reader
    except (OSError, StopIteration, UnicodeDecodeError, csv.Error, zipfile.BadZipFile) as error:
        raise AnswerError(
            f"{path.name} holds no readable orgs.csv; name a OneRoster folder, ZIP or orgs.csv."
        ) from error


def services_from_addresses(addresses: Collection[str], mail_domain: str) -> tuple[ServiceAnswer, ...]:
    """Looks that need no password: each address and its certificate, and the mail domain's SPF, DMARC and MX.

    Raises AnswerError for something that is not a web address.
    """
    services: list[ServiceAnswer] = []

    def add(name: str, key: str, probe: dict[str, object], needed: str = "class_hours") -> None:
        taken = [service.key for service in services]
        services.append(ServiceAnswer(key=key_of(key, taken), name=name, probe=probe, needed=needed))

    for address in (address.strip() for address in addresses if address.strip()):
        url = address if "://" in address else f"https://{address}"
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AnswerError(f'"{address[:60]}" is no web address; an example is https://www.example.org/.')
        host = parts.hostname
        add(host, host, {"kind": "http", "url": url})
        if parts.scheme == "https":
            probe: dict[str, object] = {"kind": "tls", "host": host, "days_left": 21}
            add(
                f"Certificate of {host}",
                f"{host} certificate",
                probe | ({"port": parts.port} if parts.port else {}),
                "always",
            )
    if mail_domain:
        add(
            f"Mail records of {mail_domain}",
            "mail records",
            {"kind": "dns", "name": mail_domain, "check": "mail"},
            "always",
        )
    return tuple(services)


def services_beside(
    services: Collection[ServiceAnswer], watched: Collection[tuple[str, dict[str, object]]]
) -> tuple[ServiceAnswer, ...]:
    """The services and beside them what another monitor watches, each with the certificate of its host.

    `watched` are names with the settings of a probe. The same look twice is one, whatever it is called.
    """
    found = list(services)

    def add(name: str, probe: dict[str, object], needed: str = "class_hours") -> None:
        if all(service.probe != probe for service in found):
            key = key_of(name, [service.key for service in found])
            found.append(ServiceAnswer(key=key, name=name, probe=probe, needed=needed))

    for name, probe in watched:
        add(" ".join(name.split())[:80], probe)
        parts = urlsplit(str(probe.get("url", "")))
        if parts.scheme == "https" and parts.hostname and probe.get("verify", True):
            port = {"port": parts.port} if parts.port else {}
            certificate = {"kind": "tls", "host": parts.hostname, "days_left": 21, **port}
            add(f"Certificate of {parts.hostname}", certificate, "always")
    return tuple(found)


def readers_from_lines(lines: Collection[str]) -> tuple[ReaderAnswer, ...]:
    """Readers from lines such as "Ada Long <ada@example.org> team_leader it_lead".

    Raises AnswerError for a line that has another form, or a role that catalogs/roles.yaml does not know.
    """
    known = {role.key for role in load_roles().roles}
    readers: list[ReaderAnswer] = []
    for line in (line.strip() for line in lines if line.strip()):
        found = re.fullmatch(r"(?P<name>[^<>]+)<(?P<email>[^<>@\s]+@[^<>@\s]+)>(?P<roles>.*)", line)
        if found is None:
            raise AnswerError('a reader is written like "Ada Long <ada@example.org> team_leader it_lead".')
        roles = tuple(re.split(r"[\s,;]+", found["roles"].strip()))
        if unknown := sorted(set(roles) - known):
            raise AnswerError(f'"{unknown[0][:40]}" is no role; the roles are {", ".join(sorted(known))}.')
        name = found["name"].strip()
        key = key_of(name, [reader.key for reader in readers])
        readers.append(ReaderAnswer(key=key, name=name, email=found["email"], roles=roles))
    if not readers:
        raise AnswerError("nobody would read the packet; name at least one reader.")
    return tuple(readers)


_REPEATS = {"weekly": "FREQ=WEEKLY", "every_two_weeks": "FREQ=WEEKLY;INTERVAL=2", "once": ""}
_TWO_MEANINGS = {
    "bimonthly": "every_two_months or twice_a_month",
    "biweekly": "every_two_weeks, or a rule such as FREQ=WEEKLY;BYDAY=TU,TH",
}


def meeting_from(
    next_at: str, repeats: str = "monthly", calendar: str = "", *, now: datetime | None = None
) -> MeetingAnswer:
    """The next meeting and how it repeats: weekly, every_two_weeks, monthly, every_two_months or twice_a_month (each
    on the same weekday), once, or an RFC 5545 rule.

    `calendar`, the address or file of an iCalendar feed, replaces both. Raises AnswerError for a date it cannot read,
    for a word that means two things, and for a single meeting that was before `now`, both in the district's zone.

    >>> meeting_from("2026-12-03 16:00").rule
    'FREQ=MONTHLY;BYDAY=1TH'
    """
    if calendar:
        return MeetingAnswer(calendar=calendar)
    try:
        moment = datetime.fromisoformat(next_at.strip())
    except ValueError as error:
        raise AnswerError("the next meeting is written like 2026-12-03 16:00, in local time.") from error
    if moment.tzinfo is not None or len(next_at.strip()) < len("2026-12-03 16:00"):
        raise AnswerError("the next meeting is written like 2026-12-03 16:00, in local time, without an offset.")
    weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[moment.weekday()]
    week = (moment.day - 1) // 7 + 1
    on = f"{week if week < 5 else -1}{weekday}"
    first = 2 - week % 2
    rules = {
        **_REPEATS,
        "monthly": f"FREQ=MONTHLY;BYDAY={on}",
        "every_two_months": f"FREQ=MONTHLY;INTERVAL=2;BYDAY={on}",
        "twice_a_month": f"FREQ=MONTHLY;BYDAY={first}{weekday},{first + 2}{weekday}",
    }
    if (meanings := _TWO_MEANINGS.get(repeats.lower().replace("-", ""))) is not None:
        raise AnswerError(f"{repeats} means two things; say {meanings}, or list the dates in meetings.yaml.")
    if repeats == "once" and now is not None and moment < now:
        raise AnswerError("the next meeting lies in the past and does not repeat; name one that is still to come.")
    return MeetingAnswer(next_at=moment.isoformat(timespec="minutes"), rule=rules.get(repeats, repeats))


def mail_from(server: str, sender: str, username: str = "") -> MailAnswer:
    """How mail leaves: a server as host or host:port, "microsoft365 TENANT APP_ID", or "files" for .eml files.

    The port chooses the protection: 465 speaks TLS from the first byte, 25 is a relay that knows this machine and
    wants no login, every other uses STARTTLS. Raises AnswerError for anything else.

    >>> mail_from("relay.example.org:25", "a@example.org").security
    'none'
    >>> mail_from("microsoft365 contoso.onmicrosoft.com 0a1b2c3d", "a@example.org").tenant
    'contoso.onmicrosoft.com'
    """
    if server in ("", "files"):
        return MailAnswer(sender=sender)
    if server.split()[:1] == ["microsoft365"]:
        return _microsoft_365(server.split()[1:], sender)
    host, _, port = server.partition(":")
    if not re.fullmatch(r"[A-Za-z0-9.-]+", host) or (port and not port.isdigit()):
        raise AnswerError('a mail server is written like "smtp.example.org:587"; "files" writes .eml files instead.')
    number = int(port or 587)
    if not 1 <= number <= 65535:
        raise AnswerError(f"{port[:12]} is no port of a mail server; one is a number from 1 to 65535, mostly 587.")
    security = {465: "tls", 25: "none"}.get(number, "starttls")
    if username and security == "none":
        raise AnswerError("a relay on port 25 takes no login; leave the login out, or name port 587 or 465.")
    return MailAnswer(sender=sender, transport="smtp", host=host, port=number, security=security, username=username)


def _microsoft_365(words: list[str], sender: str) -> MailAnswer:
    if len(words) != 2 or not all(re.fullmatch(r"[A-Za-z0-9.-]+", word) for word in words):
        raise AnswerError(
            'Microsoft 365 is written like "microsoft365 contoso.onmicrosoft.com 0a1b2c3d-...": the tenant and the '
            "id of the app that may send; docs/operations.md says how to make one."
        )
    tenant, client_id = words
    return MailAnswer(sender=sender, transport="graph", tenant=tenant, client_id=client_id)
