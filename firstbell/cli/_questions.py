"""The seven questions of `firstbell init`: options answer them, and what is left open is asked."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import typer

from firstbell.cli._monitors import KINDS, is_monitor, left_out_sentence, watched_by
from firstbell.clock import utc_now
from firstbell.config.answers import (
    AnswerError,
    Answers,
    ServiceAnswer,
    mail_from,
    meeting_from,
    readers_from_lines,
    schools_from_names,
    schools_from_oneroster,
    services_beside,
    services_from_addresses,
    state_from,
    zone_from,
)
from firstbell.config.vendors import sort_out, vendor_pages

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the options said; empty where a question is open."""

    name: str = ""
    zone: str = ""
    us_state: str = ""
    schools: tuple[str, ...] = ()
    oneroster: Path | None = None
    runs: tuple[str, ...] = ()
    web: tuple[str, ...] = ()
    services_from: tuple[str, ...] = ()
    meeting: str = ""
    repeats: str = "monthly"
    calendar: str = ""
    readers: tuple[str, ...] = ()
    mail: str = ""
    mail_user: str = ""
    sender: str = ""


def answers_from(given: Given, *, ask: bool) -> Answers:
    """All seven answers. Raises AnswerError for the first that cannot be used, or is open when nothing is asked."""
    _refuse_impossible(given)
    said = _asked(given) if ask else given
    for option, value in (("--name", said.name), ("--zone", said.zone)):
        if not value:
            raise AnswerError(f"{option} is needed; firstbell init --help explains all seven answers.")
    if not (said.schools or said.oneroster):
        raise AnswerError("--school or --oneroster is needed; name at least one school.")
    zone = zone_from(said.zone)
    readers = readers_from_lines(said.readers)
    vendors, running = sort_out(said.runs)
    mail_domain = (said.sender or readers[0].email).partition("@")[2]
    return Answers(
        name=said.name,
        time_zone=zone,
        state=state_from(said.us_state),
        mail_domain=mail_domain,
        schools=schools_from_oneroster(said.oneroster) if said.oneroster else schools_from_names(said.schools),
        vendors=vendors,
        running=running,
        services=_services(said, mail_domain),
        meeting=meeting_from(said.meeting, said.repeats, said.calendar, now=_now(zone)),
        readers=readers,
        mail=mail_from(said.mail, said.sender or readers[0].email, said.mail_user),
    )


def _services(said: Given, mail_domain: str) -> tuple[ServiceAnswer, ...]:
    """What to look at: the addresses, and what other monitors watch; says what was left out of theirs."""
    services = services_from_addresses(said.web, mail_domain)
    for line in said.services_from:
        watched = watched_by(line)
        typer.echo(left_out_sentence(line, watched))
        services = services_beside(services, watched.taken)
    return services


def _refuse_impossible(given: Given) -> None:
    """Raise AnswerError for an option that cannot be, before anybody answers a question."""
    if given.zone:
        zone_from(given.zone)
    state_from(given.us_state)
    if given.oneroster:
        schools_from_oneroster(given.oneroster)
    _addresses(",".join((*given.web, *given.services_from)))
    if given.readers:
        readers_from_lines(given.readers)
    _mail_server(given.mail)


def _asked(given: Given) -> Given:
    """The same with every open question asked, one at a time; an answer that does not fit is asked again.

    Raises AnswerError with the command that goes on from here when there are no more answers.
    """
    said = given
    try:
        for question in (_name_and_zone, _schools, _runs, _web, _meeting, _readers, _mail):
            said = question(said)
    except typer.Abort as error:
        typer.echo("")
        raise AnswerError(f"No more answers, so nothing was written; go on with: {_command(said)}") from error
    return said


def _command(said: Given) -> str:
    """The `firstbell init` that gives all answers so far as options."""
    words, plain = ["firstbell", "init"], Given()
    for option, field in _OPTIONS.items():
        value = getattr(said, field)
        for one in value if isinstance(value, tuple) else (value,):
            if one and one != getattr(plain, field):
                words += [option, str(one)]
    return shlex.join(words)


