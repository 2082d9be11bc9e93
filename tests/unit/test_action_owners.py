"""Whose a list's action item is: told by the folder's addresses or the list's own words, never kept as a name."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from connectors._base import FetchRequest, SourceContext
from connectors.actions_csv import ActionsCsv
from firstbell.records import ActionItemSeen

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)


def test_an_owner_is_known_by_address_or_by_the_lists_own_word(tmp_path: Path) -> None:
    owners = ("Ada@Example.org", "Network desk", "somebody@example.org", "Jane Pupil", "bo@example.org")
    rows = "".join(f"{number},Do it,{owner},open,2026-12-01\n" for number, owner in enumerate(owners, 1))
    (tmp_path / "actions.csv").write_text(f"Ref,Action,Owner,Status,Due\n{rows}", encoding="utf-8")
    context = SourceContext(
        source_key="list",
        zone=ZoneInfo("America/Chicago"),
        folder=tmp_path,
        clock=lambda: NOW,
        people={"ada@example.org": "ada", "bo@example.org": "bo"},
    )
    settings = ActionsCsv.Settings(
        file="actions.csv", owners={"network desk": "it_lead", "bo@example.org": "instructional_technology_coordinator"}
    )
    found = ActionsCsv(settings, context).fetch(FetchRequest())
    told = [one.owner for one in found if isinstance(one, ActionItemSeen)]
    assert told == ["ada", "it_lead", "", "", "instructional_technology_coordinator"]
