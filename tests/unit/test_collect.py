"""What collecting makes of a connector: nothing it yields is lost unsaid, and a stream reaches as far as it says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest

import connectors
from connectors._base import (
    Checkpoint,
    Complete,
    Connector,
    FetchRequest,
    SourceSettings,
    Stream,
    StreamMode,
    Yielded,
)
from firstbell.config.audited import Source
from firstbell.records import EvidenceFile, ObservationInterval, ServiceState, Ticket, TicketStatus
from firstbell.store.queries import facts_as_known, known_until, observation_intervals, source_states
from firstbell.workplace import Workplace
from tasks.collect import ConnectorFaultError, read_source
from tests.unit.team_workplace import AFTER, Watch, opened

TICKETS = Stream("tickets", Ticket, StreamMode.UPSERT)
TICKET = Ticket(ticket_key="1", created_at=datetime(2026, 11, 1, tzinfo=UTC), status=TicketStatus.OPEN)
FILE = EvidenceFile(path="a.pdf", sha256="1", size_bytes=1, modified_at=AFTER, collected_at=AFTER)


class Desk(Connector):
    """Yields what its class says."""

    title = "Made-up desk"
    docs_url = "https://example.org"
    least_privilege = "None."
    checked_against = "itself"
    streams: ClassVar[tuple[Stream, ...]] = (TICKETS,)
    Settings = SourceSettings
    told: ClassVar[Sequence[Yielded]] = ()

    def check(self) -> str:
        return "Fine."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        yield from self.told


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch()) as place:
        source = Source(key="desk", kind="desk", title="Desk", settings={})
        yield replace(place, district=replace(place.district, sources=(source,), settings={"desk": SourceSettings()}))


@pytest.mark.parametrize(
    ("told", "named"),
    [
        ([TICKET, FILE, Complete("tickets")], "EvidenceFile"),
        ([TICKET, FILE], "EvidenceFile"),
        ([TICKET, Complete("files")], "the end of files"),
        ([TICKET, Checkpoint("files")], "the end of files"),
    ],
)
def test_what_no_stream_declares_is_told_and_never_dropped(work: Workplace, told: list[Yielded], named: str) -> None:
    class Faulty(Desk):
        pass

    Faulty.told = told
    sentence = f"The connector test_collect yields {named}, which none of its streams declares; add a stream for it."
    assert read_source(work, "desk", kind=Faulty).problem == sentence
    with work.store.read() as connection:
        (row,) = source_states(connection)
        assert (row.outcome, row.error, row.error_class) == ("failed", sentence, ConnectorFaultError.__name__)


def test_two_streams_of_one_type_are_refused_before_anything_is_read(work: Workplace) -> None:
    class Faulty(Desk):
        streams = (TICKETS, Stream("more", Ticket, StreamMode.APPEND))
        told = (TICKET, Complete("tickets"), Complete("more"))

    assert "has two streams of one type of record" in read_source(work, "desk", kind=Faulty).problem
    with work.store.read() as connection:
        assert facts_as_known(connection, Ticket, known_at=work.clock()) == []


@pytest.mark.parametrize("kind", connectors.kinds())
def test_every_kind_tells_its_streams_by_their_records(kind: str) -> None:
    streams = connectors.get(kind).streams
    assert len({stream.record_type for stream in streams}) == len(streams)


@pytest.mark.parametrize("days", [-9, 3])
def test_an_export_is_known_until_its_own_time_and_never_beyond_now(work: Workplace, days: int) -> None:
    class Export(Desk):
        told = (TICKET, Complete("tickets", known_until=AFTER + timedelta(days=days)))

    assert read_source(work, "desk", kind=Export).complete
    with work.store.read() as connection:
        assert known_until(connection, known_at=AFTER) == {"desk": AFTER + timedelta(days=min(days, 0))}


def test_what_another_monitor_saw_is_kept_as_intervals_once(work: Workplace) -> None:
    seen = ObservationInterval(
        service_key="sso",
        source_key="as the connector says",
        vantage="monitor",
        state=ServiceState.DOWN,
        first_at=AFTER - timedelta(hours=2),
        last_at=AFTER - timedelta(hours=1),
        count=61,
        expected_interval_seconds=60,
    )

    class Monitor(Desk):
        streams = (Stream("looks", ObservationInterval, StreamMode.APPEND),)
        told = (seen, Complete("looks"))

    assert read_source(work, "desk", kind=Monitor).new == 1
    assert read_source(work, "desk", kind=Monitor).unchanged == 1
    with work.store.read() as connection:
        assert observation_intervals(connection, known_at=work.clock()) == [replace(seen, source_key="desk")]
