"""What people brought up between meetings stands in the next packet: accepted, by roles, with what was done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.config.loaded import District
from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.compose import compose
from firstbell.packet.model import Packet
from firstbell.records import AgendaItem
from tests.unit.packet_material import FOLDER, district, material

DECEMBER = "monthly/2026-12-03T21:30Z"
NOVEMBER = "monthly/2026-11-05T21:30Z"
OCTOBER = "monthly/2026-10-01T20:30Z"
JANUARY = "monthly/2027-01-07T21:30Z"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("district"))


def item(number: int, kind: str, state: str, **fields: object) -> AgendaItem:
    plain = {
        "team_key": "tech",
        "item_key": f"I-{number}",
        "text": f"Text {number}.",
        "by_role": "parent_representative",
    }
    return AgendaItem(**{**plain, "kind": kind, "state": state, **fields})  # type: ignore[arg-type]


def printed(packet: Packet, number: int) -> str:
    section = next(one for one in packet.sections if one.number == number)
    return " ".join(line.text for line in section.sentences)


def test_ideas_and_items_open_agenda_item_5_in_every_team_edition(folder: District) -> None:
    items = (
        item(1, "idea", "accepted", meeting_key=DECEMBER),
        item(2, "item", "accepted", meeting_key=DECEMBER),
        item(3, "idea", "proposed"),
        item(4, "idea", "declined", answer="No.", closed_on=date(2026, 11, 20)),
        item(5, "idea", "accepted", meeting_key=JANUARY),
        item(6, "idea", "accepted", meeting_key=OCTOBER),
        item(7, "item", "accepted", meeting_key="monthly/2026-11-19T21:30Z"),
    )
    packet = compose(material(folder, items=items, stage="final"))
    said = printed(packet, 5)
    assert "Idea of Parent Representative: Text 1." in said
    assert "Put on the agenda by Parent Representative: Text 2." in said
    assert "Text 7." in said
    assert all(f"Text {number}." not in said for number in (3, 4, 5, 6))
    for edition in EDITIONS:
        assert ("Text 1." in printed(cut(packet, edition), 5)) is (edition != "public")


def test_questions_wait_until_they_are_answered_and_are_answered_once(folder: District) -> None:
    items = (
        item(1, "question", "accepted", meeting_key=DECEMBER),
        item(2, "question", "accepted", meeting_key=OCTOBER),
        item(3, "question", "answered", answer="Yes.", closed_on=date(2026, 11, 20)),
        item(4, "question", "answered", answer="Old.", closed_on=date(2026, 10, 20)),
        item(5, "question", "accepted", meeting_key=JANUARY),
    )
    packet = compose(material(folder, items=items, stage="final"))
    said = printed(packet, 4)
    assert "Asked by Parent Representative, not answered yet: Text 1." in said
    assert "Text 2." in said
    assert "Parent Representative asked: “Text 3.” Answer: Yes." in said
    assert "Text 4." not in said
    assert "Text 5." not in said
    assert "Text" not in printed(packet, 5)


def test_an_answer_given_between_a_packet_and_its_meeting_is_printed_once(folder: District) -> None:
    sent_on = datetime(2026, 11, 2, 12, tzinfo=UTC)
    before = item(1, "question", "answered", answer="In time.", closed_on=date(2026, 11, 2))
    later = item(2, "question", "answered", answer="The same day, later.", closed_on=date(2026, 11, 2))
    between = item(3, "question", "answered", answer="Before the meeting.", closed_on=date(2026, 11, 4))
    last = compose(material(folder, items=(replace(before, closed_on=date(2026, 11, 20)),), stage="final"))
    assert "In time." in printed(last, 4)
    last = last.model_copy(update={"as_of": sent_on})
    said = printed(compose(material(folder, items=(before, later, between), stage="final", printed=last)), 4)
    assert "In time." not in said
    assert "The same day, later." in said
    assert "Before the meeting." in said


def test_a_section_with_items_alone_is_not_quiet(folder: District) -> None:
    packet = compose(
        material(folder, {}, items=(item(1, "question", "accepted", meeting_key=DECEMBER),), stage="final")
    )
    assert next(one for one in packet.sections if one.number == 4).quiet == ""


def test_only_the_draft_asks_about_proposals_and_counts_mails_put_aside(folder: District) -> None:
    items = (item(3, "idea", "proposed"), item(8, "question", "proposed"))
    draft = compose(material(folder, items=items, mails_aside=2, stage="draft"))
    said = printed(draft, 5)
    assert "2 agenda items wait for the Team Leader. Say “accept I-3”" in said
    assert "Proposed as I-8 by Parent Representative: Text 8." in said
    assert "2 mails were put aside" in said
    assert "Text" not in printed(cut(draft, "representative"), 5)
    final = compose(material(folder, items=items, mails_aside=2, stage="final"))
    assert "Text" not in printed(final, 5) + printed(final, 4)
    assert "put aside" not in printed(final, 5)


def test_no_name_stands_in_what_was_brought_up(folder: District) -> None:
    items = (item(1, "idea", "accepted", meeting_key=DECEMBER),)
    text = cut(compose(material(folder, items=items, stage="final")), "representative").model_dump_json()
    assert "Pam Diaz" not in text
    assert "Parent Representative" in text


def test_the_store_gives_items_and_mails_to_the_packet(tmp_path: Path) -> None:
    from firstbell.briefing.gather import gather
    from firstbell.intake.replies import take
    from tests.unit.answers import answer_to, answering, letter_to
    from tests.unit.team_workplace import Watch, meeting_on, opened, tell

    with opened(tmp_path, Watch()) as plain:
        work = answering(plain, "never")
        tell(
            work,
            *(
                AgendaItem(team_key=team, item_key="I-1", kind="idea", text=team, state="proposed")
                for team in ("leadership", "oak_team")
            ),
        )
        take(work, answer_to(letter_to(work, "bo"), "bo@example.org", "Hello").as_bytes())
        take(work, answer_to(None, "x@example.org", "Hello").as_bytes())
        meeting, now = meeting_on(work, "2026-12-03"), work.clock()
        found = gather(
            work, meeting, meeting_on(work, "2026-11-05"), stage="draft", revision=1, as_of=now, known_at=now
        )
    assert [one.text for one in found.items] == ["leadership"]
    assert found.mails_aside == 2


def test_how_to_bring_something_up_is_said_where_answers_are_read(folder: District, tmp_path: Path) -> None:
    inbox = "{address: a@cedar.example, host: localhost, username: a, password: env:INBOX}"
    mail = FOLDER["district.yaml"].replace(
        "{sender: packets@cedar.example}", f"{{sender: p@cedar.example, inbox: {inbox}}}"
    )
    reading = district(tmp_path, district=mail)
    items = (item(1, "idea", "accepted", meeting_key=DECEMBER),)
    asked = [
        " ".join(line.text for line in compose(material(place, items=items)).sections[4].questions)
        for place in (folder, reading)
    ]
    assert ["bring something up" in text for text in asked] == [False, True]


def test_something_is_brought_up_by_the_day_of_the_draft_that_is_still_ahead(tmp_path: Path) -> None:
    from firstbell.briefing.gather import gather
    from tests.unit.team_workplace import Watch, meeting_on, opened

    with opened(tmp_path, Watch(datetime(2026, 11, 6, 15, tzinfo=UTC))) as work:
        meeting, previous = meeting_on(work, "2026-12-03"), meeting_on(work, "2026-11-05")
        here, following = meeting.draft_at, meeting_on(work, "2027-01-07").draft_at
        assert here is not None
        assert following is not None
        for now, due in ((here - timedelta(hours=1), here), (here, following), (meeting.send_at, following)):
            found = gather(work, meeting, previous, stage="draft", revision=1, as_of=now, known_at=now)
            what = "Add an agenda item" if due == here else "Add an item to the meeting after this one"
            assert compose(found).closing == f"{what}: reply by {found.wording.day(due)}."
