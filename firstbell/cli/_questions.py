"""The seven questions of `firstbell init`: options answer them, and what is left open is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import typer

from firstbell.config.answers import (
    AnswerError,
    Answers,
    mail_from,
    meeting_from,
    readers_from_lines,
    schools_from_names,
    schools_from_oneroster,
    services_from_addresses,
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
    meeting: str = ""
    repeats: str = "monthly"
    calendar: str = ""
    readers: tuple[str, ...] = ()
    mail: str = ""
    mail_user: str = ""
    sender: str = ""


def answers_from(given: Given, *, ask: bool) -> Answers:
    """All seven answers. Raises AnswerError for the first that cannot be used, or is open when nothing is asked."""
    said = _asked(given) if ask else given
    for option, value in (("--name", said.name), ("--zone", said.zone)):
        if not value:
            raise AnswerError(f"{option} is needed; firstbell init --help explains all seven answers.")
    if not (said.schools or said.oneroster):
        raise AnswerError("--school or --oneroster is needed; name at least one school.")
    readers = readers_from_lines(said.readers)
    vendors, running = sort_out(said.runs)
    mail_domain = (said.sender or readers[0].email).partition("@")[2]
    return Answers(
        name=said.name,
        time_zone=zone_from(said.zone),
        state=said.us_state.upper(),
        mail_domain=mail_domain,
        schools=schools_from_oneroster(said.oneroster) if said.oneroster else schools_from_names(said.schools),
        vendors=vendors,
        running=running,
        services=services_from_addresses(said.web, mail_domain),
        meeting=meeting_from(said.meeting, said.repeats, said.calendar),
        readers=readers,
        mail=mail_from(said.mail, said.sender or readers[0].email, said.mail_user),
    )


def _asked(given: Given) -> Given:
    """The same with every open question asked, one at a time; an answer that does not fit is asked again."""
    name = given.name or _ask("1. What is the district called?", str)
    zone = given.zone or _ask("1. In which time zone is it?", zone_from, "America/Chicago")
    if given.schools or given.oneroster:
        schools, roster = given.schools, given.oneroster
    else:
        text = _ask("2. Its schools, commas between them, or the path of a OneRoster export?", _schools)
        roster = Path(text) if Path(text).exists() else None
        schools = () if roster else _parts(text)
    pages = ", ".join(page.title for page in vendor_pages())
    runs = given.runs or _parts(_ask(f"3. What already runs? ({pages} have status pages; name others too)", str, ""))
    web = given.web or _parts(_ask("4. Which web addresses should answer?", _addresses, ""))
    meeting, calendar = given.meeting, given.calendar
    if not (meeting or calendar):
        text = _ask("5. When is the next meeting (2026-12-03 16:00), or where is its calendar?", _meeting)
        meeting, calendar = ("", text) if _is_calendar(text) else (text, "")
    readers = given.readers or _readers()
    mail = given.mail or _ask("7. Which mail server (host:port), or files?", _mail_server, "files")
    return replace(
        given,
        name=name,
        zone=zone,
        schools=schools,
        oneroster=roster,
        runs=runs,
        web=web,
        meeting=meeting,
        calendar=calendar,
        readers=readers,
        mail=mail,
    )


def _ask(question: str, check: Callable[[str], str], default: str | None = None) -> str:
    while True:
        text: str = typer.prompt(question, default=default, show_default=bool(default))
        try:
            return check(text)
        except AnswerError as error:
            typer.echo(str(error))


def _readers() -> tuple[str, ...]:
    lines: list[str] = []
    question = "6. Who reads the packet first? (Ada Long <ada@example.org> team_leader it_lead)"
    while line := _ask(question, _reader if lines else _first_reader, "" if lines else None):
        lines.append(line)
        question = "6. Who else? (Enter when that is all)"
    return tuple(lines)


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _is_calendar(text: str) -> bool:
    return "://" in text or text.endswith(".ics")


def _schools(text: str) -> str:
    if Path(text).exists():
        schools_from_oneroster(Path(text))
    return text


def _addresses(text: str) -> str:
    services_from_addresses(_parts(text), "")
    return text


def _meeting(text: str) -> str:
    if not _is_calendar(text):
        meeting_from(text)
    return text


def _first_reader(text: str) -> str:
    readers_from_lines([text])
    return text


def _reader(text: str) -> str:
    return _first_reader(text) if text.strip() else ""


def _mail_server(text: str) -> str:
    mail_from(text, "check@example.org")
    return text
