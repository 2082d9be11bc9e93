"""Starting outside programs for a test and ending them, with the output shown where they do not come up."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

Process = subprocess.Popen[bytes]


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None) -> Iterator[Process]:
    """A program in the foreground, its output in `log`; ended by its own process at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)


def wait_until(there: Callable[[], bool], process: Process, log: Path, seconds: float = 60) -> None:
    """Return once something is there; fail with the end of the log where the program ends or takes too long."""
    until = time.monotonic() + seconds
    while not there():
        if time.monotonic() > until:
            raise AssertionError(log.read_text(errors="replace")[-2000:])
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
            raise AssertionError(log.read_text(errors="replace")[-2000:])


def listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
worker_processes 1;
events {{}}
http {{
  access_log off;
  server {{ listen 127.0.0.1:{port}; return 200 "ok"; }}
}}
"""


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[Process]:
    """A web server that says ok."""
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    log = folder / "nginx.out"
    with running(["nginx", "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")], log) as process:
        wait_until(lambda: listens(port), process, log)
        yield process
