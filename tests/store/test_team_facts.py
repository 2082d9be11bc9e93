"""What people write back, on both engines: numbers are given once, whoever writes at the same time."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.actions import actions_of, change_action, moved
from firstbell.minutes.faults import MinutesError
from firstbell.minutes.model import Minutes
from firstbell.minutes.record import record_minutes
from firstbell.records import TEAM_SOURCE, MeetingMinutes, TeamAction
from firstbell.store.errors import StoreError
from firstbell.store.history import current_team_facts, first_recorded_at
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, mark_attempting, prepare, settle
from firstbell.store.outbox_by_hand import settle_by_hand
from firstbell.store.queries import facts_as_known
from firstbell.store.save import save_facts
from firstbell.store.session import Store
from tests.unit.team_workplace import AFTER, NOVEMBER, Watch, action, actions, tell, work_on


def minutes(team: str = "leadership", meeting: str = "2026-11-05", *titles: str) -> Minutes:
    new = [{"title": title, "owner": "ada", "due": "2026-12-01"} for title in titles]
    return Minutes.model_validate({"team": team, "meeting": meeting, "new_actions": new})


def test_recorded_twice_and_corrected(store: Store, tmp_path: Path) -> None:
    clock = Watch(AFTER)
    work = work_on(tmp_path, store, clock)
    tell(work, action(7), at=AFTER - timedelta(days=9))
    first = record_minutes(work, minutes("leadership", "2026-11-05", "Ask for quotes", "Invite parents"))
    again = record_minutes(work, minutes("leadership", "2026-11-05", "Ask for quotes", "Invite parents"))
    clock.now += timedelta(hours=1)
    mended = record_minutes(work, minutes("leadership", "2026-11-05", "Invite the parents", "Ask for quotes"))
    assert first.opened == ("A-8", "A-9")
    assert (again.saved.new, again.saved.changed) == (0, 0)
    assert mended.opened == ("A-9", "A-8")
    assert actions(work)["leadership/A-9"].title == "Invite the parents"
    with store.read() as connection:
        before = [one.title for _, one in facts_as_known(connection, TeamAction, known_at=AFTER)]
        assert first_recorded_at(connection, MeetingMinutes, f"leadership/{NOVEMBER}") == AFTER
    assert sorted(before) == ["Ask for quotes", "Invite parents", "Promise 7"]


def test_two_minutes_at_once_never_share_a_number(store: Store, tmp_path: Path) -> None:
    work = work_on(tmp_path, store, Watch(AFTER))
    barrier = threading.Barrier(2)
    opened: list[tuple[str, ...]] = []

    def write(meeting: str) -> None:
        barrier.wait()
        opened.append(record_minutes(work, minutes("leadership", meeting, "One", "Two", "Three")).opened)

    writers = [threading.Thread(target=write, args=(day,)) for day in ("2026-10-01", "2026-11-05")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    numbers = [number for told in opened for number in told]
    assert sorted(numbers) == [f"A-{number}" for number in range(1, 7)]


def test_faulty_minutes_keep_nothing(store: Store, tmp_path: Path) -> None:
    work = work_on(tmp_path, store, Watch(AFTER))
    wrong = Minutes.model_validate(
        {"team": "leadership", "new_actions": [{"title": "Good", "owner": "ada"}, {"title": "Bad", "owner": "nobody"}]}
    )
    with pytest.raises(MinutesError):
        record_minutes(work, wrong)
    with store.read() as connection:
        assert current_team_facts(connection, MeetingMinutes) == []
    assert actions_of(work) == []


def test_a_change_counts_when_the_clock_went_back(store: Store, tmp_path: Path) -> None:
    clock = Watch(AFTER)
    work = work_on(tmp_path, store, clock)
    tell(work, action(1))
    clock.now = AFTER - timedelta(days=1)
    for day in (10, 11):
        change_action(work, "A-1", lambda one, day=day: moved(one, AFTER.date().replace(day=day), "Late."))  # type: ignore[misc]
    with store.read() as connection:
        (kept,) = current_team_facts(connection, TeamAction)
    assert (kept.times_moved, kept.due_on) == (2, AFTER.date().replace(day=11))


def test_first_recorded_is_ours_alone(store: Store) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    with store.begin() as connection:
        save_facts(connection, "another", [action(1)], at)
        save_facts(connection, TEAM_SOURCE, [action(1)], at + timedelta(days=1))
    with store.read() as connection:
        assert first_recorded_at(connection, TeamAction, "leadership/A-1") == at + timedelta(days=1)
        assert first_recorded_at(connection, TeamAction, "leadership/A-2") is None
        assert len(current_team_facts(connection, TeamAction)) == 1


def test_a_person_settles_only_what_nobody_knows(store: Store) -> None:
    known, unknown = packet_to("ada"), packet_to("bo")
    with store.begin() as connection:
        for new, state in ((known, MessageState.SENT), (unknown, MessageState.UNKNOWN)):
            row = prepare(connection, new, AFTER)
            mark_attempting(connection, row.id, "sender", AFTER)
            settle(connection, row.id, "sender", state, AFTER)
        for _ in range(2):
            settled = settle_by_hand(connection, unknown.message_key, MessageState.FAILED, AFTER + timedelta(days=1))
        assert (settled.state, settled.settled_at) == ("failed", AFTER + timedelta(days=1))
    with pytest.raises(StoreError, match="That message is sent; only one of unknown outcome"), store.begin() as one:
        settle_by_hand(one, known.message_key, MessageState.FAILED, AFTER)
    with pytest.raises(StoreError, match="no message of that key"), store.begin() as one:
        settle_by_hand(one, "packet/nobody", MessageState.SENT, AFTER)


def packet_to(person: str) -> NewMessage:
    return NewMessage(
        message_key=f"packet/leadership/{NOVEMBER}/final/1/leadership/{person}/0",
        kind="packet",
        team_key="leadership",
        meeting_key=NOVEMBER,
        stage="final",
        revision=1,
        edition="leadership",
        person_key=person,
        address=f"{person}@example.org",
        address_expires_on=AFTER.date() + timedelta(days=120),
        message_id=f"<{person}@example.org>",
        message=b"Subject: packet\r\n\r\n",
    )
