"""What an admin sees of the services in the Prefect UI: worst first, day by day, every outage, and by which rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.intervals import Window, local_day
from firstbell.knowledge import PROBES
from firstbell.metrics.uptime_result import DayOfService
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.records import Measurement, ObservationInterval, ServiceObservation, ServiceState
from firstbell.store.interval_history import save_intervals
from firstbell.store.latency import save_latencies
from firstbell.store.save import save_facts
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tasks.services import services_page, strip_of
from tests.unit.config_folder import FILES, write_folder

NOW = datetime(2026, 11, 5, 18, tzinfo=UTC)
SERVICES = """\
policies:
  - {name: district, target: 0.99}
services:
  - {key: core, name: "Core | switch", probe: {kind: tcp, host: core.example, port: 22}, needed: always}
  - key: portal
    name: Portal
    probe: {kind: http, url: "https://portal.example"}
    needed: always
    depends_on: [core]
  - {key: library, name: Library, probe: {kind: http, url: "https://library.example"}, needed: class_hours}
"""


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    folder = write_folder(tmp_path / "district", services=SERVICES)
    with workplace_at(folder, tmp_path / "state", clock=lambda: NOW) as opened:
        yield opened


def seen(service: str, first: datetime, last: datetime, state: ServiceState = ServiceState.UP) -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key=PROBES,
        vantage="here",
        state=state,
        first_at=first,
        last_at=last,
        count=int((last - first).total_seconds() // 60) + 1,
        expected_interval_seconds=60,
        reason="refused" if state is ServiceState.DOWN else "",
    )


def fill(work: Workplace) -> None:
    """Both from 1 Nov on; on the 3rd the switch and what hangs on it are down for two hours."""
    minute, begins = timedelta(minutes=1), datetime(2026, 11, 1, 5, tzinfo=UTC)
    down, up = datetime(2026, 11, 3, 15, tzinfo=UTC), datetime(2026, 11, 3, 17, tzinfo=UTC)
    with work.store.begin() as connection:
        for key in ("core", "portal"):
            parts = [
                seen(key, begins, down - minute),
                seen(key, down, up - minute, ServiceState.DOWN),
                seen(key, up, NOW),
            ]
            save_intervals(connection, PROBES, parts)


def test_the_worst_service_is_first_with_its_days_and_its_budget(work: Workplace) -> None:
    fill(work)
    text = services_page(work)
    core = next(line for line in text.splitlines() if line.startswith("| Core"))
    portal = next(line for line in text.splitlines() if line.startswith("| Portal"))
    assert text.index(core) < text.index(portal)
    assert core.startswith("| Core \\| switch | 98.")
    assert core.endswith("| `··█··` |")
    assert "| 2 h |  | 0 |" in core
    assert "| 2 h | 2 h | 0 |" in portal
    assert text.splitlines()[0].startswith("1 Nov 2026 to Thu 5 Nov, 12 pm.")


def test_what_nobody_looked_at_is_not_known_and_not_good(work: Workplace) -> None:
    fill(work)
    library = next(line for line in services_page(work).splitlines() if line.startswith("| Library"))
    assert library.startswith("| Library | not known | not known |")
    assert "·" not in library


def test_where_nobody_looked_no_outage_is_ruled_out(work: Workplace) -> None:
    text = services_page(work)
    assert "Whether there was an outage is not known: nothing was watched enough to tell." in text
    assert "No outage" not in text
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, [seen("core", datetime(2026, 11, 1, 5, tzinfo=UTC), NOW)])
    told = services_page(work)
    assert "No outage in agreed hours was seen, but 2 of 3 were watched too little to tell." in told


def test_an_outage_names_what_it_hung_on(work: Workplace) -> None:
    fill(work)
    text = services_page(work)
    assert "| Portal | Tue 3 Nov, 9 am | 2 h | Core \\| switch |" in text
    assert "| Core \\| switch | Tue 3 Nov, 9 am | 2 h | refused |" in text
    assert "Counted by policy district in force since 2000-01-01 (" in text


def test_an_outage_over_a_time_in_which_nobody_looked_tells_how_long_that_was(work: Workplace) -> None:
    """The poller stood from ten past nine until eleven; a look speaks for two minutes and a half."""
    minute, down = timedelta(minutes=1), datetime(2026, 11, 3, 15, tzinfo=UTC)
    parts = [
        seen("core", datetime(2026, 11, 1, 5, tzinfo=UTC), down - minute),
        seen("core", down, down + 9 * minute, ServiceState.DOWN),
        seen("core", down + 120 * minute, NOW, ServiceState.DOWN),
    ]
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, parts)
    for moment, length in (
        (None, "2 days, 108 min of it not watched, not ended"),
        (down + 9 * minute, "9 min, not ended"),
    ):
        assert f"| Core \\| switch | Tue 3 Nov, 9 am | {length} | refused |" in services_page(work, moment)


def test_outages_and_answers_stand_in_figures(work: Workplace) -> None:
    """Of 109 hours from 1 November, one in 25 for the clocks, two were down: once, in no hour of class."""
    fill(work)
    looks = [
        ServiceObservation(
            service_key="core",
            observed_at=datetime(2026, 11, 4, 12, tzinfo=UTC) + timedelta(minutes=minute),
            state=ServiceState.UP,
            expected_interval_seconds=60,
            total_seconds=0.1,
        )
        for minute in range(200)
    ]
    with work.store.begin() as connection:
        save_latencies(connection, PROBES, looks)
    text = services_page(work)
    core = next(line for line in text.splitlines() if line.startswith("| Core \\| switch | 1 |"))
    assert core.startswith("| Core \\| switch | 1 | 2 h | 2 h | 4 days |")
    assert core.count(" ms |") == 2
    assert "| Library | not known |  |  |  |  |  |  |  |" in text


def test_how_fast_a_service_answered_another_monitor_stands_beside_ours_with_its_name(tmp_path: Path) -> None:
    sources = """\
