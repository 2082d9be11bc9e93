"""A repository whose issues are a team's action items: promises with their due dates, and nobody's login."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from firstbell.records import ActionItemSeen, Record
from tests.contract.github_issues.case import CLOSED, TOKEN, Case, issue
from tests.contract.suite import Situation, ask, read
from tests.contract.web import Question, Reply

DUE = {"due_on": "2025-04-01T07:00:00Z", "title": "April meeting"}
ISSUES = [
    issue(7, 3, title="Try the\nspare line", milestone=DUE, assignees=[{"login": "Net-Desk"}]),
    issue(8, 4, title="Ask the vendor", assignees=[{"login": "somebody"}], **CLOSED, state_reason="completed"),
    issue(9, 5, title="Print the guide", assignees=[], **CLOSED, state_reason="not_planned"),
]


class ActionItems(Case):
    reads = frozenset({"actions"})

    def rows(self) -> list[dict[str, Any]]:
        return ISSUES

    def settings(self) -> Mapping[str, Any]:
        kept = {name: value for name, value in super().settings().items() if name in ("url", "repository")}
        return {**kept, "token": TOKEN, "gives": "action_items", "owners": {"net-desk": "it_lead"}}

    def expected(self, situation: Situation) -> Sequence[Record]:
        return (
            item("#7", "Try the spare line", "it_lead", "open", 3, due_on=date(2025, 4, 1)),
            item("#8", "Ask the vendor", "", "done", 4, closed_on=date(2025, 3, 8)),
            item("#9", "Print the guide", "", "dropped", 5, closed_on=date(2025, 3, 8)),
        )


def item(key: str, title: str, owner: str, state: str, day: int, **more: Any) -> ActionItemSeen:
    return ActionItemSeen(action_key=key, title=title, owner=owner, state=state, opened_on=date(2025, 3, day), **more)


class Patient(Case):
    """GitHub's secondary limit: 403 with Retry-After while the hour's questions are not used up."""

    refused = False

    def answer(self, question: Question) -> Reply:
        if not self.refused:
            self.refused = True
            return Reply({}, 403, {"Retry-After": "9", "X-RateLimit-Remaining": "4000"})
        return super().answer(question)


def test_action_items_keep_their_promise_and_drop_logins(tmp_path: Path) -> None:
    case = ActionItems(tmp_path)
    case.serve(Situation.WHOLE)
    try:
        outcome = read(case)
        assert outcome.error is None
        assert tuple(outcome.records) == case.expected(Situation.WHOLE)
        assert [mark.stream for mark in outcome.completed] == ["actions"]
        assert "somebody" not in f"{outcome.records}{outcome.log}{outcome.shown}"
    finally:
        case.close()


def test_the_secondary_limit_is_waited_for(tmp_path: Path) -> None:
    case = Patient(tmp_path)
    case.serve(Situation.WHOLE)
    try:
        outcome = read(case)
        assert (outcome.error, outcome.waits) == (None, [9.0])
    finally:
        case.close()


def test_a_repository_without_issues_is_told(tmp_path: Path) -> None:
    class Off(Case):
        def answer(self, question: Question) -> Reply:
            if question.path == "/repos/district/helpdesk":
                return Reply({"has_issues": False})
            return super().answer(question)

    case = Off(tmp_path)
    case.serve(Situation.EMPTY)
    try:
        sentence, error = ask(case)
        assert error is None
        assert "switched off" in sentence
    finally:
        case.close()
