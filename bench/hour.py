"""An hour of looks at 2,000 services by the schedule, beside Prefect's server on the same machine: is a round missed?

Takes until the end of the next whole hour. Prefect's server, its worker and the flow run as they do in a district; the
services are pages of one local nginx. `python bench/hour.py` writes out/bench/hour.json, which `make bench` puts on the
page; `python bench/hour.py now` takes what is left of this hour instead.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from probe_peers import nginx  # noqa: E402 - found beside this file

from firstbell.cli._place import Place  # noqa: E402
from firstbell.cli._prefect import deploy, environment, free_port, run_prefect, server, worker  # noqa: E402
from firstbell.intervals import Window  # noqa: E402
from firstbell.store.queries import observation_intervals  # noqa: E402
from firstbell.store.session import default_url, open_store  # noqa: E402

RESULT = ROOT / "out" / "bench" / "hour.json"
EVERY_SECONDS = 60
DISTRICT = """\
name: Bench
time_zone: UTC
schools:
  - {key: oak, name: Oak, level: other}
calendar:
  years:
    - {name: 2026-27, first_day: 2026-08-12, last_day: 2027-05-28}
  class_hours:
    mon: {from: "08:00", until: "15:00"}
  business_hours:
    mon: {from: "08:00", until: "15:00"}
mail:
  sender: bench@example.org
  transport: file_drop
installer: {name: Bench, email: bench@example.org}
"""
TEAMS = """\
people:
  - {key: ada, name: Ada, email: ada@example.org}
teams:
  - {key: leadership, name: Team, members: [{person: ada, roles: [team_leader]}]}
"""
MEETINGS = """\
series:
  - {key: monthly, team: leadership, title: Team, recurrence: {rule: FREQ=MONTHLY, starts: 2026-09-03T16:00}}
"""


def run(services: int = 2_000, at_once: bool = False) -> dict[str, Any]:
    """Rounds of the next whole hour, those that the schedule asks for, and the CPU of all that ran beside nginx.

    `at_once` begins with what is left of this hour instead of waiting for the next one.
    """
    with tempfile.TemporaryDirectory(prefix="firstbell-bench-") as name, nginx(Path(name)) as base:
        place = Place(Path(name) / "district", Path(name) / "state")
        _write(place, base, services)
        next_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        begins, ends = next_hour, next_hour if at_once else next_hour + timedelta(hours=1)
        told = environment(place, port=free_port(4300))
        logs = place.state / "logs"
        started = time.monotonic()
        with _cpu() as of_server, server(told, logs / "server.log"):
            deploy(told)
            with _cpu() as of_worker, worker(told, logs / "worker.log"):
                if at_once:
                    begins = datetime.now(UTC)
                    run_prefect(["deployment", "run", "poll-uptime/hourly-looks"], told)
                time.sleep((ends - datetime.now(UTC)).total_seconds() + 30)
        lasted = time.monotonic() - started
        seen = _looks(place, begins, ends)
    return {
        "services": services,
        "rounds_asked_for": int((ends - begins).total_seconds()) // EVERY_SECONDS,
        **seen,
        "worker_cpu_share": of_worker["seconds"] / lasted,
        "server_cpu_share": (of_server["seconds"] - of_worker["seconds"]) / lasted,
    }


def _write(place: Place, base: str, services: int) -> None:
    place.district.mkdir()
    for name, content in {"district": DISTRICT, "teams": TEAMS, "meetings": MEETINGS}.items():
        (place.district / f"{name}.yaml").write_text(content)
    listed = "".join(
        f"  - {{key: s{number}, name: Service {number}, probe: {{kind: http, url: '{base}/service/{number}'}}}}\n"
        for number in range(services)
    )
    polling = f"polling: {{every_seconds: {EVERY_SECONDS}, per_host: 64}}\n"
    (place.district / "services.yaml").write_text(f"{polling}services:\n{listed}")


def _looks(place: Place, begins: datetime, ends: datetime) -> dict[str, Any]:
    """The looks that the store holds of the hour, by its intervals; a missed round begins a new one."""
    store = open_store(default_url(place.state))
    with store.read() as connection:
        found = observation_intervals(connection, known_at=ends, window=Window(begins, ends))
    store.close()
    if not found:
        raise RuntimeError("the store holds no look; see the logs of server and worker")
    looks, pieces = Counter[str](), Counter(one.service_key for one in found)
    for one in found:
        looks[one.service_key] += one.count
    return {
        "fewest_looks": min(looks.values()),
        "most_intervals": max(pieces.values()),
        "states": sorted({one.state.value for one in found}),
    }


@contextmanager
def _cpu() -> Iterator[dict[str, float]]:
    """The CPU seconds of the processes that ended within the block."""
    before, told = _ended(), {"seconds": 0.0}
    yield told
    told["seconds"] = _ended() - before


def _ended() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    os.environ.pop("PREFECT_API_URL", None)
    found = run(at_once="now" in sys.argv[1:])
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=1))
    print(json.dumps(found, indent=1))
