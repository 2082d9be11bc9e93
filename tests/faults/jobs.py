"""The jobs that are killed: a night, minutes, mails between meetings, and a briefing from its draft to its packet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

from firstbell.between.cycle import KINDS, post
from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.config.rehearsal import go_live
from firstbell.config.seal import seal_of
from firstbell.delivery.smtp import SmtpTransport
from firstbell.errors import FirstbellError
from firstbell.minutes.model import ActionWord, DecisionWord, Minutes, NewAction, NewDecision
from firstbell.minutes.record import record_minutes
from firstbell.records import TEAM_SOURCE, TeamAction, TeamDecision
from firstbell.store.save import save_facts
from firstbell.workplace import Workplace
from tasks.assess import assess_at, keep_plan
from tasks.collect import read_source
from tasks.poll import look_round
from tests.faults.cedar import local, write_exports

FIRST_NIGHT, NIGHT = local(11, 22, 3), local(11, 23, 3)
DRAFT, SEND = local(11, 23, 6), local(11, 24, 6)
HELD = local(11, 6, 9)
"""The morning after the meeting of 5 November."""

MONDAY = local(11, 9, 6, 30)
"""A morning on which minutes, reminders, lost promises and troubles are told."""

Job = Callable[[Workplace, SmtpTransport, timedelta], None]


class Watch:
    """A clock that its holder sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def set_watch(work: Workplace, now: datetime, later: timedelta = timedelta()) -> Workplace:
    """The installation at another time."""
    return replace(work, clock=Watch(now + later))


def night(work: Workplace, _transport: SmtpTransport, later: timedelta = timedelta()) -> None:
    """What the night flow does, source by source. Raises FirstbellError with the sentence of a source not read."""
    work = set_watch(work, NIGHT, later)
    keep_plan(work)
    for source in work.district.sources:
        told = read_source(work, source.key)
        if not told.complete:
            raise FirstbellError(told.problem)
    look_round(work)
    assess_at(work, NIGHT)


def minutes(work: Workplace, _transport: SmtpTransport, later: timedelta = timedelta()) -> None:
    """Minutes, then a corrected copy that says another word on everything."""
    record_minutes(set_watch(work, HELD, later), _minutes())
    record_minutes(set_watch(work, HELD, later + timedelta(minutes=5)), _corrected())


def between(work: Workplace, transport: SmtpTransport, later: timedelta = timedelta()) -> None:
    """What the flow between meetings does, kind by kind."""
    for kind in KINDS:
        post(set_watch(work, MONDAY, later), transport, kind)


def draft(work: Workplace, transport: SmtpTransport, later: timedelta = timedelta()) -> None:
    """The draft, frozen and sent to the leader."""
    brief(set_watch(work, DRAFT, later), transport, BriefingWish(team_key="tech", as_of=DRAFT))


def final(work: Workplace, transport: SmtpTransport, later: timedelta = timedelta()) -> None:
    """The packet, frozen and sent to all."""
    brief(set_watch(work, SEND, later), transport, BriefingWish(team_key="tech", as_of=SEND))


def prepare(job: str, work: Workplace, transport: SmtpTransport) -> None:
    """Bring a new installation to where a job begins."""
    go_live(work.state, FIRST_NIGHT)
    seal_of(work.state)  # made before any letter, so that every try gives its letters the same Message-IDs
    with work.store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [*_decisions(), *_actions()], local(11, 1))
    if job == "between":
        with work.store.begin() as connection:
            save_facts(connection, TEAM_SOURCE, _due(), local(11, 2))
    if job in ("minutes", "between"):
        return
    night(work, transport, FIRST_NIGHT - NIGHT)
    write_exports(work.district.folder, NIGHT - timedelta(hours=1))
    for before in {"draft": [night], "final": [night, draft]}.get(job, []):
        before(work, transport)


def _decisions() -> list[TeamDecision]:
    plain = TeamDecision(
        team_key="tech",
        decision_key="contract",
        meeting_key="monthly/2026-11-05T21:30Z",
        title="Renew the filter's contract",
        state="confirmed",
        confirmed_by="team_leader",
    )
    return [plain, replace(plain, decision_key="phones", title="New desk phones")]


def _actions() -> list[TeamAction]:
    plain = TeamAction(
        team_key="tech",
        action_key="A-1",
        meeting_key="monthly/2026-10-01T20:30Z",
        title="Count the spare laptops",
        state="open",
        owner_role="it_lead",
        opened_on=date(2026, 10, 1),
        due_on=date(2026, 11, 1),
        first_due_on=date(2026, 11, 1),
    )
    moved = replace(plain, action_key="A-2", title="Write the recovery plan", times_moved=3, due_on=date(2026, 11, 20))
    return [plain, moved, replace(plain, action_key="A-3", title="Ask families about devices at home")]


def _due() -> list[TeamAction]:
    """Two promises for Thursday by one person, one by another, and one by somebody who has left."""
    plain = replace(_actions()[0], due_on=date(2026, 11, 12), first_due_on=date(2026, 11, 12))
    return [
        replace(plain, action_key="A-11"),
        replace(plain, action_key="A-12", person_key="ines"),
        replace(plain, action_key="A-13", person_key="pam"),
        replace(plain, action_key="A-14", person_key="zoe"),
    ]


def _minutes() -> Minutes:
    return Minutes(
        team="tech",
        meeting="2026-11-05",
        attended=("ruth", "theo", "ines"),
        absent=("pam",),
        visited=("gradebook",),
        decisions=(DecisionWord(decision="contract", outcome="Yes."), DecisionWord(decision="phones", word="dropped")),
        new_decisions=(NewDecision(title="Close the old lab", outcome="In June."),),
        actions=(ActionWord(action="A-1"), ActionWord(action="A-2", word="moved", due="2026-12-20", why="Parts late.")),
        new_actions=(
            NewAction(title="Ask three vendors for quotes", owner="it_lead", due="2026-12-01"),
            NewAction(title="Tell the families", owner="team_leader"),
        ),
        ideas=("Solar panels for the switches",),
    )


def _corrected() -> Minutes:
    said = _minutes()
    return said.model_copy(
        update={
            "absent": (),
            "decisions": (
                DecisionWord(decision="contract", outcome="Yes, for one year."),
                DecisionWord(decision="phones", word="postponed"),
            ),
            "new_actions": (
                NewAction(title="Ask four vendors for quotes", owner="it_lead", due="2026-12-01"),
                NewAction(title="Order the switches", owner="it_lead"),
            ),
            "note": "Corrected.",
        }
    )


JOBS: dict[str, Job] = {"night": night, "minutes": minutes, "between": between, "draft": draft, "final": final}
