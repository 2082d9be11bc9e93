"""What the probe benchmark runs beside us: one nginx, bare pycurl, requests in threads, blackbox_exporter."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pycurl
import requests

NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_timeout 0; default_type text/plain;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "fine\\n"; }} }}
}}
"""
BLACKBOX = """
modules:
  http_2xx:
    prober: http
    timeout: 10s
    http: {preferred_ip_protocol: ip4%s}
"""


def program(name: str, package: str) -> str:
    """The path of a program, installing its Debian package where it is missing and we may.

    Raises FileNotFoundError with what to do.
    """
    if not shutil.which(name) and os.geteuid() == 0 and shutil.which("apt-get"):
        for arguments in (["update"], ["install", "-y", "--no-install-recommends", package]):
            subprocess.run(["apt-get", "-qq", *arguments], stdout=subprocess.DEVNULL, check=False)
    found = shutil.which(name)
    if not found:
        raise FileNotFoundError(f"{name} is missing: apt-get install {package}")
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int, host: str = "127.0.0.1") -> Iterator[subprocess.Popen[bytes]]:
    """A server process that answers on its port, stopped at the end."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection((host, port), 0.2):
                break
            time.sleep(0.05)
        else:
            raise TimeoutError(f"{command[0]} did not come up")
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """One local nginx that closes every connection after its answer; its address."""
    port = free_port()
    with nginx_as(folder, NGINX.format(folder=folder, port=port), "127.0.0.1", port):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def nginx_as(folder: Path, settings: str, host: str, port: int) -> Iterator[None]:
    """One nginx with the given settings, up once it answers at the place."""
    (folder / "nginx.conf").write_text(settings)
    command = [program("nginx", "nginx-light"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with running(command, port, host):
        yield


class Cost(NamedTuple):
    cpu_seconds: float
    wall_seconds: float


def cost_of(work: Callable[[], None], cpu_seconds: Callable[[], float]) -> Cost:
    cpu, wall = cpu_seconds(), time.perf_counter()
    work()
    return Cost(cpu_seconds() - cpu, time.perf_counter() - wall)


def own_cost(work: Callable[[], None]) -> Cost:
    """What `work` cost; its CPU is that of all threads of this process, user and system."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    return cost_of(work, used)


def bare_multi(addresses: list[str], at_once: int, ca_bundle: str = "") -> None:
    """The least that pycurl can do: fetch, look at the status, keep nothing."""
    multi, waiting, left = pycurl.CurlMulti(), iter(addresses), len(addresses)
    idle = []
    for _ in range(at_once):
        curl = pycurl.Curl()
        for option, value in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.FRESH_CONNECT, 1),
            (pycurl.FORBID_REUSE, 1),
            (pycurl.TIMEOUT, 10),
            (pycurl.WRITEFUNCTION, deque(maxlen=0).append),
        ):
            curl.setopt(option, value)
        if ca_bundle:
            curl.setopt(pycurl.CAINFO, ca_bundle)
            curl.setopt(pycurl.SSL_SESSIONID_CACHE, 0)
        idle.append(curl)
    while left:
        while idle and (address := next(waiting, None)):
            curl = idle.pop()
            curl.setopt(pycurl.URL, address)
            multi.add_handle(curl)
        multi.perform()
        _, good, bad = multi.info_read()
        if bad or any(curl.getinfo(pycurl.RESPONSE_CODE) != 200 for curl in good):
            raise RuntimeError("the local nginx did not answer every request")
        for curl in good:
            multi.remove_handle(curl)
            idle.append(curl)
        left -= len(good)
        if not good and left:
            multi.select(0.1)


def requests_in_threads(addresses: list[str], threads: int) -> None:
    def fetch(address: str) -> int:
        return requests.get(address, timeout=10, headers={"Connection": "close"}).status_code

    with ThreadPoolExecutor(threads) as pool:
        if any(status != 200 for status in pool.map(fetch, addresses)):
            raise RuntimeError("the local nginx did not answer every request")


def blackbox(addresses: list[str], at_once: int, folder: Path, ca_bundle: str = "") -> Cost:
    """What one probe of each address costs a blackbox_exporter's own process."""
    port = free_port()
    trust = f", tls_config: {{ca_file: {ca_bundle}}}" if ca_bundle else ""
    (folder / "blackbox.yml").write_text(BLACKBOX % trust)
    binary = program("prometheus-blackbox-exporter", "prometheus-blackbox-exporter")
    command = [binary, f"--config.file={folder / 'blackbox.yml'}", f"--web.listen-address=127.0.0.1:{port}"]
    with running([*command, "--log.level=error"], port) as process:
        probes = [f"http://127.0.0.1:{port}/probe?module=http_2xx&target={address}" for address in addresses]
        bare_multi(probes[:at_once], at_once)
        return cost_of(lambda: bare_multi(probes, at_once), lambda: process_cpu(process.pid))


def process_cpu(pid: int) -> float:
    """CPU seconds, user and system, of another process; proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
