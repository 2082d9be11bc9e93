"""What only a real Roundup tracker can prove: its own refusals, its own limit, its zones, its vanished issues."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from roundup import instance

from connectors._base import Complete, FetchRequest, Mode, SourceContext, State
from connectors._errors import AuthError
from connectors.roundup import Roundup
from examples.lakeside.tracker import READER, SampleTicket, make_tracker, serve_tracker
from firstbell.records import OpenKeys, Record, Ticket

PASSWORD = "a-long-password"
START = datetime(2025, 3, 3, 14, 0, tzinfo=UTC)


class Tracker:
    """A real tracker with one ticket a day from START on, and reads of it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.waits: list[float] = []

    def connector(self, **settings: Any) -> Roundup:
        context = SourceContext("tracker", ZoneInfo("UTC"), self.folder, pause=self.waits.append)
        given = {"url": self.url, "user": READER, "password": PASSWORD, "page_size": 3} | settings
        return Roundup(Roundup.Settings(**given), context)

    def read(self, request: FetchRequest | None = None) -> tuple[list[Record], dict[str, State]]:
        items = list(self.connector().fetch(request or FetchRequest()))
        states = {item.stream: item.state for item in items if isinstance(item, Complete)}
        return [item for item in items if isinstance(item, Record)], states

    def change(self, edit: Callable[[Any], None]) -> None:
        database = instance.open(str(self.folder)).open("admin")
        try:
            edit(database)
            database.commit()
        finally:
            database.close()


MakeTracker = Callable[..., Tracker]


@pytest.fixture
def tracker(tmp_path: Path) -> Iterator[MakeTracker]:
    with ExitStack() as stack:

        def make(count: int = 5, options: Mapping[str, str] | None = None) -> Tracker:
            folder = tmp_path / "tracker"
            tickets = [
                SampleTicket(title="t", requester="someone", created_at=START + timedelta(days=day))
                for day in range(count)
            ]
            cheap = {"PASSWORD_PBKDF2_DEFAULT_ROUNDS": "1000"}
            make_tracker(folder, tickets, reader_password=PASSWORD, options=cheap | dict(options or {}))
            return Tracker(folder, stack.enter_context(serve_tracker(folder)))

        yield make


def keys(records: list[Record]) -> list[str]:
    return [record.ticket_key for record in records if isinstance(record, Ticket)]


def test_a_wrong_password_is_refused(tracker: MakeTracker) -> None:
    with pytest.raises(AuthError, match="401"):
        tracker(1).connector(password="wrong").check()


def test_a_login_without_rest_access_is_told_so(tracker: MakeTracker) -> None:
    peer = tracker(1)
    peer.change(lambda db: db.user.set(db.user.lookup(READER), roles="Anonymous"))
    with pytest.raises(AuthError, match="403"):
        peer.connector().check()


def test_its_own_rate_limit_is_waited_out(tracker: MakeTracker) -> None:
    peer = tracker(1, {"WEB_API_CALLS_PER_INTERVAL": "2", "WEB_API_INTERVAL_IN_SEC": "1"})
    for _ in range(2):
        peer.connector(wait_budget_seconds=1000).check()
    assert peer.waits
    assert min(peer.waits) >= 1


@pytest.mark.parametrize("zone", ["-12", "14", "0"])
def test_the_logins_own_zone_loses_no_change(tracker: MakeTracker, zone: str) -> None:
    peer = tracker(5)
    peer.change(lambda db: db.user.set(db.user.lookup(READER), timezone=zone))
    _, states = peer.read()
    peer.change(lambda db: db.setnode("issue", "2", {"activity": db.issue.get("5", "activity")}))
    records, _ = peer.read(FetchRequest(states=states))
    assert {"2", "5"} <= set(keys(records))


def test_a_second_read_asks_only_for_what_is_new(tracker: MakeTracker) -> None:
    peer = tracker(5)
    first, states = peer.read()
    again, after = peer.read(FetchRequest(states=states))
    assert keys(first) == ["1", "2", "3", "4", "5"]
    assert keys(again) == ["5"]
    assert after == states


def test_other_settings_make_a_fresh_read(tracker: MakeTracker) -> None:
    peer = tracker(5)
    _, states = peer.read()
    changed = peer.connector(priorities={"bug": 1})
    records = [item for item in changed.fetch(FetchRequest(states=states)) if isinstance(item, Ticket)]
    assert [(one.ticket_key, one.priority_rank) for one in records] == [(str(key), 1) for key in range(1, 6)]


def test_a_vanished_issue_is_missing_from_the_census(tracker: MakeTracker) -> None:
    peer = tracker(3)
    peer.change(lambda db: db.issue.retire("2"))
    records, _ = peer.read()
    assert [record.ticket_keys for record in records if isinstance(record, OpenKeys)] == [("1", "3")]


def test_a_read_afresh_asks_for_everything_again(tracker: MakeTracker) -> None:
    peer = tracker(3)
    _, states = peer.read()
    records, after = peer.read(FetchRequest(mode=Mode.REREAD, states=states))
    assert (keys(records), after) == (["1", "2", "3"], states)


def test_without_a_property_for_it_the_last_activity_stands_for_the_resolution(tracker: MakeTracker) -> None:
    peer = tracker(1)
    peer.change(lambda db: db.setnode("issue", "1", {"status": db.status.lookup("resolved")}))
    records, _ = peer.read()
    assert [record.resolved_at for record in records if isinstance(record, Ticket)] == [START]
