"""Compiling and drawing one packet, in all editions, with a month and with three years of stored data.

Warm: fonts and templates are loaded once before. Compiling is gathering from the store and composing; drawing makes
mail, PDF and appendix of every edition. `python bench/packet.py`
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
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
    """One row for each amount of stored data: days, database size, seconds to compile and to draw."""
    return [_measured(days) for days in DAYS]


def _measured(days: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="firstbell-bench-") as folder, district_with(days, Path(folder)) as work:
        packet = _compile(work)
        editions = len(_draw(packet))
        compiling, drawing = best(lambda: _compile(work)), best(lambda: _draw(packet))
        size = sum(path.stat().st_size for path in (Path(folder) / "state").glob("firstbell.db*") if path.is_file())
    return {
        "days": days,
        "megabytes": size / 1e6,
        "editions": editions,
        "compile_seconds": compiling[0],
        "draw_seconds": drawing[0],
        "compile_cpu_seconds": compiling[1],
        "draw_cpu_seconds": drawing[1],
    }


def _compile(work: Workplace) -> Any:
    meeting, previous = coming(work)
    return preview(work, meeting, previous, "final", NOW, NOW)


def _draw(packet: Any) -> Any:
    editions = draw(packet)
    for edition in editions.values():
        render_mail(edition.packet, edition.name, None, edition.files.pages)
    return editions


def best(action: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Wall seconds and CPU seconds of the fastest repeats."""
    walls, cpus = [], []
    for _ in range(repeats):
        wall, cpu = perf_counter(), process_time()
        action()
        walls.append(perf_counter() - wall)
        cpus.append(process_time() - cpu)
    return min(walls), min(cpus)


if __name__ == "__main__":
    for row in run():
        print(row)
