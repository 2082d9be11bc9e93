"""The sample district: one command from a bare clone to a mailed packet."""

from __future__ import annotations

import os
import shutil
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from firstbell.cli._place import Place
from firstbell.cli._prefect import coming_server, environment, free_port
from firstbell.cli._sample import OUT, on_stage

commands = typer.Typer()


FORMS = (".pdf", ".html", ".txt")
SHOWN_EDITIONS = ("leadership", "technical", "representative")
JOBS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("Look at the services", "poll_uptime", {"minutes": 0}),
    ("Read every source, assess", "nightly_audit", {}),
    ("Write and mail what is due", "briefing", {}),
)
"""The main job: what is said, the flow, and what stands in its form."""


@dataclass
class Steps:
    """What the demo does, said as it does it; what came of each step and how long it took."""

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
    reset: Annotated[bool, typer.Option("--reset", help="Only forget the last demo.")] = False,
    out: Annotated[Path, typer.Option(help="Where everything it makes lies.")] = OUT,
) -> None:
    """Run one night on the sample district, with real services, tickets, dumps and mail, and send its packet."""
    if reset:
        shutil.rmtree(out, ignore_errors=True)
        typer.echo(f"Forgotten: {_shown(out)}")
        return
    steps = Steps()
    told = environment(Place(out / "district", out), port=free_port(4210), time_zone="America/Chicago")
    os.environ.update(told, FIRSTBELL_DATABASE="", PREFECT_LOGGING_LEVEL="CRITICAL")
    before = _mails(out)
    with ExitStack() as stack:
        wait_for_server = stack.enter_context(coming_server(told, out / "logs" / "server.log"))
        with steps.step("Set the stage: Lakeside Schools (SAMPLE)") as said:
            stack.enter_context(on_stage(out, lambda what: typer.echo(f"  {what}")))
            said.append("services, help desk, files, mail server")
        with steps.step("Wait for Prefect's server") as said:
            wait_for_server()
            said.append("started beside the stage, on loopback only")
        night = _run_night(steps)
    with steps.step("Lay out the packet") as said:
        said.append(lay_out(out))
    _show(steps, out, night, _mails(out), _mails(out) - before)


def _run_night(steps: Steps) -> float:
    """The main job, as Prefect runs it; its seconds."""
    from firstbell.cli.run import run_here

    began = time.monotonic()
    for what, flow, fields in JOBS:
        with steps.step(what) as said:
            state = run_here(flow, fields)
            if not state.is_completed():
                _give_up(f"{flow} ended {state.name}: {state.message}")
            said.append(str(state.message or state.name))
    return time.monotonic() - began


def _give_up(sentence: str) -> NoReturn:
    """End with exit code 1, once all that was started has been stopped."""
    typer.echo(sentence, err=True)
    raise typer.Exit(1)


def _mails(out: Path) -> int:
    """How many mails the server took in all runs so far."""
    return len(list((out / "mail").glob("*.eml")))


def lay_out(out: Path) -> str:
    """Copy the newest packet's files to out/packet under the editions' names."""
    packets = sorted((out / "packets").glob("*-final-*"), key=lambda path: path.stat().st_mtime)
    if not packets:
        _give_up("No packet was made; see what the flows said above.")
    target = out / "packet"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    wanted = [f"{edition}{form}" for edition in SHOWN_EDITIONS for form in FORMS]
    for name in [*wanted, "leadership-appendix.pdf", "packet.json"]:
        shutil.copy2(packets[-1] / name, target / name)
    for path in packets[-1].glob("representative-es*"):
        shutil.copy2(path, target / path.name)
    return f"{len(list(target.iterdir()))} files"


def _show(steps: Steps, out: Path, night: float, mails: int, new: int) -> None:
    """What was done and where things lie, readable at 80 columns and without colours."""
    typer.echo("\nWhat was done")
    for what, told, seconds in steps.rows:
        typer.echo(f"{seconds:7.1f} s  {what}")
        typer.echo(textwrap.fill(told, 78, initial_indent=" " * 11, subsequent_indent=" " * 11))
    typer.echo(f"{night:7.1f} s  of these is the night itself.\n\nWhere things lie")
    for where, what in (
        ("packet", "page one, agenda and appendix of each edition"),
        ("public", "the public edition as web pages"),
        ("mail", f"what the mail server received: {mails} mails, {new} of them new"),
        ("firstbell.db", "the store"),
        ("district", "the district folder"),
        ("prefect", "Prefect's home"),
    ):
        typer.echo(f"  {_shown(out / where)}: {what}")
    typer.echo("\n`make ui` shows the flows; `make demo` again mails nothing twice;")
    typer.echo("`make demo-reset` starts afresh.")


def _shown(path: Path) -> str:
    """A path as one types it from here."""
    return os.path.relpath(path)