sources:
  - key: prom
    kind: prometheus
    title: The office's Prometheus
    settings: {url: "http://prometheus.example", services: {core: 'probe_success{job="core"}'}}
"""
    folder = write_folder(tmp_path / "district", services=SERVICES, sources=sources)

    def told(key: str, day: int, milliseconds: float) -> Measurement:
        on = date(2026, 11, day)
        moment = datetime(2026, 11, day + 1, 6, tzinfo=UTC)
        return Measurement(
            measure_key=key,
            scope="district",
            period_start_on=on,
            period_end_on=on,
            numerator=milliseconds,
            as_of=moment,
        )

    with workplace_at(folder, tmp_path / "state", clock=lambda: NOW) as opened:
        assert "As this monitor measured it" not in services_page(opened)
        found = [
            *(told("monitor_p50_ms.core", day, 10.0 * day) for day in (3, 4)),
            told("monitor_p95_ms.core", 3, 99),
            told("monitor_p50_ms.nobody", 4, 1),
            told("links_up", 4, 7),
        ]
        with opened.store.begin() as connection:
            save_facts(connection, "prom", found, NOW)
        text = services_page(opened)
    assert "| Core \\| switch | The office's Prometheus | 4 Nov 2026 | 40 ms |  |" in text
    assert "99 ms" not in text
    assert text.count("Prometheus") == 1


def test_the_strip_of_a_weighted_group_is_that_of_its_members(tmp_path: Path) -> None:
    about = FILES["district.yaml"].replace("elementary,", "elementary, enrolment: 300,")
    about = about.replace("level: high}", "level: high, enrolment: 700}")
    group = "groups:\n  - {key: all, name: All, rule: weighted, members: [core, portal], needed: always}\n"
    for name, district, strip in (("known", about, "··█··"), ("unknown", FILES["district.yaml"], "?????")):
        folder = write_folder(tmp_path / name, services=SERVICES + group, district=district)
        with workplace_at(folder, tmp_path / f"{name}-state", clock=lambda: NOW) as opened:
            fill(opened)
            (row,) = [line for line in services_page(opened).splitlines() if line.startswith("| All |")]
        assert row.endswith(f"| `{strip}` |")


@pytest.mark.parametrize(("hours", "later_days"), [(2, "▅·"), (1, "··")])
def test_where_a_policy_changed_each_part_of_the_month_has_a_row_and_an_outage_over_it_is_one(
    tmp_path: Path, hours: int, later_days: str
) -> None:
    """The new rules hold from Wednesday the 4th on; the switch is down from eleven the evening before."""
    turned = SERVICES.replace(
        "target: 0.99}",
        "target: 0.99}\n  - {name: district, valid_from: 2026-11-04, target: 0.9}\n  - {name: plain, target: 0.99}",
    ).replace("needed: class_hours}", "needed: class_hours, policy: plain, depends_on: [core]}")
    folder = write_folder(tmp_path / "district", services=turned)
    minute, begins = timedelta(minutes=1), datetime(2026, 11, 1, 5, tzinfo=UTC)
    down = datetime(2026, 11, 4, 5, tzinfo=UTC)
    up = down + timedelta(hours=hours)
    with workplace_at(folder, tmp_path / "state", clock=lambda: NOW) as opened:
        parts = [
            seen("core", begins, down - minute),
            seen("core", down, up - minute, ServiceState.DOWN),
            seen("core", up, NOW),
        ]
        with opened.store.begin() as connection:
            save_intervals(connection, PROBES, parts)
        text = services_page(opened)
    rows = [line for line in text.splitlines() if line.startswith("| Core") and "`" in line]
    assert [(row.split(" | ")[0], row.split("`")[1]) for row in rows] == [
        ("| Core \\| switch, 1 Nov 2026 to 3 Nov 2026", "··▅  "),
        ("| Core \\| switch, 4 Nov 2026 to 30 Nov 2026", f"   {later_days}"),
    ]
    assert f"| Tue 3 Nov, 11 pm | {'2 h' if hours == 2 else '60 min'} | refused |" in text
    assert "still" not in text
    assert text.count("| refused |") == 1
    figures = [line.split(" | ")[1:4] for line in text.splitlines() if line.startswith("| Core") and "`" not in line][
        :2
    ]
    length = "2 h" if hours == 2 else "60 min"
    assert figures == [["1", length, length], ["0", "", ""]]
    # What hangs on the switch, and on rules that did not change, is not cut.
    assert len([line for line in text.splitlines() if line.startswith("| Library") and "`" in line]) == 1
    assert "policy district in force since 2000-01-01" in text
    assert "policy district in force since 2026-11-04" in text


def test_a_past_moment_is_told_as_it_was_then(work: Workplace) -> None:
    fill(work)
    text = services_page(work, datetime(2026, 11, 2, 18, tzinfo=UTC))
    assert "No outage in agreed hours was seen, but 1 of 3 was watched too little to tell." in text


def test_each_day_has_its_sign() -> None:
    days = [date(2026, 11, 2) + timedelta(days=number) for number in range(6)]
    told = [
        DayOfService(on=days[0], seconds=Seconds(up=100.0), availability=1.0),
        DayOfService(on=days[1], seconds=Seconds(up=100.0, down=600.0), availability=0.9),
        DayOfService(on=days[2], seconds=Seconds(up=100.0, down=3600.0), availability=0.9),
        DayOfService(on=days[3], seconds=Seconds(up=100.0, down=3601.0), availability=0.9),
        DayOfService(on=days[4], seconds=Seconds(unknown=100.0), availability=None),
    ]
    assert strip_of(told, days) == "·▂▅█?-"
    assert strip_of(told, days, days) == "·▂▅█??"


def test_days_before_the_first_look_are_not_watched_yet(work: Workplace) -> None:
    """Class is on Mondays. The library is looked at from Wednesday the 4th on, the switch from Tuesday on."""
    wednesday, tuesday = datetime(2026, 11, 4, 18, tzinfo=UTC), datetime(2026, 11, 3, 6, tzinfo=UTC)
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, [seen("library", wednesday, NOW), seen("core", tuesday, NOW)])
    text = services_page(work)
    library, core = (next(row for row in text.splitlines() if row.startswith(f"| {name}")) for name in ("Libr", "Core"))
    assert library == "| Library | not known | not watched yet |  | not watched yet |  | `-?---` |"
    assert core.endswith("| `??···` |")
    assert "`?` not known or not watched yet" in text
    sunday = services_page(work, datetime(2026, 11, 1, 20, tzinfo=UTC))
    assert next(row for row in sunday.splitlines() if row.startswith("| Libr")).endswith("|  |  | 0 |  | `-` |")


def test_the_page_is_cut_in_the_districts_days(work: Workplace) -> None:
    assert local_day(date(2026, 11, 1), work.district.zone) == Window(
        datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 11, 2, 6, tzinfo=UTC)
    )
