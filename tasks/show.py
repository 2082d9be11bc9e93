"""What an admin sees in the Prefect UI after a run: tables with stable keys, without names and without findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from firstbell.assessment.instrument import load_instrument
from firstbell.errors import FirstbellError
from firstbell.kpi import Light
from firstbell.packet.wording import Wording
from firstbell.store.queries import known_until
from tasks.assess import Assessed
from tasks.brief import TeamBriefed
from tasks.collect import SourceRead
from tasks.place import workplace
from tasks.poll import Polled

WORST_FIRST = (Light.MISSED, Light.CLOSE, Light.MET, Light.NO_TARGET, Light.NOT_KNOWN)
"""The order in which lights are listed."""

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).resolve().parents[1] / "templates" / "artifacts"),
    autoescape=False,  # noqa: S701 - Markdown, and every value passes the `cell` filter
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def cell(value: object) -> str:
    """A value that cannot leave its table cell or be read as markup."""
    text = " ".join(str(value).split())
    return "".join(f"\\{char}" if char in "|`*_<>[]#\\" else char for char in text)


_TEMPLATES.filters["cell"] = cell


def page(name: str, **values: Any) -> str:
    """A page of templates/artifacts/, filled in."""
    return _TEMPLATES.get_template(f"{name}.md.j2").render(**values)


@task(name="show sources")
def show_sources(reads: list[SourceRead]) -> None:
    """Each source: when it was last known, what tonight brought, and what is wrong."""
    with workplace() as work:
        words = Wording(work.district.zone)
        with work.store.read() as connection:
            known = known_until(connection, known_at=work.clock())
    rows = [
        {
            "title": work.district.source(read.source_key).title,
            "known": words.moment(at) if (at := known.get(read.source_key)) else "never",
            "read": read,
        }
        for read in reads
    ]
    create_markdown_artifact(page("sources", rows=rows), key="sources", description="What each source told last.")


@task(name="show looks")
def show_looks(polled: Polled) -> None:
    """The rounds made, and which services were down or unknown in the last one."""
    with workplace() as work:
        names = {service.key: service.name for service in work.district.services}
    down, unknown = ([names.get(key, key) for key in keys] for keys in (polled.down, polled.unknown))
    text = page("looks", polled=polled, down=down, unknown=unknown)
    create_markdown_artifact(text, key="looks", description="The last round of looks.")


@task(name="show assessment")
def show_assessment(assessed: Assessed) -> None:
    """How many indicators show which light, and the most pressing needs."""
    titles = {key: one.title for key, one in load_instrument().by_id.items()}
    text = page(
        "assessment",
        lights=[(light, count) for light in WORST_FIRST if (count := assessed.lights.get(light))],
        needs=[(key, titles[key]) for key in assessed.needs],
        not_known=assessed.not_known,
    )
    create_markdown_artifact(text, key="assessment", description="The needs assessment in numbers.")


@task(name="show briefings")
def show_briefings(done: list[TeamBriefed]) -> None:
    """What went out for which team, where its files lie, and which deliveries a person must look at."""
    create_markdown_artifact(
        page("briefings", done=done), key="briefings", description="What was due and what went out."
    )


@task(name="show housekeeping")
def show_housekeeping(said: list[str]) -> None:
    """What was removed."""
    create_markdown_artifact(page("housekeeping", said=said), key="housekeeping", description="What was removed.")


def night_state(reads: Sequence[SourceRead]) -> State[Any]:
    """How a night ended: Failed only when no source could be read at all."""
    broken = [read.source_key for read in reads if not read.complete]
    if reads and len(broken) == len(reads):
        return Failed(message=f"No source completed a read: {', '.join(broken)}.")
    if broken:
        return Completed(name="Sources missing", message=f"Not read to the end: {', '.join(broken)}.")
    return Completed(message=f"{_counted(len(reads), 'source')} read to the end.")


def assessment_state(assessed: Assessed) -> State[Any]:
    """How an assessment ended: in numbers."""
    return Completed(
        message=f"{sum(assessed.lights.values())} indicators, {assessed.not_known} of them without a figure."
    )


def housekeeping_state(said: Sequence[str]) -> State[Any]:
    """How housekeeping ended: what was removed."""
    return Completed(message=" ".join(said) or "Nothing had expired.")


def briefed_of(team: str, state: State[Any]) -> TeamBriefed:
    """What a team's briefing came to, also where it failed: one team's trouble never keeps another's packet back."""
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, TeamBriefed):
        return result
    sentence = str(result) if isinstance(result, FirstbellError) else f"It broke off ({type(result).__name__})."
    return TeamBriefed(team=team, problem=sentence)


def looks_state(polled: Polled) -> State[Any]:
    """How an hour of looks ended: in numbers."""
    return Completed(message=f"{_counted(polled.rounds, 'round')}, {_counted(polled.looks, 'look')}.")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _need_a_look(deliveries: int) -> str:
    return "1 delivery needs a look." if deliveries == 1 else f"{deliveries} deliveries need a look."


def briefing_state(done: Sequence[TeamBriefed]) -> State[Any]:
    """How a briefing ended: with a name of its own when a delivery or a team needs a person.

    Failed only when no team's packet could be looked after. What several teams share is said once, with their keys.
    """
    troubled = [key for one in done for key in (*one.refused, *one.unknown)]
    broken = [one for one in done if one.problem]
    teams_of: dict[str, list[str]] = {}
    for one in done:
        teams_of.setdefault(one.problem or " ".join(one.sentences), []).append(one.team)
    said = " ".join(f"{', '.join(teams)}: {words}" for words, teams in teams_of.items() if words)
    if broken and len(broken) == len(done):
        return Failed(message=said)
    if broken:
        return Completed(name="Teams missing", message=said)
    if troubled:
        return Completed(name="Deliveries to look at", message=f"{_need_a_look(len(troubled))} {said}")
    return Completed(message=said or "No team.")
