"""The mails between meetings are killed at every kind of step; the re-run completes and nobody gets one twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import Ground, campaign
from tests.faults.world import World

KILLS = 40
NEEDED = {"store: INSERT", "store: UPDATE", "store: commit", "mail: send", "mail: answer"}


@pytest.mark.timeout(600)
def test_mails_between_meetings_survive_a_kill_anywhere(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(Ground("between", tmp_path / "between", world), KILLS)
    with capsys.disabled():
        print(f"\nbetween: {outcome.kills} kills survived, {outcome.unknown} messages shown as unknown", end=" ")
    assert outcome.findings == (), "\n".join(outcome.findings)
    assert outcome.kills >= KILLS
    assert outcome.kinds >= NEEDED
    assert outcome.unknown > 0
