"""Who sees what: every field of every class carries a marker, and no form of an edition holds one it may not."""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import count
from typing import Any, Literal, Union, get_args, get_origin

import pytest

from firstbell.packet.audience import EDITIONS, class_of, cover_of, cut, in_language
from firstbell.packet.model import Audience, Classed, Cover, Heading, IncidentLine, Line, Packet, Part, Section
from firstbell.packet.public_page import packet_page
from firstbell.packet.render import RenderedEdition, render
from tests.unit.pdf_text import hidden_text, pages_text

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)
MARKER = re.compile(r"Q\d{4}Z")
BOOKKEEPING = {
    "heading.meeting": "stands in for the team's name where that is empty",
    "heading.place": "the meeting's own invitation says where",
    "overdue.state": "overdue actions are all open",
    "sections.charts.series.name": "a chart's title and finding name what it shows",
    "sections.charts.series.points.group": "a strip of days alone draws its weeks",
    "sections.incidents.reader_roles": "says whose covers hold it",
    **dict.fromkeys(
        (
            "changes.item",
            "unknowns.item",
            "corrections.item",
            "sections.sentences.item",
            "sections.questions.item",
            "appendix.strengths.item",
            "appendix.not_collected.item",
            "appendix.method.item",
        ),
        "the key a note is filed under",
    ),
    **{
        f"{place}.{name}": "nobody is asked for a note on these lines"
        for place in ("corrections", "appendix.strengths", "appendix.not_collected", "appendix.method")
        for name in ("note", "note_by")
    },
}
"""Fields that are drawn nowhere, with the reason; each is still held to its class."""

DRAWN_IN_SOME = {
    "decisions.neutral": "where the decision was cut",
    "lights.neutral": "where the light was cut",
    "lights_adopted": "where a light is judged",
    "security_sentence": "where the findings were cut",
    **{f"public_figures.{name}": "on the public pages" for name in ("title", "value", "goal", "as_of")},
}
"""Fields that an edition may hold and does not need, with where they stand."""

UNSHOWN = {"translations": "one of them is chosen before an edition is cut"}
"""Fields without a class, with the reason why no edition holds them."""

NOT_TEXT = {"audience", "page", "stage", "kind", "language", "time_zone", "logo"}
"""Text fields with a fixed vocabulary, which cannot hold a marker."""


@dataclass(frozen=True)
class Mark:
    """A marker in one field: it needs all of `classes`, or all of `stub` where its piece is cut."""

    text: str
    field: str
    classes: frozenset[Audience]
    stub: frozenset[Audience] | None

    def allowed(self, edition: str) -> bool:
        held = EDITIONS[edition]
        return self.classes <= held or (self.stub is not None and self.stub <= held)


@dataclass
class Marker:
    """Fills a model with markers by walking its fields, so that a new field is marked without being named here."""

    audience: Audience
    marks: list[Mark] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def part(self, part_type: type[Part], above: frozenset[Audience] = frozenset(), path: str = "") -> Part:
        classed = issubclass(part_type, Classed)
        inside = above | {self.audience} if classed else above
        values: dict[str, Any] = {}
        for name, info in part_type.model_fields.items():
            if part_type is Packet and name in UNSHOWN:
                continue
            label = class_of(part_type, name)
            assert label is not None, f"{part_type.__name__}.{name} has no class"
            stub = above | {label} if classed and name in part_type.STUB else None  # type: ignore[attr-defined]
            place = f"{path}.{name}".removeprefix(".")
            values[name] = self.value(info.annotation, name, place, inside | {label}, stub)
        return part_type.model_validate(values)

    def value(
        self, annotation: Any, name: str, place: str, classes: frozenset[Audience], stub: frozenset[Audience] | None
    ) -> Any:
        if get_origin(annotation) is tuple:
            return (self.value(get_args(annotation)[0], name, place, classes, stub),)
        if get_origin(annotation) in (types.UnionType, Union):
            return self.value(get_args(annotation)[0], name, place, classes, stub)
        if get_origin(annotation) is Literal:
            return get_args(annotation)[0]
        if annotation is Audience:
            return self.audience
        if isinstance(annotation, type) and issubclass(annotation, Part):
            return self.part(annotation, classes, place)
        if isinstance(annotation, type) and issubclass(annotation, StrEnum):
            return next(iter(annotation))
        if annotation is str and name not in NOT_TEXT:
            self.marks.append(Mark(f"Q{next(self.numbers):04d}Z", place, classes, stub))
            return self.marks[-1].text
        plain = {str: {"language": "en", "time_zone": "UTC", "logo": ""}.get(name), int: 3, float: 3.0, bool: False}
        return {**plain, date: AS_OF.date(), datetime: AS_OF}[annotation]


