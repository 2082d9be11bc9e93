"""CPU per probe of one round over many HTTP services on one local nginx, beside what others need for the same.

Every probe opens a new connection, for all alike. The CPU of nginx counts for nobody, and neither does that of the
light client which drives blackbox_exporter. `python bench/probes.py [services]`
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from probe_peers import Cost, bare_multi, blackbox, nginx, own_cost, requests_in_threads

from connectors.probes import get
from connectors.probes._base import Round, Target
from connectors.probes._round import probe_round
from firstbell.records import ServiceObservation, ServiceState

AT_ONCE = 64
THREADS = 128
REPEATS = 5
Store = Callable[[Sequence[ServiceObservation]], None]


def run(services: int = 5_000, store: Store | None = None) -> list[dict[str, Any]]:
    """One row per way of probing: its name, CPU microseconds a probe, probes a second, ratio to bare pycurl.

    With `store` there is one row more: a round whose observations are handed to it. The best of three repeats counts,
    since the machine may be shared. Raises FileNotFoundError naming the Debian package that is missing.
    """
    with tempfile.TemporaryDirectory() as name, nginx(Path(name)) as base:
        folder = Path(name)
        addresses = [f"{base}/service/{number}" for number in range(services)]
        settings = get("http").Settings
        targets = [("http", Target(address, settings(url=address), 60)) for address in addresses]
        ways: dict[str, Callable[[], Cost]] = {
            "bare pycurl multi": lambda: own_cost(lambda: bare_multi(addresses, AT_ONCE)),
            "firstbell probe": lambda: own_cost(lambda: _round(targets, None)),
        }
        if store is not None:
            ways["firstbell probe and store"] = lambda: own_cost(lambda: _round(targets, store))
        ways["blackbox_exporter"] = lambda: blackbox(addresses, AT_ONCE, folder)
        ways[f"requests, {THREADS} threads"] = lambda: own_cost(lambda: requests_in_threads(addresses, THREADS))
        return _with_ratios([_measured(way, work, services) for way, work in ways.items()])


def _round(targets: list[tuple[str, Target]], store: Store | None) -> None:
    run = Round("bench", datetime.now(UTC) + timedelta(seconds=60), per_host_limit=AT_ONCE, parallel_limit=AT_ONCE)
    seen = probe_round(targets, run)
    if any(one.state is not ServiceState.UP for one in seen):
        raise RuntimeError("the local nginx did not answer every probe")
    if store is not None:
        store(seen)


def _measured(way: str, work: Callable[[], Cost], services: int) -> dict[str, Any]:
    costs = [work() for _ in range(1 if way.startswith("requests") else REPEATS)]
    return {
        "way": way,
        "cpu_microseconds": min(cost.cpu_seconds for cost in costs) / services * 1e6,
        "probes_per_second": services / min(cost.wall_seconds for cost in costs),
    }


def _with_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bare = rows[0]["cpu_microseconds"]
    return [row | {"ratio_to_bare": row["cpu_microseconds"] / bare} for row in rows]


def main() -> None:
    services = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
    print(f"{services} HTTP services on one local nginx, a new connection each")
    print(f"{'way':<28}{'CPU us/probe':>14}{'probes/s':>12}{'x bare':>9}")
    for row in run(services):
        figures = f"{row['cpu_microseconds']:>14.0f}{row['probes_per_second']:>12.0f}{row['ratio_to_bare']:>9.2f}"
        print(f"{row['way']:<28}{figures}")


if __name__ == "__main__":
    main()
