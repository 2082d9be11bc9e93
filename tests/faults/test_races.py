"""Two processes at the same briefing: one packet, one word on it, one mail to each person."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from dataclasses import replace
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from firstbell.store.models import ApprovalRow, MessageState, PacketRow
from firstbell.store.outbox import messages
from firstbell.store.session import open_store
from tests.faults.campaign import Ground
from tests.faults.content import broken_rules, files_of
from tests.faults.stages import StageGround
from tests.faults.world import World

SPAWN = multiprocessing.get_context("spawn")


def take_part(ground: Ground, state: Path, start: Barrier) -> None:
    """One of two runs that begin at the same moment."""
    start.wait()
    ground.run(state)


@pytest.mark.timeout(600)
def test_two_briefings_at_once_mail_everybody_once(url: str, world: World, tmp_path: Path) -> None:
    ground = Ground.prepared("draft", tmp_path, world, tag=f"-race{url.partition(':')[0]}", database=url)
    state = tmp_path / "pattern"
    addendum = StageGround("addendum", ground.folder, world, ground.tag, url)
    for racing in (replace(ground, job="draft"), replace(ground, job="final"), addendum):
        start = SPAWN.Barrier(2)
        runs = [SPAWN.Process(target=take_part, args=(racing, state, start)) for _ in range(2)]
        for run in runs:
            run.start()
        for run in runs:
            run.join()
        assert [run.exitcode for run in runs] == [0, 0]
    store = open_store(url)
    with store.read() as connection:
        rows = messages(connection)
        packets = connection.execute(PacketRow.__table__.select()).all()
        words = connection.execute(ApprovalRow.__table__.select()).all()
    assert broken_rules(store) == []
    store.close()
    assert {row.state for row in rows} == {MessageState.SENT}
    letters = Counter((row.stage, row.person_key) for row in rows)
    assert set(letters.values()) == {1}
    assert Counter(stage for stage, _ in letters) == {"preview": 3, "draft": 1, "final": 4, "addendum": 3}
    assert ([row.stage for row in packets], len(words)) == (["preview", "draft", "final", "addendum"], 1)
    sent = [mail for mail in world.mails() if mail["id"] in {row.message_id for row in rows} and "race" in mail["from"]]
    assert sorted(mail["id"] for mail in sent if url.partition(":")[0] in mail["from"]) == sorted(
        row.message_id for row in rows
    )
    assert {name.split("/")[1] for name in files_of(state) if name.startswith("packets/")} == {
        "tech-monthly-2026-12-03-draft-1",
        "tech-monthly-2026-12-03-final-1",
    }
