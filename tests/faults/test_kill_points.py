"""A night, minutes and a briefing are killed at hundreds of points; the re-run completes and nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import Ground, campaign
from tests.faults.world import World

KILLS = {"night": 130, "minutes": 100, "draft": 40, "final": 85}
MINIMUM = {**KILLS, "minutes": 45}
"""Together 300; minutes are one transaction and have no more than some fifty steps."""
NEEDED = {
    "night": {"store: INSERT", "store: UPDATE", "store: commit"},
    "minutes": {"store: INSERT", "store: UPDATE", "store: commit"},
    "draft": {"store: INSERT", "store: commit", "file: open", "file: rename", "mail: send", "mail: answer"},
    "final": {"store: UPDATE", "store: commit", "file: open", "file: rename", "mail: send", "mail: answer"},
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("job", KILLS)
def test_a_job_that_is_killed_is_completed_by_the_next_run(
    job: str, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = campaign(Ground(job, tmp_path / job, world), KILLS[job])
    with capsys.disabled():
        print(f"\n{job}: {outcome.kills} kills survived, {outcome.unknown} messages shown as unknown", end=" ")
    assert outcome.findings == ()
    assert outcome.kills >= MINIMUM[job]
    assert outcome.kinds >= NEEDED[job]
