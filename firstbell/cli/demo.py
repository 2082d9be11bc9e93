"""The sample district: one command from a bare clone to a mailed packet."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstbell.cli._place import Place
from firstbell.cli._prefect import ROOT, environment, free_port, server
from firstbell.errors import FirstbellError

if TYPE_CHECKING:
    from examples.lakeside.stage import Stage

commands = typer.Typer()

OUT = ROOT / "out" / "demo"
FORMS = (".pdf", ".html", ".txt")
SHOWN_EDITIONS = ("leadership", "technical", "representative")


@dataclass
class Steps:
    """What the demo does, said as it does it, and how long each step took."""

    rows: list[tuple[str, str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, what: str) -> Iterator[list[str]]:
        """Say what begins, and keep what came of it (the last word the block appends) with its seconds."""
        typer.echo(f"{what} ...")
        began, told = time.monotonic(), [""]
        yield told
        self.rows.append((what, told[-1], time.monotonic() - began))


@commands.command()
def demo(
    reset: Annotated[bool, typer.Option("--reset", help="Forget the last demo first.")] = False,
    out: Annotated[Path, typer.Option(help="Where everything it makes lies.")] = OUT,
) -> None:
    """Run one night on the sample district, with real services, tickets, dumps and mail, and send its packet."""
    if reset:
        shutil.rmtree(out, ignore_errors=True)
        typer.echo(f"Forgotten: {_shown(out)}")
        return
    sys.path.insert(0, str(ROOT))
    steps = Steps()
    place = Place(out / "district", out)
    told = environment(place, port=free_port(4210), time_zone="America/Chicago")
    os.environ.update(told, FIRSTBELL_DATABASE="", PREFECT_LOGGING_LEVEL="ERROR", PREFECT_LOGGING_TO_API_ENABLED="true")
    with _stage(out, steps) as district:
        with steps.step("Starting Prefect's server") as said:
            running = server(told, out / "logs" / "server.log")
            running.__enter__()
            said.append("listens on loopback only")
        try:
            _run_night(steps)
        finally:
            running.__exit__(None, None, None)
        with steps.step("Laying out the packet") as said:
            said.append(_lay_out(out))
        mails = len(list(district.mail_folder.glob("*.eml")))
    _table(steps, out, mails)


@contextmanager
def _stage(out: Path, steps: Steps) -> Iterator[Stage]:
    from examples.lakeside.stage import stage
    from firstbell.clock import utc_now

    with steps.step("Setting the stage: Lakeside Schools (SAMPLE)") as said:
        opened = stage(out, utc_now(), lambda what: typer.echo(f"  {what}"))
        district = opened.__enter__()
        said.append("services, help desk, files and mail server run")
    try:
        yield district
    finally:
        opened.__exit__(None, None, None)


def _run_night(steps: Steps) -> None:
    """The main job, as Prefect runs it: look at the services, read every source, assess, brief."""
    from firstbell.cli.run import run_here

    jobs: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("Looking at the services", "poll_uptime", {"minutes": 0}),
        ("Reading every source and assessing", "nightly_audit", {}),
        ("Writing and mailing what is due", "briefing", {}),
    )
    for what, flow, fields in jobs:
        with steps.step(what) as said:
            state = run_here(flow, fields)
            if not state.is_completed():
                raise FirstbellError(f"{flow} ended {state.name}: {state.message}")
            said.append(str(state.message or state.name))


def _lay_out(out: Path) -> str:
    """Copy the newest packet's files to out/packet under the editions' names."""
    packets = sorted((out / "packets").glob("*-final-*"), key=lambda path: path.stat().st_mtime)
    if not packets:
        raise FirstbellError("No packet was made; see the flows' messages above.")
    target = out / "packet"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    wanted = [f"{edition}{form}" for edition in SHOWN_EDITIONS for form in FORMS]
    for name in [*wanted, "leadership-appendix.pdf", "packet.json"]:
        shutil.copy2(packets[-1] / name, target / name)
    return f"{len(wanted) + 2} files"


def _table(steps: Steps, out: Path, mails: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(title="What was done", box=None, title_justify="left", pad_edge=False)
    for title, justify in (("Step", "left"), ("Seconds", "right"), ("What came of it", "left")):
        table.add_column(title, justify=justify)  # type: ignore[arg-type]  # the two words it knows
    for what, told, seconds in steps.rows:
        table.add_row(what, f"{seconds:.1f}", told)
    console.print(table)
    places = Table(title="\nWhere things lie", box=None, title_justify="left", pad_edge=False, show_header=False)
    for what, where in (
        ("The packet: page one, agenda, appendix", out / "packet"),
        (f"The mails as the server received them ({mails})", out / "mail"),
        ("The store", out / "firstbell.db"),
        ("The district folder", out / "district"),
        ("Prefect's home", out / "prefect"),
    ):
        places.add_row(what, _shown(where))
    console.print(places)
    console.print(
        "\nNext: `make ui` shows the flows; `make demo` again mails nothing twice; `make demo-reset` starts afresh."
    )


def _shown(path: Path) -> str:
    """A path as one types it from here."""
    return os.path.relpath(path)
