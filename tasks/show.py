"""What an admin sees in the Prefect UI after a run: tables with stable keys, without names and without findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from firstbell.packet.wording import Wording
from firstbell.store.queries import source_states
from tasks.assess import Assessed
from tasks.brief import TeamBriefed
from tasks.collect import SourceRead
from tasks.place import workplace
from tasks.poll import Polled

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
            states = source_states(connection)
    known: dict[str, datetime | None] = {}
    for row in states:
        before = known.get(row.source_key, row.completed_at)
        known[row.source_key] = min(before, row.completed_at) if before and row.completed_at else None
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
    """How many indicators show which light."""
    create_markdown_artifact(
        page("assessment", assessed=assessed), key="assessment", description="The needs assessment in numbers."
    )


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
    return Completed(message=f"All {len(reads)} sources were read.")


def briefing_state(done: Sequence[TeamBriefed]) -> State[Any]:
    """How a briefing ended: with a name of its own when a delivery needs a person."""
    troubled = [key for one in done for key in (*one.refused, *one.unknown)]
    said = " ".join(sentence for one in done for sentence in one.sentences)
    if troubled:
        return Completed(name="Deliveries to look at", message=f"{len(troubled)} deliveries need a look. {said}")
    return Completed(message=said or "No team.")
