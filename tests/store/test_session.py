"""One moment for a reader, all or nothing for a writer, and one sentence for whatever goes wrong."""

from __future__ import annotations

import multiprocessing
import resource
import signal
import sqlite3
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import SQLAlchemyError

from firstbell.errors import FirstbellError
from firstbell.records import Ticket, TicketStatus
from firstbell.store.backup import backup, restore
from firstbell.store.errors import StoreError
from firstbell.store.models import ApprovalRow, DistrictVersionRow
from firstbell.store.queries import facts_as_known, source_states
from firstbell.store.save import record_completion, save_district, save_facts
from firstbell.store.schema import check_schema
from firstbell.store.session import Store, default_url, open_store

NOW = datetime(2026, 9, 1, 6, 0, 0, 123456, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


def tickets(count: int) -> list[Ticket]:
    return [Ticket(ticket_key=str(number), created_at=NOW, status=TicketStatus.OPEN) for number in range(count)]


def stored(store: Store) -> int:
    with store.read() as connection:
        return len(facts_as_known(connection, Ticket, known_at=NOW + timedelta(days=9)))


def test_times_come_back_aware_and_in_utc_and_naive_ones_are_refused(store: Store) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-5)))
    with store.begin() as connection:
        save_district(connection, "{}", elsewhere)
        found = connection.scalar(select(DistrictVersionRow.first_seen_at))
        assert found == NOW
        assert found is not None
        assert found.tzinfo is UTC
        assert connection.scalar(
            select(DistrictVersionRow.content).where(DistrictVersionRow.first_seen_at == elsewhere)
        ) == "{}"  # fmt: skip
    naive = {"content_hash": "x", "content": "", "first_seen_at": NOW.replace(tzinfo=None), "last_seen_at": NOW}
    with pytest.raises(StoreError), store.begin() as connection:
        connection.execute(insert(DistrictVersionRow).values(**naive))


def test_times_without_a_fraction_sort_among_those_with_one(store: Store) -> None:
    moments = [NOW.replace(microsecond=part) for part in (0, 1, 999_999)]
    with store.begin() as connection:
        for number, moment in enumerate(moments):
            save_district(connection, str(number), moment)
        ordered = select(DistrictVersionRow.first_seen_at).order_by(DistrictVersionRow.first_seen_at.desc())
        assert connection.scalars(ordered).all() == moments[::-1]


def test_a_reader_sees_one_moment_and_cannot_write(store: Store) -> None:
    with store.read() as reading:
        assert source_states(reading) == []
        with store.begin() as writing:
            record_completion(writing, "desk", "tickets", NOW)
        assert source_states(reading) == []
    with store.read() as reading:
        assert len(source_states(reading)) == 1
    with pytest.raises(StoreError), store.read() as reading:
        record_completion(reading, "desk", "tickets", NOW)
    with store.begin() as writing:
        record_completion(writing, "desk", "tickets", NOW)


def test_an_error_undoes_all_of_it_and_its_sentence_quotes_no_row(store: Store) -> None:
    orphan = insert(ApprovalRow).values(packet_id=7, state="s3cret", by="b", at=NOW, note="")

    def save_both() -> None:
        with store.begin() as connection:
            save_facts(connection, "desk", tickets(3), NOW)
            connection.execute(orphan)

    with pytest.raises(StoreError, match="contradicts") as caught:
        save_both()
    assert "s3cret" not in str(caught.value)
    assert isinstance(caught.value, FirstbellError)
    assert stored(store) == 0


def test_no_traceback_quotes_a_row(store: Store) -> None:
    """Prefect logs tracebacks, and addresses and letters are rows."""
    twice = [{"content_hash": "s3cret", "content": "s3cret", "first_seen_at": NOW, "last_seen_at": NOW}] * 2
    with pytest.raises(StoreError) as caught, store.begin() as connection:
        connection.execute(insert(DistrictVersionRow), twice)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value))
    error: BaseException | None = caught.value.__context__
    assert isinstance(error, SQLAlchemyError)
    assert "parameters hidden" in str(error)


