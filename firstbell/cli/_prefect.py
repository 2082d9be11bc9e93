"""Prefect's own processes, started and stopped for one place: its settings, its server, its worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from firstbell.cli._place import Place
from firstbell.errors import FirstbellError

if TYPE_CHECKING:
    from firstbell.config.audited import Vantage

ROOT = Path(__file__).resolve().parents[2]
POOL = "firstbell"
LOOKS = "hourly-looks"
SERVER_SECONDS = 120
STOP_SECONDS = 30
WORKER_MARK = "FIRSTBELL_WORKER"


class PrefectError(FirstbellError):
    """Prefect's server or worker did not do what it was started for."""


def environment(place: Place, *, port: int | None = None, time_zone: str = "UTC") -> dict[str, str]:
    """The variables under which Prefect works for this place: its home, no telemetry, pruning on.

    With a port, clients talk to the server there; without one, and without PREFECT_API_URL in the environment, a run
    brings its own server for as long as it lasts. Raises PrefectError where the state folder cannot be made.
    """
    home = (place.state / "prefect").resolve()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PrefectError(
            f"The folder {home} cannot be made ({error.strerror}); name another state folder."
        ) from error
    told = {
        "FIRSTBELL_DISTRICT": str(place.district.resolve()),
        "FIRSTBELL_STATE": str(place.state.resolve()),
        "FIRSTBELL_HOME": str(ROOT),
        "FIRSTBELL_TIMEZONE": time_zone,
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    }
    if port is not None:
        told |= {
            "PREFECT_SERVER_API_HOST": "127.0.0.1",
            "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        }
    elif "PREFECT_API_URL" not in os.environ:
        told |= {
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
            "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(SERVER_SECONDS),
        }
    return told


def free_port(wanted: int) -> int:
    """`wanted` where nobody listens there, else any free port of loopback."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PrefectError("No free port on loopback.")


@contextmanager
def server(told: Mapping[str, str], log: Path) -> Iterator[None]:
    """Prefect's server, answering; stopped at the end of the block."""
    with coming_server(told, log) as wait:
        wait()
        yield


@contextmanager
def coming_server(told: Mapping[str, str], log: Path) -> Iterator[Callable[[], None]]:
    """Prefect's server, on its way up; stopped at the end of the block. Call what is yielded to wait for its answer."""
    with process([sys.executable, "-m", "prefect", "server", "start"], told, log) as running:
        yield partial(_wait_until_healthy, f"{told['PREFECT_API_URL']}/health", running, log)


@contextmanager
def worker(told: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process worker of our pool, at most four runs at once; stopped at the end of the block, its runs with it.

    Prefect starts each run in a session of its own, where no signal to the worker reaches it, and a worker that stops
    kills its runs or leaves them behind: the server would show either as running. So runs, known by a mark in the
    environment that they inherit, are asked first, while they can still tell the server that they were ended.
    """
    start = ["worker", "start", "--pool", POOL, "--type", "process", "--limit", "4"]
    mark = uuid4().hex
    try:
        with process([sys.executable, "-m", "prefect", *start], {**told, WORKER_MARK: mark}, log) as running:
            try:
                yield running
            finally:
                _stop_marked(mark, but=running.pid)
    finally:
        _stop_marked(mark)


@contextmanager
def process(command: list[str], told: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A program in a process group of its own, its words in `log`; asked to stop, then made to, at the end."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as words:
        running = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **told},
            stdout=words,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            yield running
        finally:
            _stop(running)


def _stop(running: subprocess.Popen[bytes]) -> None:
    """Ask the program itself to stop; what is left of its group after a while is ended."""
    if running.poll() is None:
        running.terminate()
        with suppress(subprocess.TimeoutExpired):
            running.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


def _stop_marked(mark: str, *, but: int = 0) -> None:
    """Ask every process that bears the mark to stop, but for one; end what is left after a while."""
    for process_id in (asked := _marked(mark) - {but}):
        with suppress(ProcessLookupError):
            os.kill(process_id, signal.SIGTERM)
    until = time.monotonic() + STOP_SECONDS
    while left := asked & _marked(mark):
        if time.monotonic() > until:
            for process_id in left:
                with suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)
        time.sleep(0.1)


def _marked(mark: str) -> set[int]:
    """The processes that inherited a worker's mark."""
    found = set()
    variable = f"{WORKER_MARK}={mark}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if variable in path.read_bytes().split(b"\0"):
                found.add(int(path.parent.name))
    return found


def _wait_until_healthy(url: str, running: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + SERVER_SECONDS
    while time.monotonic() < until:
        if running.poll() is not None:
            raise PrefectError(f"Prefect's server ended at once; its last words are in {log}.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - our own loopback address
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise PrefectError(f"Prefect's server did not answer within {SERVER_SECONDS} s; see {log}.")


def run_prefect(arguments: list[str], told: Mapping[str, str]) -> str:
    """One prefect command; its output. Raises PrefectError with its last line when it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "prefect", "--no-prompt", *arguments],
        cwd=ROOT,
        env={**os.environ, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no word"]
        raise PrefectError(f"prefect {' '.join(arguments[:2])} failed: {lines[-1].strip()}")
    return done.stdout


def deploy(told: Mapping[str, str], vantages: Sequence[Vantage] = ()) -> None:
    """Make the work pools and deploy every flow of prefect.yaml, the looks for each further vantage too.

    Safe to repeat. What is deployed for further vantages is written beside Prefect's home first.
    """
    for pool in (POOL, *(vantage.pool for vantage in vantages)):
        run_prefect(["work-pool", "create", pool, "--type", "process", "--overwrite"], told)
    run_prefect(["deploy", "--all"], told)
    if vantages:
        further = Path(told["PREFECT_HOME"]) / "further-vantages.yaml"
        further.write_text(further_deployments((ROOT / "prefect.yaml").read_text(encoding="utf-8"), vantages))
        run_prefect(["deploy", "--all", "--prefect-file", str(further)], told)


def further_deployments(prefect_file: str, vantages: Sequence[Vantage]) -> str:
    """prefect.yaml with nothing but the hourly looks, one for each vantage: its name, its pool, its parameter.

    Deployments whose vantage is gone stay in Prefect until somebody deletes them; their runs end with a sentence.
    """
    from ruamel.yaml import YAML

    plan = YAML(typ="safe").load(prefect_file)
    looks = next(one for one in plan["deployments"] if one["name"] == LOOKS)
    plan["deployments"] = [
        looks
        | {
            "name": f"{LOOKS}-{vantage.key}",
            "description": f"{looks['description']} Seen from {vantage.name}.",
            "work_pool": {"name": vantage.pool},
            "parameters": {"options": {"vantage": vantage.key}},
        }
        for vantage in vantages
    ]
    return json.dumps(plan, indent=1)
