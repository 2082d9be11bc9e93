"""What people brought up between meetings: questions with their answers under item 4, items and ideas under item 5."""

from __future__ import annotations

from collections.abc import Iterator

from firstbell.calendar import original_start
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Line, Section
from firstbell.records import AgendaItem

FEEDBACK, IDEAS = 4, 5


def with_items(section: Section, material: Material) -> Section:
    """The section with what was brought up first; who asked is a role. Only accepted items are printed.

    The draft also asks the Team Leader about what is proposed, and counts the mails that were put aside.
    """
    lines: tuple[Line, ...] = ()
    if section.number == FEEDBACK:
        lines = (*_answers(material), *_questions(material))
    elif section.number == IDEAS:
        lines = (*_items(material), *_proposals(material))
        section = _inviting(section, material)
    if not lines:
        return section
    return section.model_copy(update={"quiet": "", "sentences": (*lines, *section.sentences)})


def _inviting(section: Section, material: Material) -> Section:
    """How to bring something up, where somebody reads answers."""
    if material.district.mail.inbox is None or section.quiet:
        return section
    line = Line(item="ideas.how", text=material.wording.say("items_how"))
    return section.model_copy(update={"questions": (*section.questions, line)})


def _answers(material: Material) -> Iterator[Line]:
    """What was answered since the facts of the last packet ended, or since the last meeting where none was printed:
    "you said, we did". On that packet's own day what it printed itself tells whether an answer came after it."""
    words, printed = material.wording, material.printed
    since = ((printed.as_of if printed else None) or material.since).astimezone(words.zone).date()
    told = {line.item: line.text for section in printed.sections for line in section.sentences} if printed else {}
    for item in material.items:
        if item.state != "answered" or item.closed_on is None or item.closed_on < since:
            continue
        if item.answer not in told.get(_key(item), ""):
            text = words.say("item_answered", role=_asker(material, item), text=item.text, answer=item.answer)
            yield Line(item=_key(item), text=text, weight=5)


def _questions(material: Material) -> Iterator[Line]:
    """Accepted questions wait for their answer, in this meeting and in the ones after it."""
    for item in material.items:
        if item.state == "accepted" and item.kind == "question" and _is_due(material, item):
            text = material.wording.say("item_question", role=_asker(material, item), text=item.text)
            yield Line(item=_key(item), text=text, weight=5)


def _items(material: Material) -> Iterator[Line]:
    """Items and ideas for this meeting; one whose meeting was cancelled comes up in the next."""
    for item in material.items:
        if item.state == "accepted" and item.kind != "question" and _is_due(material, item) and _is_new(material, item):
            form = "item_idea" if item.kind == "idea" else "item_wanted"
            text = material.wording.say(form, role=_asker(material, item), text=item.text)
            yield Line(item=_key(item), text=text, weight=5)


def _is_new(material: Material, item: AgendaItem) -> bool:
    """Whether the meeting that an item was accepted for comes after the last one that took place."""
    return item.meeting_key == material.occasion.meeting_key or original_start(item.meeting_key) > material.since


def _is_due(material: Material, item: AgendaItem) -> bool:
    return original_start(item.meeting_key) <= original_start(material.occasion.meeting_key)


def _proposals(material: Material) -> Iterator[Line]:
    """What only the draft's reader is asked; like every proposal it may be about security."""
    if material.stage != "draft":
        return
    words = material.wording
    waiting = [item for item in material.items if item.state == "proposed"]
    if waiting:
        text = words.say("items_wait", n=len(waiting), number=waiting[0].item_key)
        yield Line(audience=Audience.SECURITY, item="items", text=text, weight=6)
    for item in waiting:
        text = words.say("item_proposed", number=item.item_key, role=_asker(material, item), text=item.text)
        yield Line(audience=Audience.SECURITY, item=_key(item), text=text, weight=6)
    if material.mails_aside:
        text = words.say("mails_aside", n=material.mails_aside)
        yield Line(audience=Audience.SECURITY, item="mails", text=text, weight=6)


def _asker(material: Material, item: AgendaItem) -> str:
    return material.role(item.by_role or "team_leader")


def _key(item: AgendaItem) -> str:
    """A name of the line; no letter asks for notes on it."""
    return f"item.{item.item_key}"
