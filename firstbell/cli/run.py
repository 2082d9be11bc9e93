"""Running flows: once, by Prefect's schedule, and with the UI on this machine."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack
from importlib import import_module
from inspect import signature
from typing import Annotated, Any

import typer

from firstbell.cli._place import Place, place_of
from firstbell.cli._prefect import POOL, ROOT, PrefectError, coming_server, deploy, environment, free_port, worker
from firstbell.cli._sample import is_sample, on_stage, sample_place

commands = typer.Typer()

FLOWS = tuple(sorted(path.stem for path in (ROOT / "flows").glob("[!_]*.py")))
"""Every flow is there by its file."""


@commands.command()
def run(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help=f"One of {', '.join(FLOWS)}.")],
    options: Annotated[
        list[str] | None, typer.Option("--set", help="A field of the flow's form, for example --set team=tlt.")
    ] = None,
) -> None:
    """Run one flow now, on this machine; without a Prefect server it brings its own."""
    if flow not in FLOWS:
        raise PrefectError(f"There is no flow {flow}; the flows are {', '.join(FLOWS)}.")
    place = place_of(context)
    os.environ.update(environment(place, time_zone=place.load().about.time_zone))
    fields = _fields(options or [])
    _refuse_unfit(flow, fields)
    state = run_here(flow, fields)
    typer.echo(f"{state.name}: {state.message}" if state.message else str(state.name))
    if not state.is_completed():
        raise typer.Exit(1)


def run_here(flow: str, fields: dict[str, Any]) -> Any:
    """Run a flow of this checkout in this process and return its final Prefect state."""
    return _flow(flow)(options=fields, return_state=True)


def _flow(flow: str) -> Any:
    return getattr(import_module(f"flows.{flow}"), flow)


def _refuse_unfit(flow: str, fields: dict[str, Any]) -> None:
    """Raise PrefectError naming what does not fit the flow's form, before a server is started for it."""
    from firstbell.config._document import Document
    from firstbell.config._validation import validate

    form = signature(_flow(flow).fn).parameters["options"].annotation
    _, faults = validate(form, Document("--set", None), content=fields)
    if faults:
        raise PrefectError("\n".join(f"--set {fault.field}: {fault.sentence}" for fault in faults))


def _fields(options: list[str]) -> dict[str, Any]:
    """Form fields from NAME=VALUE; a list is separated by commas."""
    fields: dict[str, Any] = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            raise PrefectError(f"--set {option}: write NAME=VALUE.")
        fields[name] = value.split(",") if name == "sources" else value
    return fields


@commands.command(name="deploy")
def deploy_flows(context: typer.Context) -> None:
    """Deploy every flow of prefect.yaml to the Prefect server that PREFECT_API_URL names."""
    place = place_of(context)
    if "PREFECT_API_URL" not in os.environ:
        raise PrefectError(
            "PREFECT_API_URL is not set: start a Prefect server and name its address, or use `firstbell ui`."
        )
    district = place.load()
    further = district.polling.further_vantages
    deploy(environment(place, time_zone=district.about.time_zone), further)
    typer.echo(f"Deployed {len(FLOWS)} flows to the work pool {POOL}.")
    for vantage in further:
        typer.echo(f"Looks from {vantage.key} wait for a worker there, of the pool {vantage.pool}.")


@commands.command()
def ui(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Port on loopback; another free one where it is taken.")] = 4200,
) -> None:
    """Prefect's server and one worker over this place, or over the demo's; every flow deployed; Ctrl-C stops both."""
    place = _named_or_demo(context)
    stopped = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    with ExitStack() as stack:
        told = environment(place, port=free_port(port), time_zone=place.load().about.time_zone)
        os.environ.update(told)  # what sets the stage below imports Prefect, which reads its settings once
        logs = place.state / "logs"
        typer.echo("Starting Prefect's server; the first start takes a while ...")
        wait_for_server = stack.enter_context(coming_server(told, logs / "server.log"))
        if is_sample(place.state):
            typer.echo("Starting the sample district's services, help desk and mail server ...")
            stack.enter_context(on_stage(place.state, lambda _: None))
        wait_for_server()
        typer.echo(f"Deploying {len(FLOWS)} flows ...")
        deploy(told)
        working = stack.enter_context(worker(told, logs / "worker.log"))
        typer.echo(f"Prefect's UI: http://127.0.0.1:{told['PREFECT_SERVER_API_PORT']}  (Ctrl-C stops it)")
        while not stopped.wait(0.5):
            if working.poll() is not None:
                raise PrefectError(f"The worker ended; its last words are in {logs / 'worker.log'}.")
        typer.echo("Stopping; a run that is at work has 30 seconds to end ...")
    typer.echo("Stopped.")


def _named_or_demo(context: typer.Context) -> Place:
    """The place that options or the environment name, else the demo's. Raises PrefectError where there is none."""
    main = context.find_root()
    sources = [main.get_parameter_source(name) for name in ("district", "state")]
    named = any(source is not None and source.name != "DEFAULT" for source in sources)
    return place_of(context) if named else sample_place()
