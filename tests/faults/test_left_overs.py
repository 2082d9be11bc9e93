"""What a killed run leaves unfinished: never taken for the real thing, and removed in time."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.files import FileError, whole_folder, write_whole
from firstbell.intervals import local_day
from firstbell.knowledge import PROBES
from firstbell.records import ServiceObservation, ServiceState
from firstbell.store.latency_days import StoredLatencies
from firstbell.store.observations import save_observations
from tasks.keep_house import keep_house
from tasks.place import workplace_at
from tests.faults.cedar import write_district
from tests.faults.world import World

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def leave(path: Path, age: timedelta) -> Path:
    """A file or folder (with a file in it) last touched some time before NOW."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix:
        path.write_bytes(b"half")
    else:
        path.mkdir()
        (path / "leadership.pdf").write_bytes(b"half")
    at = (NOW - age).timestamp()
    os.utime(path, (at, at))
    return path


def test_housekeeping_removes_what_nobody_finishes_any_more(world: World, tmp_path: Path) -> None:
    folder, state = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port), tmp_path / "state"
    day = timedelta(days=1)
    gone = [
        leave(state / "packets" / ".tech-2026-12-03-final-1.0a1b.part", 2 * day),
        leave(state / "calendars" / ".0a1b.ics.2c3d.part", 2 * day),
        leave(state / "previews" / "tech-2026-10-01", 40 * day),
    ]
    kept = [
        leave(state / "packets" / ".tech-2026-12-03-final-2.4e5f.part", timedelta(hours=1)),
        leave(state / "packets" / "tech-2026-12-03-final-1", 400 * day),
        leave(state / "previews" / "tech-2026-11-05", 10 * day),
    ]
    with workplace_at(folder, state) as work:
        said = keep_house(work, NOW)
        again = keep_house(work, NOW)
    assert said == [
        "Removed previews older than 30 days: 1.",
        "Removed what a broken run left unfinished: 2.",
    ]
    assert again == []
    assert [path.exists() for path in (*gone, *kept)] == [False] * 3 + [True] * 3


def test_hours_of_latencies_go_only_once_their_day_is_kept(world: World, tmp_path: Path) -> None:
    folder, state = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port), tmp_path / "state"
    noon = datetime(2026, 9, 1, 17, tzinfo=UTC)
    look = ServiceObservation(
        service_key="portal",
        observed_at=noon,
        state=ServiceState.UP,
        expected_interval_seconds=60,
        total_seconds=0.2,
    )
    with workplace_at(folder, state) as work:
        with work.store.begin() as connection:
            save_observations(connection, PROBES, [look], noon)
        assert keep_house(work, noon + timedelta(days=90)) == ["Removed hours of latencies older than 62 days: 1."]
        with work.store.read() as connection:
            day = local_day(date(2026, 9, 1), work.district.zone)
            assert sum(StoredLatencies(connection, day, preferred=PROBES)("portal").values()) == 1


def test_a_folder_that_is_not_filled_to_the_end_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "packets" / "one"
    with suppress(ZeroDivisionError), whole_folder(target) as part:
        (part / "leadership.pdf").write_bytes(b"half")
        raise ZeroDivisionError
    assert list(target.parent.iterdir()) == []


def test_a_folder_that_another_process_finished_first_stays(tmp_path: Path) -> None:
    target = tmp_path / "one"
    with whole_folder(target) as mine:
        (mine / "a").write_bytes(b"mine")
        with whole_folder(target) as theirs:
            (theirs / "a").write_bytes(b"theirs")
    assert (target / "a").read_bytes() == b"theirs"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_over_a_folder_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"cannot be written \(Is a directory\); check the room on its disk"):
        write_whole(tmp_path, b"content")
    assert list(tmp_path.parent.glob("*.part")) == []
