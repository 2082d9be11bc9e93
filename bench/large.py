"""The packet of a large district: 100 schools, 2,000 services, 500 of them down for hours of class time.

Compiling from the store, and drawing mail, PDF and appendix of every edition, beside WeasyPrint on the leadership's
page one alone. WeasyPrint is installed for this bench into an environment of its own and is none of our dependencies;
it needs Debian's libpangoft2-1.0-0. `python bench/large.py`
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from packet import best  # noqa: E402 - found beside this file
from years import NOW, coming, district_with  # noqa: E402

from firstbell.briefing.freeze import preview  # noqa: E402
from firstbell.briefing.letters import draw  # noqa: E402
from firstbell.config.loaded import District  # noqa: E402
from firstbell.knowledge import PROBES  # noqa: E402
from firstbell.packet.render import render_mail  # noqa: E402
from firstbell.records import ObservationInterval, ServiceState  # noqa: E402
from firstbell.store.interval_history import save_intervals  # noqa: E402

SCHOOLS, SERVICES, DOWN = 100, 2_000, 500
DAYS = 42
PEER = ROOT / "out" / "bench" / "weasyprint"
ASK_PEER = """
import sys, time
from weasyprint import HTML
page = open(sys.argv[1], encoding="utf-8").read()
seconds = []
for _ in range(3):
    wall, cpu = time.perf_counter(), time.process_time()
    HTML(string=page).write_pdf()
    seconds.append((time.perf_counter() - wall, time.process_time() - cpu))
print(*map(min, zip(*seconds)))
"""


def run() -> list[dict[str, Any]]:
    """What was measured: what it is, pages, seconds by the clock and of CPU."""
    with tempfile.TemporaryDirectory(prefix="firstbell-bench-") as folder, district_with(DAYS, Path(folder)) as sample:
        work = replace(sample, district=grown(sample.district))
        with work.store.begin() as connection:
            save_intervals(connection, PROBES, looks(work.district))
        meeting, previous = coming(work)
        packet = preview(work, meeting, previous, "final", NOW, NOW)
        compiling = best(lambda: preview(work, meeting, previous, "final", NOW, NOW), 3)
        wall, cpu = perf_counter(), process_time()
        editions = draw(packet)
        first = perf_counter() - wall, process_time() - cpu
        drawing = best(lambda: draw(packet), 3)
        leadership = next(one for one in editions.values() if one.name == "leadership")
        mail = render_mail(leadership.packet, leadership.name, None, leadership.files.pages)
        page = Path(folder) / "page.html"
        page.write_text(mail.html, encoding="utf-8")
        peer = weasyprint(page)
    return [
        {"what": f"compile {SERVICES:,} services of {SCHOOLS} schools", "seconds": compiling},
        {"what": f"draw {len(editions)} editions, the first time", "seconds": first},
        {"what": f"draw {len(editions)} editions, nothing changed", "seconds": drawing},
        {"what": "WeasyPrint 70, page one of one edition alone", "seconds": peer},
    ]


def grown(district: District) -> District:
    """The sample district with many more schools, and services that look like its own."""
    school, service = district.about.schools[0], district.services[0]
    schools = [
        school.model_copy(update={"key": f"school{n}", "name": f"School {n}"})
        for n in range(SCHOOLS - len(district.about.schools))
    ]
    services = [
        service.model_copy(
            update={"key": f"service{n}", "name": f"Service {n}", "schools": (f"school{n % len(schools)}",)}
        )
        for n in range(SERVICES - len(district.services))
    ]
    about = district.about.model_copy(update={"schools": (*district.about.schools, *schools)})
    probes = {one.key: district.probe_settings[service.key] for one in services}
    return replace(
        district,
        about=about,
        services=(*district.services, *services),
        probe_settings={**district.probe_settings, **probes},
    )


def looks(district: District) -> Iterator[ObservationInterval]:
    """Each new service up for six weeks; the first of them down for two to three hours of a school day in the last.

    Few of them are down equally long, so that their figures are rows of their own.
    """
    begins, down = NOW - timedelta(days=DAYS), NOW - timedelta(days=7) + timedelta(hours=3)
    new = [service.key for service in district.services if service.key.startswith("service")]
    for number, key in enumerate(new):
        if number < DOWN:
            answered = down + timedelta(hours=2, minutes=1 + number % 60)
            yield _interval(key, ServiceState.UP, begins, down - timedelta(minutes=1))
            yield _interval(key, ServiceState.DOWN, down, answered - timedelta(minutes=1))
            yield _interval(key, ServiceState.UP, answered, NOW)
        else:
            yield _interval(key, ServiceState.UP, begins, NOW)


def _interval(service: str, state: ServiceState, first: datetime, last: datetime) -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key=PROBES,
        vantage="here",
        state=state,
        first_at=first,
        last_at=last,
        count=int((last - first).total_seconds() // 60) + 1,
        expected_interval_seconds=60,
        reason="" if state is ServiceState.UP else "timeout",
    )


def weasyprint(page: Path) -> tuple[float, float] | None:
    """Seconds by the clock and of CPU of the fastest of three; None where it cannot be installed here."""
    python = PEER / "bin" / "python"
    if not python.exists():
        venv.create(PEER, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "weasyprint==70.0"]
        if subprocess.run(install, check=False, capture_output=True).returncode:
            return None
    asked = subprocess.run([str(python), "-c", ASK_PEER, str(page)], check=False, capture_output=True, text=True)
    if asked.returncode:
        return None
    wall, cpu = map(float, asked.stdout.split())
    return wall, cpu


if __name__ == "__main__":
    for row in run():
        print(row)
