"""The telling of refusals is killed at every step: each refusal is told in one report, and none is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.faults.telling import Telling
from tests.faults.world import World

EVERY = 10_000
NEEDED = {"store: INSERT", "store: UPDATE", "store: commit", "mail: send", "mail: answer"}


@pytest.mark.timeout(600)
def test_each_refusal_is_told_once_whenever_its_teller_dies(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(Telling("refusals", tmp_path, world), EVERY)
    with capsys.disabled():
        print(f"\nrefusals: {outcome.kills} kills survived, {outcome.unknown} reports shown as unknown", end=" ")
    assert outcome.findings == ()
    assert outcome.kills >= 80
    assert outcome.kinds >= NEEDED
    assert outcome.unknown > 0
