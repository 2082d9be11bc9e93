"""The poller itself in trouble: killed mid-round, asleep, its clock set; what it did not see is unknown."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest

from firstbell.config.faults import ConfigError
from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime_timeline import Timeline, timeline
from firstbell.policies import SlaPolicy
from firstbell.store.queries import observation_intervals
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tasks.poll import look_round, look_until
from tests.prefect_.small_district import write_small_district

NINE = datetime(2026, 9, 1, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = SlaPolicy(name="test", valid_from=NINE.date())
SPEAKS = POLICY.stale_after_intervals * 60
"""For how many seconds a look speaks at the most."""

CHILD = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from tasks.place import workplace_at
from tasks.poll import look_round

now = datetime.fromisoformat(sys.argv[3])
with workplace_at(Path(sys.argv[1]), Path(sys.argv[2]), clock=lambda: now) as work:
    for _ in range(3):
        print("ready", flush=True)
        sys.stdin.readline()
        look_round(work)
        now += timedelta(minutes=1)
"""


class Watch:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def place(web, closed_port, tmp_path: Path) -> tuple[Path, Path]:
    """A district folder with one page that answers and one that is gone, and a state folder."""
    folder, state = tmp_path / "district", tmp_path / "state"
    state.mkdir()
    write_small_district(folder, state)
    (folder / "services.yaml").write_text(
        "services:\n"
        f"  - {{key: page, name: Page, probe: {{kind: http, url: '{web.address}/switch'}}}}\n"
        f"  - {{key: gone, name: Gone, probe: {{kind: tcp, host: 127.0.0.1, port: {closed_port}}}}}\n",
        encoding="utf-8",
    )
    return folder, state


@pytest.fixture
def work(place: tuple[Path, Path]) -> Iterator[Workplace]:
    with workplace_at(*place, clock=Watch(NINE)) as opened:
        yield opened


def polled(work: Workplace, *minutes: int) -> None:
    """Rounds at so many minutes after nine."""
    for minute in minutes:
        work.clock.now = NINE + minute * MINUTE
        look_round(work)


def line(work: Workplace, service: str, until: int) -> Timeline:
    window = Window(NINE, NINE + until * MINUTE)
    with work.store.read() as connection:
        known = observation_intervals(connection, known_at=window.end + timedelta(days=1), service_key=service)
    return timeline(known, window, POLICY)


def seconds(one: Timeline) -> tuple[float, float, float]:
    return total_seconds(one.up), total_seconds(one.down), total_seconds(one.unknown)


def test_kill_9_in_a_round_loses_that_round_and_the_coverage_says_so(web, place, work) -> None:
    command = [sys.executable, "-c", CHILD, str(place[0]), str(place[1]), NINE.isoformat()]
    root = Path(__file__).resolve().parents[3]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root) as child:
        for number in (1, 2, 3):
            assert child.stdout.readline() == "ready\n"
            web.hangs = number == 3
            child.stdin.write("\n")
            child.stdin.flush()
        assert web.hung.wait(30), "the third round never began"
        child.kill()
    web.hangs = False
    web.hold.set()
    polled(work, 10, 11)
    lost = 9 * 60 - SPEAKS
    assert seconds(line(work, "page", 12)) == (720 - lost, 0, lost)
    assert seconds(line(work, "gone", 12)) == (0, 720 - lost, lost)


def test_three_hours_asleep_within_an_hours_rounds_are_unknown(work) -> None:
    polled(work, 0, 1, 2, 182, 183)
    lost = 180 * 60 - SPEAKS
    assert seconds(line(work, "page", 184)) == (184 * 60 - lost, 0, lost)
    assert seconds(line(work, "gone", 184)) == (0, 184 * 60 - lost, lost)


def test_a_clock_set_back_an_hour_and_on_again_counts_nothing_twice(work) -> None:
    polled(work, 60, 61, 62, 3, 4, 63, 64)
    up, down, unknown = seconds(line(work, "page", 65))
    assert (up + unknown, down) == (65 * 60, 0)
    assert up == 5 * 60 + 60 + SPEAKS
    assert seconds(line(work, "gone", 65)) == (0, up, unknown)


class SetBack:
    """A clock that is forty seconds late after its first reading, until somebody sets it right."""

    def __init__(self) -> None:
        self.read, self.began = 0, monotonic()

    def __call__(self) -> datetime:
        self.read += 1
        passed = monotonic() - self.began
        late = self.read > 1 and passed < 2.5
        return NINE + timedelta(seconds=passed - (40 if late else 0))


def test_a_clock_set_back_does_not_make_the_poller_sleep_longer_than_a_round(work) -> None:
    polling = work.district.polling.model_copy(update={"every_seconds": 1})
    hasty = replace(work, district=replace(work.district, polling=polling), clock=SetBack())
    assert look_until(hasty, NINE + timedelta(seconds=6)).rounds >= 3


def test_a_secret_that_is_not_there_costs_one_look_alone(place, web, monkeypatch) -> None:
    folder, state = place
    services = folder / "services.yaml"
    settings = "kind: http, url: 'https://localhost:1/', bearer: 'env:PROBE_TOKEN'"
    services.write_text(
        services.read_text(encoding="utf-8") + f"  - {{key: locked, name: Locked, probe: {{{settings}}}}}\n",
        encoding="utf-8",
    )
    monkeypatch.delenv("PROBE_TOKEN", raising=False)
    with workplace_at(folder, state, clock=Watch(NINE)) as work:
        told = look_round(work)
        assert (told.looks, told.unknown, told.down) == (3, ("locked",), ("gone",))
        monkeypatch.setenv("PROBE_TOKEN", "hunter2")
        assert look_round(work).unknown == ()


def test_what_the_districts_web_filter_signed_is_unknown_and_not_down(place, tls_web) -> None:
    folder, state = place
    (folder / "services.yaml").write_text(
        "polling: {filter_issuers: [Oakfield Filter]}\n"
        "services:\n"
        f"  - {{key: page, name: Page, probe: {{kind: http, url: '{tls_web('localhost').address}/fine'}}}}\n",
        encoding="utf-8",
    )
    with workplace_at(folder, state, clock=Watch(NINE)) as work:
        told = look_round(work)
        with work.store.read() as connection:
            [kept] = observation_intervals(connection, known_at=NINE)
    assert (told.unknown, told.down, kept.reason) == (("page",), (), "filtered")


def test_spread_looks_keep_their_moment_from_round_to_round(web, place) -> None:
    folder, state = place
    lines = [f"  - {{key: s{n}, name: S{n}, probe: {{kind: http, url: '{web.address}/fine?{n}'}}}}" for n in range(4)]
    polling = "polling: {jitter_seconds: 1.5, per_host: 9}"
    (folder / "services.yaml").write_text("\n".join([polling, "services:", *lines, ""]), encoding="utf-8")
    with workplace_at(folder, state) as work:
        look_round(work)
        first = [path for _, path, _, _ in web.asked]
        web.asked.clear()
        look_round(work)
    assert len(first) == 4
    assert [path for _, path, _, _ in web.asked] == first


def test_a_spread_that_leaves_no_time_is_refused(place) -> None:
    folder, state = place
    (folder / "services.yaml").write_text("polling: {jitter_seconds: 40}\nservices: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="at most half of every_seconds"), workplace_at(folder, state):
        pass
