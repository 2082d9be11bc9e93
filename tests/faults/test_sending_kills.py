"""Sending is killed at every step of every way out: nobody gets a letter twice, and none is lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.faults.sending import WAYS, Sending
from tests.faults.world import World

EVERY = 10_000
LEAST = {
    "relay": 100,
    "relogin": 100,
    "greylist": 100,
    "silent": 70,
    "closed": 70,
    "lost": 80,
    "graph": 70,
    "long": 80,
    "attached": 60,
    "files": 50,
}
"""So many steps a way has at the least; it is killed at each."""
TALKS = {"files": {"file: open", "file: rename"}, "graph": {"http: send", "http: answer"}, "relay": {"mail: answer"}}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("way", WAYS)
def test_a_letter_leaves_once_whenever_its_sender_dies(
    way: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(Sending(way, tmp_path, world), EVERY)
    with capsys.disabled():
        print(f"\n{way}: {outcome.kills} kills survived, {outcome.unknown} messages shown as unknown", end=" ")
    assert outcome.findings == ()
    assert outcome.kills >= LEAST[way]
    assert outcome.kinds >= {"store: UPDATE", "store: commit", *TALKS.get(way, ())}
