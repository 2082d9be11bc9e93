"""Rounds that are harder than plain HTTP: 1,000 services with certificates of their own, and hosts that hang.

`python bench/probe_rounds.py [https services] [services with hanging ones]`
"""

from __future__ import annotations

import contextlib
import gc
import resource
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from probe_peers import Cost, bare_multi, blackbox, free_port, nginx, nginx_as, own_cost

from connectors.probes import get
from connectors.probes._base import Round, Target
from connectors.probes._round import probe_round
from firstbell.records import ServiceState

AT_ONCE = 64
REPEATS = 3
HANG_SECONDS = 10.0
HANGING_SHARE = 0.05
BEGINS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
TLS_HEAD = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log /dev/null;
events {{ worker_connections 4096; }}
http {{
    access_log off; keepalive_timeout 0; default_type text/plain; ssl_session_cache off; ssl_session_tickets off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
"""
TLS_SERVER = """
    server {{ listen {host}:{port} ssl backlog=128; ssl_certificate {folder}/{host}.pem;
             ssl_certificate_key {folder}/{host}.pem; location / {{ return 200 "fine\\n"; }} }}
"""


def https(services: int = 1_000) -> list[dict[str, Any]]:
    """CPU of a look at services of which each has an address and a certificate of its own, beside the same by others.

    All verify against one root; nobody resumes a session. The best of three repeats counts.
    """
    hosts = [f"127.1.{number // 250}.{number % 250 + 1}" for number in range(services)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = _write_certificates(folder, hosts)
        port = free_port()
        servers = "".join(TLS_SERVER.format(host=host, port=port, folder=folder) for host in hosts)
        with nginx_as(folder, TLS_HEAD.format(folder=folder) + servers + "}\n", hosts[-1], port):
            addresses = [f"https://{host}:{port}/" for host in hosts]
            targets = [("http", Target(address, get("http").Settings(url=address), 60)) for address in addresses]
            ways = {
                "bare pycurl multi": lambda: own_cost(lambda: bare_multi(addresses, AT_ONCE, str(root))),
                "firstbell probe": lambda: own_cost(lambda: _round(targets, str(root))),
                "blackbox_exporter": lambda: blackbox(addresses, AT_ONCE, folder, str(root)),
            }
            return [_best(way, [work() for _ in range(REPEATS)], services) for way, work in ways.items()]


def hanging(services: int = 2_000) -> dict[str, float]:
    """How long a round takes of which one host in twenty accepts a connection and then says nothing for ten seconds."""
    hung = int(services * HANGING_SHARE)
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as base, _silent(hung) as silent:
        settings = get("http").Settings
        addresses = [*silent, *(f"{base}/service/{number}" for number in range(services - hung))]
        targets = [("http", Target(address, settings(url=address), 60)) for address in addresses]
        run = Round("bench", _in(60), timeout_seconds=HANG_SECONDS, per_host_limit=AT_ONCE, seed=1)
        began = time.perf_counter()
        seen = probe_round(targets, run)
        took = time.perf_counter() - began
    states = [one.state for one in seen]
    if states != [ServiceState.DOWN] * hung + [ServiceState.UP] * (services - hung):
        raise RuntimeError("not all that hang were down, or not all others up")
    return {"services": services, "hanging": hung, "seconds": took}


def memory(counts: tuple[int, ...] = (1_000, 5_000)) -> list[dict[str, float]]:
    """What this process holds after a first and after a tenth round, by the number of services; in megabytes."""
    rows = []
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as base:
        for services in counts:
            addresses = [f"{base}/service/{number}" for number in range(services)]
            targets = [("http", Target(address, get("http").Settings(url=address), 60)) for address in addresses]
            held = []
            for _ in range(10):
                _round(targets, None)
                gc.collect()
                held.append(_resident_megabytes())
            rows.append({"services": services, "first": held[0], "tenth": held[-1]})
    return rows


def _round(targets: list[tuple[str, Target]], ca_bundle: str | None) -> None:
    run = Round("bench", _in(60), per_host_limit=AT_ONCE, parallel_limit=AT_ONCE, ca_bundle=ca_bundle)
    if any(one.state is not ServiceState.UP for one in probe_round(targets, run)):
        raise RuntimeError("the local nginx did not answer every probe")


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _best(way: str, costs: list[Cost], services: int) -> dict[str, Any]:
    return {
        "way": way,
        "cpu_microseconds": min(cost.cpu_seconds for cost in costs) / services * 1e6,
        "probes_per_second": services / min(cost.wall_seconds for cost in costs),
    }


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@contextlib.contextmanager
def _silent(count: int) -> Iterator[list[str]]:
    """Addresses of so many hosts that take a connection and never answer."""
    with contextlib.ExitStack() as stack:
        addresses = []
        for number in range(count):
            listening = stack.enter_context(socket.create_server((f"127.2.0.{number % 250 + 1}", 0), backlog=16))
            host, port = listening.getsockname()
            addresses.append(f"http://{host}:{port}/")
        yield addresses


def _write_certificates(folder: Path, hosts: list[str]) -> Path:
    """A key and a certificate for each host in one file, and the root they are signed by; returns the root's file."""
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Bench Root")])

    def signed(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        made = x509.CertificateBuilder(root, subject, key.public_key(), x509.random_serial_number(), BEGINS, ENDS)
        made = made.add_extension(extension, critical=False)
        return made.sign(root_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    for host in hosts:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (folder / f"{host}.pem").write_bytes(private + signed(subject, key, names))
    path = folder / "root.pem"
    path.write_bytes(signed(root, root_key, x509.BasicConstraints(ca=True, path_length=0)))
    return path


def main() -> None:
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    print(f"{services} HTTPS services, each with an address and a certificate of its own")
    rows = https(services)
    for row in rows:
        times = row["cpu_microseconds"] / rows[0]["cpu_microseconds"]
        print(f"{row['way']:<28}{row['cpu_microseconds']:>14.0f}{row['probes_per_second']:>12.0f}{times:>9.2f}")
    told = hanging(int(sys.argv[2]) if len(sys.argv) > 2 else 2_000)
    print(f"{told['services']} services, {told['hanging']} of them hang {HANG_SECONDS:.0f} s: {told['seconds']:.1f} s")
    for held in memory():
        print(f"{held['services']} services: {held['first']:.0f} MB after a round, {held['tenth']:.0f} MB after ten")


if __name__ == "__main__":
    main()
