"""Previews, addenda, a moved meeting and invitations, killed at every kind of step: nobody gets one twice or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import campaign
from tests.faults.stages import StageGround
from tests.faults.world import World

KILLS = {"preview": 50, "addendum": 50, "moved": 50, "invitation": 50}
MAILED = {"store: INSERT", "store: UPDATE", "store: commit", "mail: send", "mail: answer"}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("job", KILLS)
def test_a_stage_that_is_killed_is_completed_by_the_next_run(
    job: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(StageGround(job, tmp_path / job, world), KILLS[job])
    with capsys.disabled():
        print(f"\n{job}: {outcome.kills} kills survived, {outcome.unknown} messages shown as unknown", end=" ")
    assert outcome.findings == ()
    assert outcome.kills >= 40
    assert outcome.kinds >= MAILED
    assert outcome.unknown > 0