@cache
def marked(audience: Audience) -> tuple[Packet, tuple[Mark, ...]]:
    """A packet with one of everything, all pieces labelled alike, and two people's covers."""
    marker = Marker(audience)
    packet = marker.part(Packet)
    assert isinstance(packet, Packet)
    second = marker.part(type(packet.covers[0]), frozenset({Audience.INDIVIDUAL}), "covers")
    return packet.model_copy(update={"covers": (*packet.covers, second)}), tuple(marker.marks)


@cache
def forms(audience: Audience, edition: str) -> Mapping[str, str]:
    """Every form of the edition as text, the mail being that of the first cover's person."""
    packet, _ = marked(audience)
    made = render(cut(packet, edition), edition, packet.covers[0])
    return {
        "mail": f"{made.subject}\n{made.html}",
        "text": made.text,
        "evidence": made.evidence_json,
        **({"web": packet_page(packet, "index.html")} if edition == "public" else {}),
        **_pdfs(made),
    }


def _pdfs(made: RenderedEdition) -> dict[str, str]:
    files = {"pdf": made.pdf, "appendix": made.appendix_pdf}
    found = {name: f"{pages_text(pdf)}\n{hidden_text(pdf)}" for name, pdf in files.items() if pdf is not None}
    return {name: re.sub(r"\s", "", text) for name, text in found.items()}


def found_in(texts: Iterable[str]) -> set[str]:
    return {marker for text in texts for marker in MARKER.findall(text)}


def cover_marks(audience: Audience, place: int) -> set[str]:
    return found_in([marked(audience)[0].covers[place].model_dump_json()])


EACH = [(audience, edition) for audience in Audience for edition in EDITIONS]


@pytest.mark.parametrize(("audience", "edition"), EACH)
def test_the_cut_holds_exactly_the_markers_it_may(audience: Audience, edition: str) -> None:
    packet, marks = marked(audience)
    held = found_in([cut(packet, edition).model_dump_json()])
    assert held == {mark.text for mark in marks if mark.allowed(edition)}


@pytest.mark.parametrize(("audience", "edition"), EACH)
def test_no_form_holds_a_marker_it_may_not(audience: Audience, edition: str) -> None:
    _, marks = marked(audience)
    allowed = {mark.text for mark in marks if mark.allowed(edition)}
    for form, text in forms(audience, edition).items():
        own = cover_marks(audience, 0) if form in ("mail", "text") else set()
        assert found_in([text]) <= allowed | own, form


def drawn_and_missing(edition: str) -> tuple[set[str], set[str]]:
    """The fields that an edition's forms hold, and those that it may hold and does not."""
    drawn, missing = set(), set()
    for audience in EDITIONS[edition]:
        found = found_in(forms(audience, edition).values())
        for mark in marked(audience)[1]:
            if mark.classes <= EDITIONS[edition]:
                (drawn if mark.text in found else missing).add(mark.field)
    return drawn, missing


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_marker_it_may_hold_is_drawn_somewhere(edition: str) -> None:
    _, missing = drawn_and_missing(edition)
    assert missing - set(BOOKKEEPING) - set(DRAWN_IN_SOME) == set()


def test_the_list_of_fields_that_are_not_drawn_is_true() -> None:
    drawn = set().union(*(drawn_and_missing(edition)[0] for edition in EDITIONS))
    assert drawn & set(BOOKKEEPING) == set()
    left = found_in(forms(Audience.INDIVIDUAL, "representative").values())
    stand_ins = {mark.field for mark in marked(Audience.INDIVIDUAL)[1] if mark.text in left}
    assert set(DRAWN_IN_SOME) <= drawn | stand_ins


@pytest.mark.parametrize("edition", [edition for edition in EDITIONS if edition != "public"])
def test_a_cut_piece_leaves_its_number_and_its_neutral_line(edition: str) -> None:
    text = forms(Audience.INDIVIDUAL, edition)["text"]
    neutral = {mark.text for mark in marked(Audience.INDIVIDUAL)[1] if mark.field.endswith(".neutral")}
    assert len(neutral) == 2
    assert neutral <= found_in([text])


def test_a_cover_shows_one_person_alone() -> None:
    own, other = cover_marks(Audience.TEAM, 0), cover_marks(Audience.TEAM, 1)
    assert not own & other
    for edition in EDITIONS:
        made = forms(Audience.TEAM, edition)
        assert own & found_in([made["mail"]])
        assert own & found_in([made["text"]])
        assert not other & found_in(made.values())
        assert not own & found_in(text for form, text in made.items() if form not in ("mail", "text"))


def test_a_cover_is_found_by_its_person() -> None:
    packet, _ = marked(Audience.TEAM)
    second = packet.covers[1]
    assert cover_of(packet, second.person_key) == second
    assert cover_of(packet, "nobody") is None


class Careless(Line):
    """A piece to which somebody added a field and forgot to say who may see it."""

    forgotten: str = ""


