"""What the watchdog tells, whom it mails and how often; all from the store."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.briefing.freeze import freeze
from firstbell.config.rehearsal import go_live
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.transport import DeliveryError
from firstbell.errors import FirstbellError
from firstbell.review import review
from firstbell.review_form import ReviewWord
from firstbell.store.ledger import claim
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import NewMessage, mark_attempting, messages, prepare, settle
from firstbell.store.session import Store, open_store
from firstbell.watchdog import Alarm, alarms, tell
from firstbell.workplace import Workplace
from tests.unit.team_workplace import Watch, meeting_on, opened

DUE = datetime(2026, 11, 23, 12, tzinfo=UTC)
"""When the packet for 3 December is due: its offices open on Mondays only, so the 26th moves to the 23rd, at 6 am."""


@pytest.fixture
def clock() -> Watch:
    return Watch(DUE + timedelta(hours=1))


@pytest.fixture
def work(tmp_path: Path, clock: Watch) -> Iterator[Workplace]:
    with opened(tmp_path, clock) as place:
        night(place)
        yield place


@pytest.fixture
def post(tmp_path: Path) -> FileDrop:
    return FileDrop(tmp_path / "post")


def night(work: Workplace) -> None:
    now = work.clock()
    with claim(work.store, "nightly_audit", f"{now:%Y-%m-%d}", clock=work.clock):
        pass


def keys(work: Workplace) -> list[str]:
    return [alarm.key for alarm in alarms(work)]


def mails(post: FileDrop) -> list[EmailMessage]:
    found = []
    for path in sorted(post.folder.glob("*.eml")):
        parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        found.append(parsed)
    return found


def rows(store: Store) -> list[OutboxRow]:
    with store.read() as connection:
        return messages(connection)


def brief_all(work: Workplace, post: FileDrop) -> None:
    brief(work, post, BriefingWish(team_key="leadership", as_of=work.clock()))


def test_after_a_good_night_and_before_anything_is_due_nothing_is_wrong(work: Workplace) -> None:
    assert alarms(work) == []


def test_a_night_is_missed_after_26_hours(work: Workplace, clock: Watch) -> None:
    clock.now += timedelta(hours=26)
    assert "night" not in keys(work)
    clock.now += timedelta(seconds=1)
    (found,) = [alarm for alarm in alarms(work) if alarm.key == "night"]
    assert found.sentence.startswith("No good night since Mon 23 Nov, 7 am (26 h): ")


def test_a_night_that_never_was_is_told(tmp_path: Path, clock: Watch) -> None:
    with opened(tmp_path, clock) as work:
        assert keys(work) == ["night"]


def test_an_abandoned_night_is_no_good_night(tmp_path: Path, clock: Watch) -> None:
    with opened(tmp_path, clock) as work:
        with claim(work.store, "nightly_audit", "2026-11-25", clock=clock) as mine:
            mine.abandon()
        assert keys(work) == ["night"]


def test_a_packet_due_and_not_made_is_told_after_three_hours(work: Workplace, clock: Watch) -> None:
    clock.now = DUE + timedelta(hours=3) - timedelta(seconds=1)
    assert alarms(work) == []
    clock.now = DUE + timedelta(hours=3)
    (found,) = alarms(work)
    assert found.key == "packet/monthly/2026-12-03T22:00Z"
    assert "was due Mon 23 Nov, 6 am and was not made" in found.sentence


def test_a_packet_that_left_is_fine(work: Workplace, clock: Watch, post: FileDrop) -> None:
    brief_all(work, post)
    clock.now = DUE + timedelta(hours=3)
    assert alarms(work) == []


def test_a_packet_sent_in_rehearsal_only_is_missed_after_go_live(work: Workplace, clock: Watch, post: FileDrop) -> None:
    brief_all(work, post)
    go_live(work.state, clock.now)
    clock.now = DUE + timedelta(hours=3)
    (found,) = alarms(work)
    assert "has not left for 3 of 3 readers" in found.sentence


def test_letters_that_wait_or_were_refused_are_counted(work: Workplace, clock: Watch, post: FileDrop) -> None:
    brief_all(work, post)
    finals = [row for row in rows(work.store) if row.stage == "final"]
    with work.store.begin() as connection:
        for row, state in zip(finals, ("prepared", "refused", "sent"), strict=True):
            connection.exec_driver_sql("UPDATE outbox SET state = ? WHERE id = ?", (state, row.id))
    clock.now = DUE + timedelta(hours=3)
    (found,) = alarms(work)
    assert "has not left for 1 of 3 readers and was not taken for 1 of 3 readers" in found.sentence


def test_a_held_packet_is_told_only_the_day_before(work: Workplace, clock: Watch) -> None:
    freeze(work, meeting_on(work, "2026-12-03"), None, "draft", as_of=DUE - timedelta(days=1), known_at=clock.now)
    review(work, ReviewWord(team="leadership", word="hold"))
    clock.now = DUE + timedelta(hours=3)
    assert alarms(work) == []
    clock.now = datetime(2026, 12, 3, 2, tzinfo=UTC)
    told = [alarm.sentence for alarm in alarms(work) if alarm.key.startswith("packet")]
    assert len(told) == 1
    assert told[0].endswith("was due Mon 23 Nov, 6 am and waits for an approval: see `firstbell review`.")


def test_messages_of_unknown_outcome_are_told(work: Workplace) -> None:
    left_behind(work.store, MessageState.UNKNOWN)
    (found,) = alarms(work)
    assert found == Alarm(
        "unknown", "1 message may or may not have arrived: ask, then settle with `firstbell outbox settle`."
    )


def test_what_a_dead_sender_left_half_way_is_unknown(work: Workplace) -> None:
    left_behind(work.store, None)
    assert keys(work) == ["unknown"]


def left_behind(store: Store, state: MessageState | None) -> None:
    """A message whose sender is gone: settled, or left while attempting."""
    now = DUE
    new = NewMessage(
        message_key="packet/leadership/x/final/1/leadership/ada/0",
        kind="packet",
        team_key="leadership",
        meeting_key="x",
        stage="final",
        revision=1,
        edition="leadership",
        person_key="ada",
        address="ada@example.org",
        address_expires_on=now.date() + timedelta(days=120),
        message_id="<1@example.org>",
        message=b"Subject: packet\r\n\r\n",
    )
    with store.begin() as connection:
        row = prepare(connection, new, now)
        assert mark_attempting(connection, row.id, "somebody gone", now)
        if state is not None:
            assert settle(connection, row.id, "somebody gone", state, now)


def test_the_installer_gets_one_mail_a_day_for_each_alarm(work: Workplace, clock: Watch, post: FileDrop) -> None:
    left_behind(work.store, MessageState.UNKNOWN)
    clock.now = DUE + timedelta(hours=4)
    assert tell(work, post, alarms(work)) == 2
    clock.now += timedelta(hours=2)
    assert tell(work, post, alarms(work)) == 0
    clock.now += timedelta(hours=18)
    assert tell(work, post, alarms(work)) == 2
    found = mails(post)
    assert len(found) == 4
    assert {mail["To"].addresses[0].addr_spec for mail in found} == {"ada@example.org"}
    assert "Firstbell: 1 message may or may not have arrived" in {mail["Subject"] for mail in found}
    plain = found[0].get_body(("plain",))
    assert plain is not None
    assert "firstbell watchdog" in plain.get_content()


def test_a_mail_that_could_not_leave_leaves_later_the_same_day(
    work: Workplace, clock: Watch, tmp_path: Path, post: FileDrop
) -> None:
    (tmp_path / "file").write_text("")
    found = [Alarm("night", "No good night.")]
    with pytest.raises(DeliveryError):
        tell(work, FileDrop(tmp_path / "file" / "post"), found)
    clock.now += timedelta(hours=1)
    assert tell(work, post, found) == 1


def test_a_missing_database_is_an_alarm_and_is_mailed_once_a_day(
    work: Workplace, tmp_path: Path, clock: Watch, post: FileDrop
) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'gone.db'}")
    lost = replace(work, store=store)
    (found,) = alarms(lost)
    assert found.key == "database"
    assert found.sentence.startswith("There is no database at")
    assert not (tmp_path / "gone.db").exists()
    assert [tell(lost, post, [found]) for _ in range(2)] == [1, 0]
    clock.now += timedelta(days=1)
    assert tell(lost, post, [found]) == 1
    assert len(mails(post)) == 2
    store.close()


def test_a_calendar_that_cannot_be_read_is_an_alarm(work: Workplace) -> None:
    def unreachable(place: str) -> bytes:
        raise FirstbellError("The calendar address of a meeting series cannot be reached, and no copy is kept.")

    (series,) = work.district.series
    elsewhere = series.model_copy(update={"recurrence": None, "ics": "https://calendar.example.org/team.ics"})
    district = replace(work.district, series=(elsewhere,))
    (found,) = alarms(replace(work, district=district, read_calendar=unreachable))
    assert found.key == "calendar/leadership"
    assert "cannot be reached" in found.sentence


def test_a_series_without_a_meeting_ahead_is_an_alarm(work: Workplace) -> None:
    renamed = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nEND:VCALENDAR\r\n"
    (series,) = work.district.series
    shared = series.model_copy(update={"key": "shared", "recurrence": None, "ics": "team.ics"})
    past = series.model_copy(update={"key": "past", "recurrence": None, "dates": (datetime(2026, 11, 5, 16),)})  # noqa: DTZ001
    district = replace(work.district, series=(series, shared, past))
    found = alarms(replace(work, district=district, read_calendar=lambda _: renamed))
    assert [one.key for one in found] == ["meetings/leadership/shared", "meetings/leadership/past"]
    assert "the calendar gives none with that title" in found[0].sentence
    assert "its dates are over" in found[1].sentence


def test_a_damaged_database_is_an_alarm(work: Workplace, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"not a database " * 400)
    store = open_store(f"sqlite:///{tmp_path / 'broken.db'}")
    (found,) = alarms(replace(work, store=store))
    assert found.key == "database"
    assert "is damaged" in found.sentence
    store.close()
