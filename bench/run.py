"""All benchmarks, one after the other, as tables on the terminal and as docs/benchmarks.md.

`make bench`, or `python bench/run.py mailing large_packet` for some of them. Every figure stands beside a peer that was
measured in the same run, because machines differ and this one may be shared; no benchmark asserts a time. Needs nginx
and prometheus-blackbox-exporter from Debian, which it installs where it may.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import delivery  # noqa: E402 - the repository is not on the path before
import hour  # noqa: E402
import large  # noqa: E402
import packet  # noqa: E402
import probe_rounds  # noqa: E402
import probes  # noqa: E402
import store  # noqa: E402
import year  # noqa: E402

from firstbell.records import ServiceObservation  # noqa: E402
from firstbell.store.observations import save_observations  # noqa: E402

PAGE = ROOT / "docs" / "benchmarks.md"
SERVICES = 5_000
HEAD = """\
# Benchmarks

<!-- Written by `make bench` from bench/; change it there. -->

Two shared cores, everything on loopback, the fastest of some repeats. Ratios are what counts: both sides of each were
measured in the same run. Times of day, disk and neighbours move the absolute figures by half.
"""
PROBES = f"""\
## Looking at services

{SERVICES:,} HTTP services on one local nginx, each look on a new connection. CPU of all threads of the process, user
and system; what nginx uses counts for nobody. "And store" keeps every look in SQLite: an interval and an hour's
latencies each. Goal: at most 2.5 times bare pycurl, and less than the others.
"""
ROUNDS = """\
## Rounds that are harder

HTTPS: 1,000 services, each with an address and a certificate of its own under one root; a whole handshake each look, no
session resumed. Then how long a round of 2,000 services takes of which one in twenty takes the connection and says
nothing (goal: at most 12 s, the time limit being 10 s), and what the process holds after one round and after ten.
"""
STORE = """\
## Storing

Ours starts from records: it hashes, looks for earlier versions, compares and writes. The driver's executemany gets
the same rows ready-made. Goal for bulk loads (marked *): half of the driver or better. A round touches one interval and
one hour for each look; beside it stands the insert of as many rows. SQLite by CPU, since it works within the process;
PostgreSQL by the clock.
"""
YEAR = f"""\
## A year of services

{year.SERVICES:,} services looked at every minute for a year, with the outages, failed looks and flapping of real ones:
what is stored, what the results of all of them over a month and over the year cost, and Python's memory at its highest
beside that of the results. Goal: a month under 2 s, and memory that grows by no more than the results do.
"""
PACKET = """\
## A packet

Gathering from the store and composing, then drawing the mail, the PDF and the appendix of all four editions, warm. A
day of stored data is 19 tickets, a backup of each system, a read of each source and an assessment; figures look back
over up to a year, so that a store of some weeks has less to read, and one of three years no more than one of a year.
The stores take turns: every packet is drawn after another one, never from memory. Goals: under 2 s, and three years at
most 1.3 times the shortest. CPU seconds; "by the clock" is what somebody waits for both.
"""
LARGE = f"""\
## The packet of a large district

{large.SCHOOLS} schools, {large.SERVICES:,} services, {large.DOWN} of them down for two to three hours of a school day,
six weeks of looks. Goal: under 4 s. WeasyPrint gets the leadership's page one as HTML and nothing else; it is installed
for this bench alone.
"""
MAIL = f"""\
## Mail for {delivery.READERS} readers

Leadership, technical, representative, and representative in Spanish; each mail with its PDF and appendix. Readers whose
cover says the same share one drawing of the mail. Goal: one drawing for each edition and cover, one login for
{delivery.PER_LOGIN} messages, and under 10 s beside what the mail server takes for the same messages with no outbox.
"""
HOUR = """\
## An hour by the schedule