def test_a_field_without_a_class_is_shown_to_nobody() -> None:
    assert class_of(Careless, "forgotten") is None
    packet = Packet.model_construct(
        as_of=AS_OF, heading=Heading(), unknowns=(Careless(text="Q0001Z", forgotten="Q0002Z"),)
    )
    for edition in EDITIONS:
        assert "Q0002Z" not in cut(packet, edition).model_dump_json(serialize_as_any=True)
    assert "Q0001Z" in cut(packet, "leadership").model_dump_json()


@pytest.mark.parametrize(
    ("released_on", "shown"),
    [(None, False), (date(2026, 11, 24), False), (date(2026, 11, 23), True)],
    ids=["not released", "tomorrow by the district's clock", "today"],
)
def test_an_incident_stands_in_an_edition_from_the_day_it_was_released(released_on: date | None, shown: bool) -> None:
    late_evening = datetime(2026, 11, 24, 3, tzinfo=UTC)
    packet, _ = marked(Audience.INCIDENT)
    incident = IncidentLine(audience=Audience.INCIDENT, text="Q9999Z", released_on=released_on)
    section = packet.sections[0].model_copy(update={"incidents": (incident,)})
    heading = packet.heading.model_copy(update={"time_zone": "America/Chicago"})
    evening = packet.model_copy(update={"as_of": late_evening, "sections": (section,), "heading": heading})
    assert ("Q9999Z" in cut(evening, "leadership").model_dump_json()) is shown
    for edition in ("technical", "representative", "public"):
        assert "Q9999Z" not in cut(evening, edition).model_dump_json()


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize(
    ("released_on", "released"), [(None, False), (date(2026, 11, 25), False), (AS_OF.date(), True)]
)
def test_no_form_tells_of_an_incident_before_its_day(edition: str, released_on: date | None, released: bool) -> None:
    packet = _with_incident(released_on)
    both = packet.model_copy(update={"translations": (_in_spanish(packet),)})
    for language in ("en", "es"):
        spoken = in_language(both, language)
        made = render(cut(spoken, edition), edition, None)
        shown = {form for form, text in _all_forms(made, spoken).items() if "Q9997Z" in text}
        assert shown == ({"pdf"} if released and edition == "leadership" else set())


def test_those_an_incident_names_read_of_it_on_their_own_cover_alone() -> None:
    packet = _with_incident(None)
    for edition in EDITIONS:
        named = render(cut(packet, edition), edition, packet.covers[0])
        shown = {form for form, text in _all_forms(named, packet).items() if "Q9997Z" in text}
        assert shown == {"mail", "text"}


def _with_incident(released_on: date | None) -> Packet:
    incident = IncidentLine(
        audience=Audience.INCIDENT, text="Q9997Z", released_on=released_on, reader_roles=("it_lead",)
    )
    section = Section(number=3, title="Security", sentences=(Line(text="All is well."),), incidents=(incident,))
    cover = Cover(person_key="ines", greeting="IT Lead", incidents=(incident,))
    heading = Heading(district="Cedar", team="Team", stage="final", meeting_at=AS_OF)
    return Packet(as_of=AS_OF, heading=heading, covers=(cover,), sections=(section,))


def _in_spanish(packet: Packet) -> Packet:
    return packet.model_copy(update={"heading": packet.heading.model_copy(update={"language": "es"})})


def _all_forms(made: RenderedEdition, packet: Packet) -> dict[str, str]:
    web = packet_page(packet, "index.html")
    return {"mail": made.html, "text": made.text, "evidence": made.evidence_json, "web": web, **_pdfs(made)}


@pytest.mark.parametrize("edition", EDITIONS)
def test_an_edition_is_cut_of_one_language_alone(edition: str) -> None:
    packet, _ = marked(Audience.PUBLIC)
    spanish = packet.model_copy(update={"heading": Heading(language="es", team="Equipo"), "closing": "Q9998Z"})
    both = packet.model_copy(update={"translations": (spanish,)})
    assert class_of(Packet, "translations") is None
    assert cut(both, edition) == cut(packet, edition)
    assert cut(in_language(both, "es"), edition).heading.team == "Equipo"
    assert in_language(both, "en") == in_language(both, "fr") == both


def test_a_cut_packet_is_the_same_from_the_snapshot() -> None:
    packet, _ = marked(Audience.SECURITY)
    frozen = Packet.model_validate_json(packet.model_dump_json())
    for edition in EDITIONS:
        assert cut(frozen, edition) == cut(packet, edition)
        bare = Packet(as_of=AS_OF + timedelta(0), decisions=(packet.decisions[0].model_copy(update={"neutral": ""}),))
        assert cut(bare, edition) == cut(Packet.model_validate_json(bare.model_dump_json()), edition)
