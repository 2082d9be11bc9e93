"""Compiling and drawing one packet, in all editions, with a month and with three years of stored data.

Warm: fonts and templates are loaded once before; but each packet is drawn after another one. Compiling is gathering
from the store and composing; drawing makes mail, PDF and appendix of every edition. `python bench/packet.py`
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from years import NOW, coming, district_with  # noqa: E402 - found beside this file

from firstbell.briefing.freeze import preview  # noqa: E402
from firstbell.briefing.letters import draw  # noqa: E402
from firstbell.packet.render import render_mail  # noqa: E402
from firstbell.workplace import Workplace  # noqa: E402

DAYS = (42, 365, 3 * 365)
"""The shortest time that has a packet behind it, a year, and three."""
REPEATS = 9


def run() -> list[dict[str, Any]]:
    """One row for each amount of stored data: days, database size, seconds to compile and to draw.

    The stores take turns, so that a busy minute of the machine strikes all of them alike.
    """
    with tempfile.TemporaryDirectory(prefix="firstbell-bench-") as folder, ExitStack() as opened:
        places = {days: Path(folder) / str(days) for days in DAYS}
        works = {days: opened.enter_context(district_with(days, place)) for days, place in places.items()}
        packets = {days: _compile(work) for days, work in works.items()}
        editions = {days: len(_draw(packet)) for days, packet in packets.items()}
        turns = [
            (days, timed(partial(_compile, works[days])), timed(partial(_draw, packets[days])))
            for _ in range(REPEATS)
            for days in DAYS
        ]
        sizes = {days: _megabytes(place / "state") for days, place in places.items()}
    return [
        {"days": days, "megabytes": sizes[days], "editions": editions[days], **_fastest(days, turns)} for days in DAYS
    ]


def _megabytes(state: Path) -> float:
    return sum(path.stat().st_size for path in state.glob("firstbell.db*") if path.is_file()) / 1e6


Seconds = tuple[float, float]
"""By the clock and of CPU."""


def _fastest(days: int, turns: list[tuple[int, Seconds, Seconds]]) -> dict[str, float]:
    compiling = [compiled for day, compiled, _ in turns if day == days]
    drawing = [drawn for day, _, drawn in turns if day == days]
    return {
        "compile_seconds": min(wall for wall, _ in compiling),
        "draw_seconds": min(wall for wall, _ in drawing),
        "compile_cpu_seconds": min(cpu for _, cpu in compiling),
        "draw_cpu_seconds": min(cpu for _, cpu in drawing),
    }


def _compile(work: Workplace) -> Any:
    meeting, previous = coming(work)
    return preview(work, meeting, previous, "final", NOW, NOW)


def _draw(packet: Any) -> Any:
    editions = draw(packet)
    for edition in editions.values():
        render_mail(edition.packet, edition.name, None, edition.files.pages)
    return editions


def timed(action: Callable[[], object]) -> Seconds:
    wall, cpu = perf_counter(), process_time()
    action()
    return perf_counter() - wall, process_time() - cpu


def best(action: Callable[[], object], repeats: int = REPEATS) -> Seconds:
    """The fastest of some repeats, by the clock and of CPU."""
    turns = [timed(action) for _ in range(repeats)]
    return min(wall for wall, _ in turns), min(cpu for _, cpu in turns)


if __name__ == "__main__":
    for row in run():
        print(row)