_OPTIONS = {
    "--name": "name",
    "--zone": "zone",
    "--us-state": "us_state",
    "--school": "schools",
    "--oneroster": "oneroster",
    "--runs": "runs",
    "--web": "web",
    "--services-from": "services_from",
    "--meeting": "meeting",
    "--repeats": "repeats",
    "--calendar": "calendar",
    "--reader": "readers",
    "--mail": "mail",
    "--mail-user": "mail_user",
    "--sender": "sender",
}


def _name_and_zone(said: Given) -> Given:
    named = replace(said, name=said.name or _ask("1. What is the district called?", str))
    return replace(named, zone=named.zone or _ask("1. In which time zone is it?", zone_from, "America/Chicago"))


def _schools(said: Given) -> Given:
    if said.schools or said.oneroster:
        return said
    text = _ask("2. Its schools, commas between them, or the path of a OneRoster export?", _school_answer)
    export = _export(text)
    return replace(said, oneroster=export, schools=() if export else _parts(text))


def _runs(said: Given) -> Given:
    pages = ", ".join(page.title for page in vendor_pages())
    question = f"3. What already runs? ({pages} have status pages; name others too)"
    return replace(said, runs=said.runs or _parts(_ask(question, str, "")))


def _web(said: Given) -> Given:
    if said.web or said.services_from:
        return said
    question = f"4. Which web addresses should answer, or which monitor knows them? ({' or '.join(KINDS)} ADDRESS)"
    parts = _parts(_ask(question, _addresses, ""))
    monitors = tuple(part for part in parts if is_monitor(part))
    return replace(said, web=tuple(part for part in parts if part not in monitors), services_from=monitors)


def _meeting(said: Given) -> Given:
    if said.meeting or said.calendar:
        return said

    def check(text: str) -> str:
        if not _is_calendar(text):
            meeting_from(text, said.repeats, now=_now(said.zone))
        return text

    text = _ask("5. When is the next meeting (2026-12-03 16:00), or where is its calendar?", check)
    return replace(said, calendar=text) if _is_calendar(text) else replace(said, meeting=text)


def _readers(said: Given) -> Given:
    lines: list[str] = [*said.readers]
    question = "6. Who reads the packet first? (Ada Long <ada@example.org> team_leader it_lead)"
    while not said.readers and (line := _ask(question, _reader if lines else _first_reader, "" if lines else None)):
        lines.append(line)
        question = "6. Who else? (Enter when that is all)"
    return replace(said, readers=tuple(lines))


def _mail(said: Given) -> Given:
    return replace(
        said,
        mail=said.mail
        or _ask(
            "7. How does mail leave? (host:port, :25 for a relay; microsoft365 TENANT APP_ID; files)",
            _mail_server,
            "files",
        ),
    )


def _ask(question: str, check: Callable[[str], str], default: str | None = None) -> str:
    while True:
        text: str = typer.prompt(question, default=default, show_default=bool(default))
        try:
            return check(text)
        except AnswerError as error:
            typer.echo(str(error))


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_calendar(text: str) -> bool:
    return "://" in text or text.endswith(".ics")


def _export(text: str) -> Path | None:
    """The file or folder of that path; None where the text names none, or is too long to be a path."""
    try:
        return Path(text) if Path(text).exists() else None
    except OSError:
        return None


def _school_answer(text: str) -> str:
    if (export := _export(text)) is not None:
        schools_from_oneroster(export)
    return text


def _addresses(text: str) -> str:
    """The answer as it is. Raises AnswerError for what is no web address, and for a monitor that cannot be read."""
    parts = _parts(text)
    services_from_addresses([part for part in parts if not is_monitor(part)], "")
    for part in parts:
        if is_monitor(part):
            watched_by(part)
    return text


def _now(zone: str) -> datetime:
    """The wall clock there, as meetings are written."""
    return utc_now().astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def _first_reader(text: str) -> str:
    readers_from_lines([text])
    return text


def _reader(text: str) -> str:
    return _first_reader(text) if text.strip() else ""


def _mail_server(text: str) -> str:
    mail_from(text, "check@example.org")
    return text
