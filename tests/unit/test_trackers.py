"""Trackers' milestones and action items beside the folder's plan and the team's minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.metrics.facts import Facts, SourceFacts
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.page_one import page_one
from firstbell.packet.summary import action_line
from firstbell.packet.text import mail_text
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.records import ActionItemSeen, MilestoneSeen, TeamAction
from firstbell.trackers import goals_with_told, told_actions
from tests.unit.packet_material import AS_OF, SINCE, district, facts_of_records, local, material

LATE = MilestoneSeen(
    milestone_key="gradebook-2", initiative_key="gradebook", title="All schools", due_on=date(2027, 1, 15)
)
EARLY = replace(LATE, milestone_key="gradebook-1", title="Pilot", due_on=date(2026, 10, 1), scope="school:oak")
ITEM = ActionItemSeen(
    action_key="#7",
    title="Try the spare line",
    owner="it_lead",
    state="open",
    due_on=date(2026, 12, 1),
    opened_on=date(2026, 10, 6),
)


@pytest.fixture
def folder(tmp_path: Path) -> District:
    return district(tmp_path / "district")


def own(folder: District) -> Facts:
    """The folder's plan and nothing that any source told."""
    return facts_of_records(folder, {}, window=Window(SINCE, AS_OF), as_of=AS_OF)


def known(folder: District, at: datetime = AS_OF, item: ActionItemSeen = ITEM) -> Facts:
    """What is known when a tracker was last heard at a moment."""
    facts = own(folder)
    tracker = SourceFacts(
        source_key="tracker",
        feeds=frozenset({MilestoneSeen, ActionItemSeen}),
        known_until=at,
        stale_after=timedelta(hours=26),
        records=(LATE, EARLY, replace(LATE, milestone_key="x", initiative_key="elsewhere"), item),
    )
    return replace(facts, sources=(*facts.sources, tracker))


def milestones(folder: District, facts: Facts) -> dict[str, list[str]]:
    return {
        initiative.key: [one.title for one in initiative.milestones]
        for goal in goals_with_told(folder.plan.goals, facts)
        for objective in goal.objectives
        for initiative in objective.initiatives
    }


def test_a_trackers_milestones_follow_the_folders_own(folder: District) -> None:
    before = milestones(folder, own(folder))
    after = milestones(folder, known(folder))
    assert after["gradebook"] == [*before["gradebook"], "Pilot", "All schools"]
    assert {key: titles for key, titles in after.items() if key != "gradebook"} == {
        key: titles for key, titles in before.items() if key != "gradebook"
    }


def test_a_tracker_that_fell_silent_tells_nothing(folder: District) -> None:
    silent = known(folder, AS_OF - timedelta(days=3))
    assert milestones(folder, silent) == milestones(folder, own(folder))
    assert told_actions(folder, "tech", silent) == ()


def test_an_owner_is_a_role_or_a_person_with_the_role_of_their_seat(folder: District) -> None:
    (mine,) = told_actions(folder, "tech", known(folder))
    assert (mine.action_key, mine.owner_role, mine.person_key) == ("#7", "it_lead", "")
    assert mine.promised_on == date(2026, 12, 1)
    (theirs,) = told_actions(folder, "tech", known(folder, item=replace(ITEM, owner="theo")))
    assert (theirs.owner_role, theirs.person_key) == ("team_leader", "theo")
    assert action_line(material(folder), theirs).owner == "Team Leader"


@pytest.mark.parametrize("owner", ["", "Theo Lund", "it_leed"])
def test_an_owner_who_is_nobody_of_the_folder_is_not_printed(folder: District, owner: str) -> None:
    (nobodys,) = told_actions(folder, "tech", known(folder, item=replace(ITEM, owner=owner)))
    assert (nobodys.owner_role, nobodys.person_key) == ("", "")
    assert action_line(material(folder), nobodys).owner == "no owner"


def test_a_school_team_has_only_its_own(folder: District) -> None:
    school = folder.team("tech").model_copy(update={"level": "school", "school": "oak"})
    assert told_actions(replace(folder, teams=(school,)), "tech", known(folder)) == ()


NEVER = "Not known: tracker was never read."


def printed(
    folder: District, last: datetime | None, actions: tuple[TeamAction, ...] = (), level: str = "district", **words: str
) -> tuple[str, str]:
    """What agenda item 1 and page one say where the only tracker was last read at a moment."""
    known = material(folder, actions=actions)
    tracker = SourceFacts(
        source_key="tracker", feeds=frozenset({ActionItemSeen}), known_until=last, stale_after=timedelta(hours=26)
    )
    known = replace(
        known,
        facts=replace(known.facts, sources=(*known.facts.sources, tracker)),
        team=known.team.model_copy(update={"level": level}),
        wording=Wording(folder.zone, **words),
    )
    packet = compose(known)
    agenda = packet.sections[0]
    said = " ".join((agenda.quiet, *(line.text for line in agenda.sentences)))
    one = page_one(cut(packet, "leadership"), "leadership", None)
    pages = dict.fromkeys(("decide", "changed", "overdue", "unknowns", "corrections"), 7)
    return said, " ".join(mail_text(one, Words(packet.heading.language), pages).split())


def test_an_unread_tracker_leaves_it_open_whether_an_action_is_open(folder: District) -> None:
    said, page = printed(folder, None)
    assert said.strip() == NEVER
    assert NEVER in page
    assert "Nothing is overdue." not in page


def test_a_silent_tracker_is_told_beside_a_list_that_is_there(folder: District) -> None:
    mine = TeamAction(
        team_key="tech", action_key="A-1", meeting_key="", title="Own", state="open", due_on=date(2026, 11, 20)
    )
    said, page = printed(folder, local(11, 20, 18), (mine,))
    silent = "Not known: tracker is silent since Fri 20 Nov, 6 pm."
    assert silent in said
    assert silent in page
    assert page.index(silent) < page.index("A-1")


def test_a_heard_tracker_and_a_school_team_lack_nothing(folder: District) -> None:
    for said, page in (printed(folder, AS_OF), printed(folder, None, level="school")):
        assert said == "No action items are open."
        assert "Nothing is overdue." in page


def test_an_unread_tracker_is_told_in_spanish(folder: District) -> None:
    said, page = printed(folder, None, language="es")
    assert said.strip() == "No se sabe: tracker nunca se ha leído."
    assert "Nada está atrasado." not in page
