"""The sample district's stage: every source and service is real and answers, and its past is known as it was then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import connectors
from connectors._base import Complete, FetchRequest, SourceContext
from connectors._errors import AuthError, UnavailableError
from examples.lakeside.history import seed_history
from examples.lakeside.stage import Stage, stage
from firstbell.config.secrets import readers, resolve
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import Outcome
from firstbell.intervals import Window
from firstbell.knowledge import facts_of
from firstbell.kpi import Verdict
from firstbell.metrics.operation_formulas import backup_states
from firstbell.records import Record, ServiceState, TeamAction, Ticket
from firstbell.store.packets import previous_packet
from firstbell.store.queries import facts_as_known, known_until, observation_intervals
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tasks.poll import VantageError, look_round, look_until

NOW = datetime(2026, 7, 5, 15, tzinfo=UTC)
"""A Sunday in July, when a real school is empty."""

SOURCES = (
    *("help_desk", "backups", "evidence", "roster", "surveys", "measures", "link_use", "learning_platform_status"),
)
TROUBLE = {"backups": UnavailableError, "link_use": AuthError}
"""What `check` says of the share that is away and of the login that expired."""


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(tmp_path_factory.mktemp("lakeside") / "out", NOW) as found:
        yield found


@pytest.fixture(scope="module")
def work(staged: Stage) -> Iterator[Workplace]:
    with workplace_at(staged.district_folder, staged.state_folder, clock=lambda: NOW) as opened:
        yield opened


def connector(work: Workplace, key: str) -> connectors.Connector:
    district = work.district
    settings = resolve(district.settings[key], readers(district.folder))
    context = SourceContext(source_key=key, zone=district.zone, folder=district.folder, clock=work.clock)
    return connectors.get(district.source(key).kind)(settings, context)


def test_the_sources_are_these(work: Workplace) -> None:
    assert tuple(source.key for source in work.district.sources) == SOURCES


@pytest.mark.parametrize("key", SOURCES)
def test_check_says_a_sentence(work: Workplace, key: str) -> None:
    if key in TROUBLE:
        with pytest.raises(TROUBLE[key]):
            connector(work, key).check()
    else:
        assert connector(work, key).check().endswith(".")


@pytest.mark.parametrize("key", [key for key in SOURCES if key != "link_use"])
def test_every_stream_brings_records_and_its_end(work: Workplace, key: str) -> None:
    reader = connector(work, key)
    yielded = list(reader.fetch(FetchRequest()))
    ended = {one.stream for one in yielded if isinstance(one, Complete)}
    told = {type(one) for one in yielded if isinstance(one, Record)}
    assert ended == {stream.name for stream in reader.streams}
    assert told == {stream.record_type for stream in reader.streams}


def test_the_link_report_refuses_its_login(work: Workplace) -> None:
    with pytest.raises(AuthError, match="403"):
        list(connector(work, "link_use").fetch(FetchRequest()))


def test_looks_find_fine_and_broken_services(work: Workplace) -> None:
    look_round(work)
    with work.store.read() as connection:
        rows = observation_intervals(connection, known_at=NOW, window=Window(NOW - timedelta(hours=1), NOW))
    newest = {row.service_key: (row.state, row.reason) for row in rows}
    up, down, degraded = ServiceState.UP, ServiceState.DOWN, ServiceState.DEGRADED
    assert newest == {
        **dict.fromkeys(
            ("sign_in", "learning_platform", "gradebook", "student_records", "website", "library"), (up, "")
        ),
        "enrolment": (down, "body"),
        "bus_routing": (down, "refused"),
        "payroll": (degraded, "certificate"),
        "mail_domain": (degraded, "record"),
    }


def test_a_vantage_that_the_folder_does_not_name_is_told(work: Workplace) -> None:
    with pytest.raises(VantageError, match=r"services\.yaml names no vantage attic; it names"):
        look_until(work, NOW, "attic")


def test_mail_arrives_byte_for_byte(staged: Stage, work: Workplace) -> None:
    mail = resolve(work.district.about.mail, readers(work.district.folder))
    assert mail.password
    transport = SmtpTransport(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        username=mail.username,
        password=mail.password.get_secret_value(),
        ca_bundle=mail.ca_bundle,
        timeout_seconds=10,
    )
    message = b"Subject: Hello\r\n\r\n.dots stay\r\nand so does this\r\n"
    with transport.open() as connection:
        handover = connection.send("kim.sample@families.example", message)
    assert handover.outcome is Outcome.SENT
    (file,) = staged.mail_folder.glob("*-kim.sample@families.example.eml")
    assert file.read_bytes() == message


def test_nobody_of_the_roster_reaches_the_store(staged: Stage, work: Workplace) -> None:
    with work.store.read() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
        rows = [str(row) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    assert len(rows) > 5000
    assert not [row for row in rows if "sample.invalid" in row or "OakStudent" in row or "student-oak" in row]


def test_the_past_is_known_as_it_was_then(staged: Stage, work: Workplace) -> None:
    sent_at = staged.timeline.previous_sent_at
    with work.store.read() as connection:
        then = facts_of(
            work.district, connection, work.feeds, window=Window(sent_at - timedelta(days=30), sent_at),
            as_of=sent_at, known_at=sent_at,
        )  # fmt: skip
        last_night = known_until(connection, known_at=NOW)
    verdicts = {one.system_key: one.verdict for one in backup_states(then)}
    assert verdicts["library"] is verdicts["bus_routing"] is verdicts["phones"] is Verdict.OK
    assert then.team.baselines["report_launch"] < staged.timeline.weekday(72)
    assert all(one.created_at <= sent_at for one in then.of(Ticket))
    assert then.known_until["link_use"] == then.known_until["measures"]
    assert last_night["link_use"] == staged.timeline.at(staged.timeline.day(-9), 4)


def test_actions_are_done_late_and_moved(work: Workplace) -> None:
    with work.store.read() as connection:
        actions = [action for _, action in facts_as_known(connection, TeamAction, known_at=NOW)]
    today = NOW.date()
    late = {
        action.action_key for action in actions if action.state == "open" and (action.first_due_on or today) < today
    }
    assert late == {"A-07", "A-09", "A-14"}
    assert {action.action_key for action in actions if action.times_moved} == {"A-09", "A-14"}
    assert sum(action.state == "done" for action in actions) == 7


def test_the_last_packet_was_frozen_when_it_was_sent(staged: Stage, work: Workplace) -> None:
    coming = f"leadership/{staged.timeline.next_meeting_on}"
    with work.store.read() as connection:
        row = previous_packet(connection, "leadership", coming, "final", NOW)
    assert row is not None
    assert row.composed_at == row.known_at == staged.timeline.previous_sent_at


def test_a_second_run_keeps_what_there_is(staged: Stage, work: Workplace) -> None:
    assert not seed_history(work, staged.timeline)
    before = work.district.hash
    with stage(staged.state_folder, NOW + timedelta(days=3)) as again:
        assert again.timeline == staged.timeline
        with workplace_at(again.district_folder, again.state_folder) as later:
            assert later.district.series == work.district.series
            assert connector(later, "help_desk").check().endswith(".")
    write_back(staged)
    with workplace_at(staged.district_folder, staged.state_folder) as as_it_was:
        assert as_it_was.district.hash == before


def write_back(staged: Stage) -> None:
    """Put the first stage's addresses back into the folder that both share."""
    from examples.lakeside.folder import write_district

    write_district(staged.district_folder, staged.timeline, staged.around)


def test_nothing_keeps_running(tmp_path: Path) -> None:
    from examples.lakeside.certificates import make_authority
    from examples.lakeside.mailbox import serve_mailbox
    from examples.lakeside.services import serve_district
    from examples.lakeside.timeline import Timeline

    before = set(threading.enumerate())
    authority = make_authority(tmp_path / "ca.pem")
    with serve_district(Timeline(NOW), authority), serve_mailbox(tmp_path / "mail", "secret", authority):
        assert set(threading.enumerate()) > before
    assert set(threading.enumerate()) <= before
