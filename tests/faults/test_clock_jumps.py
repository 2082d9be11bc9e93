"""A clock that goes back an hour: no version overlaps another, nothing is lost, and nobody gets a mail twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.delivery.dispatch import OVERTAKEN
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import DeliveryError
from firstbell.records import Ticket
from firstbell.store.models import MessageState
from firstbell.store.outbox import messages
from firstbell.store.queries import facts_as_known
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tests.faults.campaign import Ground
from tests.faults.cedar import write_exports
from tests.faults.content import broken_rules
from tests.faults.jobs import DRAFT, NIGHT, SEND, night, set_watch
from tests.faults.world import World

HOUR = timedelta(hours=1)


@pytest.fixture
def ground(world: World, tmp_path: Path) -> Ground:
    return Ground.prepared("draft", tmp_path, world, tag=f"-clock{tmp_path.name}")


@pytest.fixture
def work(ground: Ground) -> Iterator[Workplace]:
    with workplace_at(ground.district, ground.folder / "pattern") as opened:
        yield opened


class Backwards:
    """A clock that goes back an hour in the middle of a run, at its n-th reading."""

    def __init__(self, start: datetime, readings: int) -> None:
        self.start = start
        self.readings = readings

    def __call__(self) -> datetime:
        self.readings -= 1
        return self.start if self.readings > 0 else self.start - HOUR


def send(work: Workplace, transport: SmtpTransport) -> int:
    """What one run at the time of `work` sends."""
    return sum(one.dispatched.sent for one in brief(work, transport, BriefingWish(team_key="tech", as_of=work.clock())))


def test_a_night_an_hour_before_the_last_one_keeps_versions_apart(ground: Ground, work: Workplace) -> None:
    transport = ground.transport("night")
    write_exports(ground.district, NIGHT - timedelta(days=1))
    night(work, transport, -HOUR)
    assert broken_rules(work.store) == []
    write_exports(ground.district, NIGHT - HOUR)
    night(work, transport, -2 * HOUR)
    night(work, transport, HOUR)
    assert broken_rules(work.store) == []
    with work.store.read() as connection:
        known = facts_as_known(connection, Ticket, known_at=NIGHT + HOUR)
    assert len({ticket.ticket_key for _, ticket in known}) == len(known) == 70


def test_mail_prepared_at_six_and_sent_at_five_leaves_once(ground: Ground, work: Workplace) -> None:
    broken = SmtpTransport(host="localhost", port=9, security="none", sender="nobody@cedar.example")
    with pytest.raises(DeliveryError):
        send(set_watch(work, SEND), broken)
    transport = ground.transport("sent")
    sent = [send(set_watch(work, SEND, later), transport) for later in (-HOUR, HOUR, -HOUR, 2 * HOUR)]
    mails = ground.world.mails_from(ground.sender("sent"))
    assert {address.partition("@")[0] for address, _ in mails} == {"ruth", "theo", "ines", "pam"}
    assert sum(sent) == mails.total() == len(mails)
    assert broken_rules(work.store) == []


@pytest.mark.parametrize("readings", [2, 4, 6, 9])
def test_a_clock_that_jumps_in_the_middle_of_a_run_mails_nobody_twice(
    readings: int, ground: Ground, work: Workplace
) -> None:
    transport = ground.transport("jump")
    jumping = replace(work, clock=Backwards(SEND, readings))
    send(jumping, transport)
    for later in (-HOUR, HOUR):
        send(set_watch(work, SEND, later), transport)
    mails = ground.world.mails_from(ground.sender("jump"))
    assert len({address for address, _ in mails}) == 4
    assert set(mails.values()) == {1}
    assert broken_rules(work.store) == []


def test_a_draft_that_waits_does_not_leave_after_its_packet_when_the_clock_goes_back(
    ground: Ground, work: Workplace
) -> None:
    broken = SmtpTransport(host="localhost", port=9, security="none", sender="nobody@cedar.example")
    with pytest.raises(DeliveryError):
        send(set_watch(work, DRAFT), broken)
    transport = ground.transport("late")
    send(set_watch(work, SEND), transport)
    for later in (DRAFT - SEND, HOUR, DRAFT - SEND + HOUR):
        assert send(set_watch(work, SEND, later), transport) == 0
    mails = ground.world.mails_from(ground.sender("late"))
    assert sorted(address.partition("@")[0] for address, _ in mails) == ["ines", "pam", "ruth", "theo"]
    with work.store.read() as connection:
        (draft,) = [row for row in messages(connection) if row.stage == "draft"]
    assert (draft.state, draft.server_reply) == (MessageState.FAILED, OVERTAKEN)
