"""An issue whose day lies ahead of every clock: what changes before that day is read all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from firstbell.records import Ticket
from tests.contract.github_issues.case import Case, issue
from tests.contract.suite import Situation, read

AHEAD, CHANGED_LATER = "2099-01-01T00:00:00Z", "2098-06-01T00:00:00Z"


class FromTheFuture(Case):
    def rows(self) -> list[dict[str, Any]]:
        later = CHANGED_LATER if self.situation is Situation.CHANGED else "2025-03-08T12:00:00Z"
        return [issue(1, 3, updated_at=AHEAD), issue(2, 4, updated_at=later)]


def test_a_row_from_the_future_hides_no_later_change(tmp_path: Path) -> None:
    case = FromTheFuture(tmp_path)
    case.serve(Situation.WHOLE)
    try:
        first = read(case)
        assert first.error is None
        states = {mark.stream: mark.state for mark in first.completed if mark.state is not None}
        assert states["tickets"]["updated"] < CHANGED_LATER
        case.serve(Situation.CHANGED)
        changed = [one.ticket_key for one in read(case, states=states).records if isinstance(one, Ticket)]
        assert changed == ["1", "2"]
    finally:
        case.close()