2,000 HTTP services each minute for an hour, run by Prefect's server and worker as in a district, all on the same two
cores. Goal: no round missed. Measured apart, by `python bench/hour.py`.
"""


def main(wanted: Sequence[str]) -> None:
    """Run all, or the wanted ones by name; print each table when it is there, and write it into the page."""
    tables = {
        PROBES: looking,
        ROUNDS: harder_rounds,
        STORE: storing,
        YEAR: year_of_services,
        PACKET: packets,
        LARGE: large_packet,
        MAIL: mailing,
        HOUR: an_hour,
    }
    parts = _parts_of_page()
    for title, measured in tables.items():
        if not wanted or measured.__name__ in wanted:
            print(f"measuring {measured.__name__} ...", flush=True)
            parts[_heading(title)] = f"{title}\n{measured()}\n"
            print(parts[_heading(title)], flush=True)
    ordered = [parts[heading] for heading in map(_heading, tables) if heading in parts]
    PAGE.write_text("\n".join([HEAD, *ordered]), encoding="utf-8")


def _heading(part: str) -> str:
    return part.partition("\n")[0]


def _parts_of_page() -> dict[str, str]:
    """What the page holds now, by heading."""
    _, *parts = PAGE.read_text(encoding="utf-8").split("\n## ") if PAGE.exists() else [""]
    return {_heading(f"## {part}"): f"## {part.rstrip()}\n" for part in parts}


def an_hour() -> str:
    """What the last `python bench/hour.py` on this machine came to; it is not measured anew."""
    if not hour.RESULT.exists():
        return "Not measured on this machine."
    told = json.loads(hour.RESULT.read_text(encoding="utf-8"))
    return table(
        ("", "in the hour"),
        [
            ("rounds that the schedule asks for", str(told["rounds_asked_for"])),
            ("looks at each service, at least", str(told["fewest_looks"])),
            ("stretches without a missed round, at most for a service", str(told["most_intervals"])),
            ("one core's share for the worker and the flow", f"{told['worker_cpu_share']:.1%}"),
            ("one core's share for Prefect's server", f"{told['server_cpu_share']:.1%}"),
        ],
    )


def looking() -> str:
    """Probes, with and without storing, and their peers."""
    with (
        tempfile.TemporaryDirectory(prefix="firstbell-bench-") as folder,
        store.opened(f"sqlite:///{folder}/firstbell.db") as kept,
    ):

        def keep(seen: Sequence[ServiceObservation]) -> None:
            with kept.begin() as connection:
                save_observations(connection, "probes", seen, datetime.now(UTC))

        rows = probes.run(SERVICES, keep)
    return table(
        ("", "CPU per look", "looks a second", "times bare pycurl"),
        [
            (
                row["way"],
                f"{row['cpu_microseconds']:.0f} µs",
                f"{row['probes_per_second']:,.0f}",
                ratio(row["ratio_to_bare"]),
            )
            for row in rows
        ],
    )


def harder_rounds() -> str:
    """HTTPS with its peers, hanging hosts, and memory."""
    rows = probe_rounds.https()
    bare = rows[0]["cpu_microseconds"]
    https = table(
        ("HTTPS", "CPU per look", "looks a second", "times bare pycurl"),
        [
            (
                row["way"],
                f"{row['cpu_microseconds']:.0f} µs",
                f"{row['probes_per_second']:,.0f}",
                ratio(row["cpu_microseconds"] / bare),
            )
            for row in rows
        ],
    )
    hung = probe_rounds.hanging()
    held = [
        (f"memory with {row['services']:,} services", f"{row['first']:.0f} MB, then {row['tenth']:.0f} MB")
        for row in probe_rounds.memory()
    ]
    round_ = (f"round of {hung['services']:,}, {hung['hanging']} of them hanging", f"{hung['seconds']:.1f} s")
    return f"{https}\n\n{table(('', ''), [round_, *held])}"


def storing() -> str:
    """Facts and looks on both engines."""
    return table(
        ("", "rows", "ours, rows a second", "driver, rows a second", "ours to driver"),
        [
            (
                f"{row['engine']}: {row['what']}{' *' if row['what'] in store.BULK else ''}",
                f"{row['rows']:,}",
                f"{row['firstbell_rows_per_second']:,}",
                f"{row['driver_rows_per_second']:,}",
                ratio(row["ratio"]),
            )
            for row in store.run()
        ],
    )


def year_of_services() -> str:
    """A year of services: room, seconds, memory."""
    cells = []
    for row in year.run():
        if "rows" in row:
            told = (f"{row['rows']:,} rows, {row['megabytes']:.0f} MB", "")
        elif "peak" in row:
            told = (f"{row['peak']:.1f} MB, of which results {row['kept']:.1f} MB", "")
        else:
            told = (f"{seconds(row['cpu_seconds'])} CPU", seconds(row["seconds"]))
        cells.append((f"{row['engine']}: {row['what']}", *told))
    return table(("", "", "by the clock"), cells)


def packets() -> str:
    """Compiling and drawing, by the amount of stored data."""
    rows = packet.run()
    shortest = cpu(rows[0])
    return table(
        ("stored days", "database", "compile", "draw", "by the clock", "CPU to the shortest"),
        [
            (
                f"{row['days']:,}",
                f"{row['megabytes']:.0f} MB",
                seconds(row["compile_cpu_seconds"]),
                seconds(row["draw_cpu_seconds"]),
                seconds(row["compile_seconds"] + row["draw_seconds"]),
                ratio(cpu(row) / shortest),
            )
            for row in rows
        ],
    )


def large_packet() -> str:
    """Compiling and drawing for a large district, and WeasyPrint."""
    told = [(str(row["what"]), row["seconds"]) for row in large.run()]
    first = [seconds for _, seconds in told[:2]]
    return steps([*told[:2], ("both", (sum(one[0] for one in first), sum(one[1] for one in first))), *told[2:]])


def mailing() -> str:
    """From the packet to the last letter's answer, step by step."""
    told = delivery.run()
    names = {
        "draw": f"draw {told['editions']} editions",
        "write": f"write {told['readers']} letters, {told['megabytes']:.0f} MB ({told['mails_drawn']} mails drawn)",
        "keep": "keep them in the outbox",
        "send": f"hand them over, {told['logins']} logins",
        "server_alone": "the mail server alone, same messages and logins",
    }
    whole = tuple(
        sum(told[step][side] for step in ("draw", "write", "keep", "send")) - told["server_alone"][side]
        for side in (0, 1)
    )
    return steps([*((name, told[step]) for step, name in names.items()), ("all of ours beside the server", whole)])


def steps(rows: Iterable[tuple[str, tuple[float, ...] | None]]) -> str:
    """Steps with their seconds; "not measured" where a peer could not be had."""
    cells = [
        (name, *(("not measured", "") if told is None else (seconds(told[1]), seconds(told[0])))) for name, told in rows
    ]
    return table(("", "CPU", "by the clock"), cells)


def cpu(row: dict[str, Any]) -> float:
    """CPU seconds from the store to all files."""
    return float(row["compile_cpu_seconds"] + row["draw_cpu_seconds"])


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as Markdown; numbers to the right."""
    marks = ["---", *["---:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (headings, marks, *rows))


def ratio(value: float) -> str:
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def seconds(value: float) -> str:
    return f"{value:.2f} s"


if __name__ == "__main__":
    main(sys.argv[1:])