def test_a_missing_layout_says_what_to_do(url: str) -> None:
    store = open_store(url)
    with store.begin() as connection:
        connection.execute(text("DROP TABLE ticket"))
    with pytest.raises(StoreError, match="firstbell db upgrade"):
        stored(store)
    store.close()


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://x/y", "must begin with"),
        ("sqlite://", "must name a file"),
        ("sqlite:////proc/none/firstbell.db", "cannot be made"),
    ],
)
def test_an_impossible_address_is_answered_with_a_sentence(address: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        open_store(address)


def test_a_server_that_is_not_there_is_one_sentence_without_the_password() -> None:
    store = open_store("postgresql://user:hunter2@127.0.0.1:1/none")
    with pytest.raises(StoreError, match="cannot be reached") as caught, store.begin():
        pass
    assert "hunter2" not in str(caught.value)


def test_the_default_is_a_file_in_the_state_folder(tmp_path: Path) -> None:
    assert open_store(default_url(tmp_path)).path == tmp_path / "firstbell.db"


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    (tmp_path / "firstbell.db").write_bytes(b"not a database at all" * 500)
    store = open_store(default_url(tmp_path))
    with pytest.raises(StoreError, match="damaged; restore"):
        check_schema(store)


def write_until_full(url: str, limit: int, outcome: object) -> None:
    """In a child whose files may not grow past `limit` bytes: a disk that is full."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    store = open_store(url)
    try:
        with store.begin() as connection:
            save_facts(connection, "desk", tickets(60_000), NOW)
        outcome.put("written")  # type: ignore[attr-defined]
    except StoreError as error:
        outcome.put(str(error))  # type: ignore[attr-defined]


def test_a_full_disk_is_one_sentence_and_nothing_half_written(tmp_path: Path, sqlite_pattern: Path) -> None:
    path = tmp_path / "firstbell.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    outcome = FORK.SimpleQueue()
    child = FORK.Process(target=write_until_full, args=(f"sqlite:///{path}", 4_000_000, outcome))
    child.start()
    said = outcome.get()
    child.join()
    outcome.close()
    assert "check that its disk has room" in said
    store = open_store(f"sqlite:///{path}")
    assert stored(store) == 0
    with store.begin() as connection:
        save_facts(connection, "desk", tickets(3), NOW)
    assert stored(store) == 3
    store.close()


def test_a_file_that_may_not_grow_says_that_there_is_no_room(tmp_path: Path, sqlite_pattern: Path) -> None:
    path = tmp_path / "firstbell.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    store = open_store(f"sqlite:///{path}")
    event.listen(store.engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count=200"))
    with pytest.raises(StoreError, match="no room left on its disk"), store.begin() as connection:
        save_facts(connection, "desk", tickets(60_000), NOW)
    assert stored(store) == 0
    store.close()


def test_a_backup_is_whole_and_comes_back(store: Store, tmp_path: Path) -> None:
    with store.begin() as connection:
        save_facts(connection, "desk", tickets(50), NOW)
    target = tmp_path / "copies" / "monday.db"
    if not store.is_sqlite:
        with pytest.raises(StoreError, match="pg_dump"):
            backup(store, target)
        return
    assert backup(store, target) == target
    with store.begin() as connection:
        save_facts(connection, "desk", tickets(90), NOW)
    restore(store, target, target.parent)
    assert stored(store) == 50
    assert sorted(path.name for path in target.parent.iterdir()) == ["monday.db"]
    assert "up to date" in check_schema(store)


def test_a_damaged_backup_leaves_the_store_alone(tmp_path: Path, sqlite_pattern: Path) -> None:
    path = tmp_path / "firstbell.db"
    path.write_bytes(sqlite_pattern.read_bytes())
    store = open_store(f"sqlite:///{path}")
    with store.begin() as connection:
        save_facts(connection, "desk", tickets(5), NOW)
    broken, other = tmp_path / "broken.db", tmp_path / "other.db"
    broken.write_bytes(sqlite_pattern.read_bytes()[:40_000])
    sqlite3.connect(other).execute("CREATE TABLE x (y)").connection.close()
    for copy in (broken, other, tmp_path / "absent.db"):
        with pytest.raises(StoreError):
            restore(store, copy, copy.parent)
        assert stored(store) == 5
    store.close()
