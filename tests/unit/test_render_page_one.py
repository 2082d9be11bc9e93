"""Page one: what stands there at any amount of trouble, and how its text is set."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstbell.kpi import Light
from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.glyphs import MARK, Glyphs, clean, held, loosened
from firstbell.packet.mail import mail_html
from firstbell.packet.model import Change, Cover, IncidentLine, LightLine, LightStatement, Packet, Trend
from firstbell.packet.page_one import page_one
from firstbell.packet.page_parts import PageOne
from firstbell.packet.text import WIDTH, columns, hang, mail_text
from firstbell.packet.words import Words
from tests.unit.packet_samples import COVER, sample

PAGES = {"decide": 7, "changed": 7, "overdue": 7, "unknowns": 7, "corrections": 7}
WORDS = Words("en")


def page(trouble: int, edition: str = "leadership", cover: Cover | None = None) -> PageOne:
    return page_one(cut(sample(trouble), edition), edition, cover)


def text(trouble: int, edition: str = "leadership", cover: Cover | None = None) -> str:
    return mail_text(page(trouble, edition, cover), WORDS, PAGES)


def changed(packet: Packet, **fields: object) -> Packet:
    return packet.model_copy(update=fields)


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_no_line_of_the_text_is_wider_than_72_columns(edition: str, trouble: int) -> None:
    lines = text(trouble, edition, COVER).splitlines()
    assert max(columns(line) for line in lines) <= WIDTH
    assert lines == [line.rstrip() for line in lines]


def test_the_text_is_set_like_the_model() -> None:
    set_text = text(5)
    assert "CEDAR VALLEY SCHOOLS (SAMPLE DATA)    Leadership edition, do not forward" in set_text
    assert "\n1 Content filter contract ends 31 Jan.\n  a) 1 year $24,800  b) 3 years $66,900\n  IT Lead" in set_text
    assert "\n- Worse  Sign-in was down" in set_text
    assert "\n+ Better Staff with two-step sign-in: 449 of 468 (412 on 5 Nov).\n" in set_text
    assert "\n[X] MISSED     Services\n    - worse   54 min lost in class hours; limit 30\n" in set_text
    assert "\nA-11 Coordinator: ET leader for Oak Elem. 18 days; now Fri 4 Dec\n" in set_text


def test_blocks_stand_in_the_order_of_the_model() -> None:
    titles = ("DECIDE", "CHANGED", "FIVE LIGHTS", "OVERDUE", "WHAT WE DO NOT KNOW", "Corrected:", "Add an agenda")
    places = [text(5).index(title) for title in titles]
    assert places == sorted(places)


def test_the_subject_counts_decisions_and_missed_targets() -> None:
    assert page(5).subject == "Tech team, Thu 3 Dec, 3:30 pm: 3 decisions, 2 targets missed"
    assert page(0).subject == "Tech team, Thu 3 Dec, 3:30 pm: nothing to decide, 2 targets missed"


def test_an_empty_block_is_one_line() -> None:
    quiet = text(0)
    assert "Nothing to decide; consider cancelling the meeting." in quiet
    assert "No change to report." in quiet
    assert "Nothing is overdue." in quiet


def test_who_knows_nothing_does_not_advise_to_cancel_the_meeting() -> None:
    blind = changed(sample(0), lights=(LightLine(area="Services", light=Light.NOT_KNOWN),))
    told = mail_text(page_one(blind, "leadership"), WORDS, PAGES)
    assert "Nothing to decide is known yet; too little has been read." in told
    assert "cancelling" not in told


def test_what_was_left_out_is_counted_with_its_page() -> None:
    full = page(200)
    assert full.decide is not None
    assert full.changed is not None
    assert len(full.decide.entries) + full.decide.left_out == 20
    assert len(full.changed.entries) + full.changed.left_out == 200
    assert f"{full.changed.left_out} smaller changes: page 7" in text(200)


def test_the_heaviest_changes_stand_and_the_worse_ones_first() -> None:
    full = page(200)
    assert full.changed is not None
    trends = [entry.trend for entry in full.changed.entries]
    assert trends == sorted(trends, key=["worse", "better"].index)


def test_what_did_not_fit_stands_in_the_order_of_page_one() -> None:
    trends = (Trend.BETTER, Trend.UNKNOWN, Trend.WORSE, Trend.NEW, Trend.SAME)
    told = tuple(Change(trend=trends[at % 5], text=f"Change {at}. " * 5, weight=40 - at) for at in range(40))
    (rest,) = [one for one in page_one(changed(sample(5), changes=told), "leadership").rest if one.key == "changed"]
    order = [entry.trend for entry in rest.entries]
    assert len(set(order)) == 5
    assert order == sorted(order, key=["worse", "unknown", "new", "same", "better"].index)


def test_blocks_that_an_edition_may_not_see_are_absent_and_not_empty() -> None:
    public = page(5, "public")
    assert public.changed is None
    assert public.overdue is None
    assert public.unknowns is None
    assert "Nothing is overdue" not in text(5, "public")


def test_a_light_that_was_cut_has_no_verdict() -> None:
    rows = {row.area: row for row in page(5, "representative").lights}
    assert rows["Security"].light is None
    assert "checked every night" in rows["Security"].neutral
    assert rows["Feedback"].light is Light.NOT_KNOWN
    assert {row.light for row in page(5, "public").lights} == {None}


def test_item_numbers_are_the_same_in_all_editions_that_tell_items() -> None:
    numbers = []
    for edition in ("leadership", "technical", "representative"):
        block = page(5, edition).decide
        assert block is not None
        numbers.append([entry.mark for entry in block.entries])
    assert numbers == [["1", "2", "3"]] * 3
    assert "DECIDE\n3 decisions stand on this agenda.\n" in text(5, "public")


def test_only_the_covers_reader_sees_its_lines() -> None:
    assert page(5).cover == ()
    own = [loosened(line) for line in page(5, cover=COVER).cover]
    assert own[0] == "For you, Superintendent: You decide 1 and 2. One action of yours is overdue."
    assert own[1].startswith("A-09 sign math app data agreement. 11 days")


def test_what_a_cover_has_no_room_for_is_counted_with_its_page() -> None:
    busy = COVER.model_copy(update={"actions": COVER.actions * 9})
    one = page(5, cover=busy)
    assert len(one.cover) - 1 + one.cover_left_out == 9
    assert one.cover_left_out > 0
    said = mail_text(one, WORDS, {**PAGES, "section-1": 2})
    assert f"\n- {one.cover_left_out} more actions of yours: page 2\n" in said
    assert "more action" not in text(5, cover=COVER)


def test_a_cover_that_shows_none_of_the_own_actions_does_not_say_more() -> None:
    told = IncidentLine(text="Staff account used from abroad after a forged mail, contained on Mon 2 Nov.")
    one = page(5, cover=COVER.model_copy(update={"incidents": (told, told)}))
    assert one.cover_left_out == 1
    for language, said in (("en", "1 action of yours: page 2"), ("es", "1 tarea suya: página 2")):
        words = Words(language)
        assert f"\n- {said}\n" in mail_text(one, words, {"section-1": 2})
        assert f">{said}</p>" in mail_html(one, words, {"section-1": 2})


def test_a_first_packet_has_no_meeting_that_anything_changed_since() -> None:
    heading = sample(5).heading.model_copy(update={"compared_with": ""})
    first = mail_text(page_one(changed(sample(5), heading=heading), "leadership"), WORDS, {})
    assert "WHAT STANDS OUT\n" in first
    assert "CHANGED SINCE" not in first


def test_an_incident_is_never_left_off_the_cover_that_alone_may_tell_it() -> None:
    incidents = tuple(IncidentLine(text=f"Incident number {place} was found on Mon 2 Nov.") for place in range(5))
    one = page(5, cover=COVER.model_copy(update={"incidents": incidents, "actions": COVER.actions * 3}))
    assert sum(line.startswith("Incident") for line in one.cover) == 5
    assert one.cover_left_out == 3


def test_ways_beyond_the_fourth_are_counted() -> None:
    many = sample(5).decisions[0].model_copy(update={"options": tuple(f"offer {place}" for place in range(7))})
    block = page_one(changed(sample(5), decisions=(many,)), "leadership").decide
    assert block is not None
    assert [loosened(one) for one in block.entries[0].options[3:]] == ["d) offer 3", "and 3 more ways"]


def test_a_cover_without_finished_greeting_is_made_from_its_facts() -> None:
    cover = Cover(greeting="Librarian", decides=(2, 3))
    assert [loosened(line) for line in page(5, cover=cover).cover] == ["For you, Librarian: you decide 2 and 3."]


def test_not_to_be_forwarded_but_the_public_edition() -> None:
    assert "do not forward" in page(5, "technical").edition
    assert page(5, "public").edition == "Public edition"


@given(st.text(max_size=400))
@settings(max_examples=60)
def test_hostile_text_is_one_line_in_the_subject_and_fits_the_text(hostile: str) -> None:
    heading = sample(5).heading.model_copy(update={"team": hostile, "district": hostile, "meeting_text": hostile})
    packet = changed(sample(5), heading=heading, closing=hostile)
    one = page_one(packet, "leadership")
    assert one.subject.splitlines() in ([one.subject], [])
    assert "\r" not in one.subject
    assert max(columns(line) for line in mail_text(one, WORDS, {}).splitlines()) <= WIDTH


def test_a_flood_is_cut_with_a_note() -> None:
    assert len(clean("word " * 2_000_000, "[text cut]")) < 1300
    assert clean("x" * 5000, "[text cut]", 100) == "x" * 100 + " [text cut]"


def test_direction_overrides_and_line_breaks_vanish() -> None:
    assert clean("a\u202eb\u2066c\r\nBcc: d\u0000", "") == "abc Bcc: d"


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("goal 80 % better", "80 %"),
        ("since Fri 23 Oct (limit", "Fri 23 Oct"),
        ("at 8:10 am to", "8:10 am"),
        ("proven: 115 of 147; goal", "115 of 147"),
        ("99.90 %; limit 26 h.", "26 h"),
        ("(13 of 18; goal 18)", "goal 18"),
    ],
)
def test_a_number_and_its_unit_stay_on_one_line(text: str, together: str) -> None:
    assert together.replace(" ", "\xa0") in held(text)
    assert loosened(held(text)) == text


@pytest.mark.parametrize("span", ["20 Nov 2026 to 21 Nov 2026", "5 nov 2026 a 17 nov 2026", "Fri 20 Nov 2026 to 2 Dec"])
def test_a_span_of_dates_may_break_behind_its_first(span: str) -> None:
    assert max(map(len, held(span).split(" "))) <= len("Fri 20 Nov 2026")


@given(st.text(max_size=200))
def test_holding_together_changes_spaces_only(text: str) -> None:
    assert loosened(held(text)) == loosened(text)


def test_a_line_of_the_text_never_ends_between_a_number_and_its_unit() -> None:
    for filler in range(60, 72):
        lines = hang("x" * filler + held(" 99.95 % of Fri 23 Oct")).split("\n")
        assert [line for line in lines if line.endswith(("99.95", "Fri", "23"))] == []


def test_every_trend_has_a_word_and_a_mark() -> None:
    changes = tuple(Change(trend=trend, text=f"It is {trend.value}.") for trend in Trend)
    block = page_one(changed(sample(5), changes=changes), "leadership").changed
    assert block is not None
    assert {(entry.sign, entry.mark) for entry in block.entries} == {
        ("-", "Worse"),
        ("+", "Better"),
        ("=", "Same"),
        ("*", "New"),
        ("?", "Unknown"),
    }


def test_a_first_packet_does_not_call_every_figure_unknown() -> None:
    lights = (LightLine(area="Budget", light=Light.MET, statements=(LightStatement(text="42 % used"),)),)
    heading = sample(5).heading.model_copy(update={"compared_with": ""})
    first = page_one(changed(sample(5), lights=lights, heading=heading), "leadership")
    later = page_one(changed(sample(5), lights=lights), "leadership")
    assert [row.statements[0].trend for row in (*first.lights, *later.lights)] == ["", "unknown"]


def test_what_did_not_move_gives_way_to_what_did() -> None:
    still = tuple(Change(trend=Trend.SAME, text=f"Still so {place}. " * 6, weight=9) for place in range(9))
    moved = Change(trend=Trend.WORSE, text="Now worse.", weight=1)
    block = page_one(changed(sample(5), changes=(*still, moved)), "leadership").changed
    assert block is not None
    assert block.entries[0].text == "Now worse."


def test_a_draft_says_so_in_the_subject_and_in_the_text() -> None:
    draft = sample(5).heading.model_copy(update={"stage": "draft"})
    one = page_one(changed(sample(5), heading=draft), "leadership")
    assert one.subject.startswith("DRAFT: ")
    assert mail_text(one, WORDS, {}).startswith("*** DRAFT, not approved yet")
    assert "DRAFT" not in text(5)


def test_a_draft_that_no_packet_follows_says_that_and_asks_for_no_approval() -> None:
    alone = sample(5).heading.model_copy(update={"stage": "draft", "alone": True})
    one = page_one(changed(sample(5), heading=alone), "leadership")
    assert one.subject.startswith("Tech team")
    told = mail_text(one, WORDS, {})
    assert told.startswith("*** FOR THE TEAM LEADER: this is all that is written for this meeting.")
    assert "approved" not in told


def test_long_figures_stand_below_their_light_with_the_trend_first() -> None:
    long = LightStatement(
        text="Requests answered within two working days: 115 of 147", goal="goal 147", trend=Trend.WORSE
    )
    lights = (LightLine(area="Services", light=Light.CLOSE, statements=(long,)),)
    set_text = mail_text(page_one(changed(sample(5), lights=lights), "leadership"), WORDS, {})
    assert "\n[~] CLOSE  Services\n    - worse   Requests answered within two working days: 115 of 147;\n" in set_text


def test_a_missed_light_has_its_second_figure_before_the_others() -> None:
    both = tuple(
        LightStatement(text=f"Figure {place} of this area: 71 of 80 so far", trend=Trend.SAME) for place in (1, 2)
    )
    lights = tuple(
        LightLine(area=f"Area {place}", light=Light.MISSED if place > 2 else Light.CLOSE, statements=both)
        for place in range(5)
    )
    rows = page_one(changed(sample(5), lights=lights), "leadership").lights
    second = [row.light for row in rows if len(row.statements) == 2]
    assert Light.MISSED in second
    assert Light.CLOSE not in second


def test_a_character_without_glyph_is_replaced_and_counted() -> None:
    glyphs = Glyphs()
    assert glyphs.printable("Zoë 😀 李 محمد") == f"Zoë {MARK} {MARK} محمد"
    assert glyphs.replaced == 2


def test_composed_letters_stay_and_loose_marks_are_left_off() -> None:
    glyphs = Glyphs()
    assert glyphs.printable("e\u0301") == "é"
    assert glyphs.replaced == 0
    assert glyphs.printable("q\u0301") == "q"
    assert glyphs.replaced == 1


@given(st.text(max_size=300), st.integers(0, 20))
def test_hanging_lines_keep_every_word(words: str, indent: int) -> None:
    lines = hang(words, " " * indent, indent).split("\n")
    assert "".join("".join(lines).split()) == "".join(words.split())
    assert all(columns(line) <= WIDTH for line in lines)


def test_a_long_change_ends_with_a_whole_sentence() -> None:
    """What rules wrote is told in full on its own page; on page one no sentence of it breaks off."""
    first = f"Sign-in was down {'at every school ' * 8}on Wed 18 Nov."
    packet = changed(sample(5), changes=(Change(text=f"{first} Meanwhile 12 tickets were opened.", trend=Trend.WORSE),))
    said = mail_text(page_one(cut(packet, "leadership"), "leadership"), WORDS, PAGES)
    assert "[text cut]" not in said
    assert "Meanwhile" not in said
    assert "18 Nov." in " ".join(said.split())
