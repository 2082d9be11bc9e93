"""Processes at the same outbox at once, and a database whose sender is killed: each letter leaves once."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from firstbell.store.models import MessageState
from firstbell.store.outbox import messages
from tests.faults.campaign import campaign
from tests.faults.sending import Sending
from tests.faults.world import World

SPAWN = multiprocessing.get_context("spawn")
PROCESSES = 3
KILLS = 25


def take_part(ground: Sending, state: Path, start: Barrier) -> None:
    """One of the runs that begin at the same moment."""
    start.wait()
    ground.run(state)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("way", ["relogin", "lost", "graph"])
def test_each_letter_leaves_once_whoever_sends(way: str, url: str, world: World, tmp_path: Path) -> None:
    database = "" if url.startswith("sqlite") else url
    ground = Sending.prepared(way, tmp_path, world, tag=f"-{url.partition(':')[0]}", database=database)
    state = ground.copy(tmp_path / "race")
    start = SPAWN.Barrier(PROCESSES)
    runs = [SPAWN.Process(target=take_part, args=(ground, state, start)) for _ in range(PROCESSES)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert [run.exitcode for run in runs] == [0] * PROCESSES
    store = ground.opened(state)
    with store.read() as connection:
        rows = messages(connection)
    store.close()
    assert [row.state for row in rows] == [MessageState.SENT] * len(ground.way.people)
    mails = world.mails_from(ground.sender(state.name))
    assert sorted(mails) == sorted((row.address, row.message_id) for row in rows)
    assert set(mails.values()) == {1}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_killed_sender_is_noticed_by_postgresql_too(
    url: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(Sending("relay", tmp_path, world, tag="-pg", database=url), KILLS)
    with capsys.disabled():
        print(f"\nrelay on PostgreSQL: {outcome.kills} kills survived, {outcome.unknown} messages unknown", end=" ")
    assert outcome.findings == ()
    assert outcome.kills >= KILLS
    assert outcome.unknown > 0
