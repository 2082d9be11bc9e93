"""The preview for those who own a section: their own lines, what is bad first, with a place for their word on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from firstbell.assessment.instrument import Area, load_instrument
from firstbell.briefing.freeze import Frozen
from firstbell.briefing.letters import LEADER, post, reachable
from firstbell.briefing.notice import Block, Entry, Notice, render_notice
from firstbell.catalog import load_roles
from firstbell.knowledge import PROBES
from firstbell.meetings import Meeting
from firstbell.packet.audience import cut
from firstbell.packet.glyphs import clean
from firstbell.packet.material import Reader
from firstbell.packet.model import Audience, Change, Line, Packet, Trend
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.store.outbox import NewMessage
from firstbell.workplace import Workplace

SECTION_OF_NUMBER = {1: "actions", 2: "projects", 3: "infrastructure", 4: "feedback", 5: "ideas", 6: "next_steps"}
"""The section of catalogs/roles.yaml that each agenda item is."""
SECTION_OF_AREA = {
    Area.TECHNOLOGY_INTEGRATION: "technology_integration",
    Area.INFRASTRUCTURE: "infrastructure",
    Area.SECURITY: "security",
    Area.FEEDBACK: "feedback",
    Area.BUDGET: "budget",
    Area.PLAN: "plan",
}
INSTEAD = {"security": "infrastructure", "technology_integration": "projects"}
"""Who answers for a section that nobody in the team owns; for all others it is the team's leader."""
MOST_OTHERS = 12


@dataclass(frozen=True, slots=True)
class OwnLine:
    """A line that somebody answers for. `note` is what was said of it so far, `by` the role that answers."""

    key: str
    text: str
    trend: Trend
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class OwnLines:
    """One owner's lines: the bad ones, which want a word, and what else stands in the owner's sections."""

    bad: tuple[OwnLine, ...] = ()
    others: tuple[str, ...] = ()


def own_lines(work: Workplace, packet: Packet, readers: Sequence[Reader]) -> dict[str, OwnLines]:
    """Each owner's lines by person key, as far as the owner's own edition shows them; readers without any are left out.

    A section that nobody owns who gets mail falls to whoever leads the team.
    """
    owners = [reader for reader in readers if reachable(work, reader.person_key)]
    held = {role for reader in owners for role in reader.roles}
    found: dict[str, OwnLines] = {}
    for reader in owners:
        shown = cut(packet, reader.edition)
        bad = tuple(_bad(work, shown, reader, held))
        others = tuple(_others(shown, reader, held, {line.key for line in bad}))
        if bad or others:
            found[reader.person_key] = OwnLines(bad, others)
    return found


def owner_letters(
    work: Workplace, frozen: Frozen, meeting: Meeting, readers: Sequence[Reader], waiting: Sequence[Reader]
) -> list[NewMessage]:
    """The previews of those among `waiting` who own lines; `readers` are all of the team, for who owns what."""
    lines = own_lines(work, frozen.packet, readers)
    return [
        post(work, frozen.row, reader, render_notice(_notice(work, frozen.packet, meeting, lines[reader.person_key])))
        for reader in waiting
        if reader.person_key in lines
    ]


def _bad(work: Workplace, packet: Packet, reader: Reader, held: set[str]) -> Iterator[OwnLine]:
    worst = sorted(packet.changes, key=lambda change: (change.trend is Trend.SAME, -change.weight))
    for change in worst:
        if change.trend is not Trend.BETTER and (by := _own_role(_owning(_section(change), held), reader)):
            yield OwnLine(change.item, change.text, change.trend, by, change.note)
    for line in packet.unknowns:
        if by := _own_role(_answering(work, line, held), reader):
            yield OwnLine(line.item, line.text, Trend.UNKNOWN, by, line.note)


def _others(packet: Packet, reader: Reader, held: set[str], told: set[str]) -> Iterator[str]:
    """What else stands in the owner's sections, without what is told already."""
    good = [change for change in packet.changes if change.trend is Trend.BETTER]
    lines = [(line, section.number) for section in packet.sections for line in section.sentences]
    pieces = [(change, change.section) for change in good] + [(line, number) for line, number in lines]
    for piece, number in pieces:
        if piece.item not in told and _own_role(_owning(_section(piece, number), held), reader):
            told = {*told, piece.item}
            yield piece.text


def _answering(work: Workplace, line: Line, held: set[str]) -> frozenset[str]:
    """The roles that answer for something unknown: the source's own, or the section's."""
    source = line.item.removeprefix("source:")
    if source == line.item:
        return _owning(_section(line, 3), held)
    listed = {one.key: one.owner_role for one in work.district.sources} | {PROBES: "it_lead"}
    return frozenset({listed.get(source, LEADER)} & held) or frozenset({LEADER})


def _section(piece: Change | Line, number: int = 0) -> str:
    """The section of roles.yaml under which a piece falls: by its figure's area, else by its agenda item."""
    indicator = load_instrument().by_id.get(piece.item.partition("/")[0])
    if indicator is not None:
        return SECTION_OF_AREA[indicator.area]
    number = piece.section if isinstance(piece, Change) else number
    if number == 3 and piece.audience is Audience.SECURITY:
        return "security"
    return SECTION_OF_NUMBER.get(number, "next_steps")


def _owning(section: str, held: set[str]) -> frozenset[str]:
    """The roles that somebody holds and that own a section, or what stands in for it."""
    for wanted in filter(None, (section, INSTEAD.get(section, ""))):
        if found := {role.key for role in load_roles().roles if wanted in role.sections} & held:
            return frozenset(found)
    return frozenset({LEADER})


def _own_role(owning: frozenset[str], reader: Reader) -> str:
    """The role by which a reader answers; empty where the reader does not."""
    return next((role for role in reader.roles if role in owning), "")


def _notice(work: Workplace, packet: Packet, meeting: Meeting, lines: OwnLines) -> Notice:
    language = packet.heading.language
    wording, labels = Wording(work.district.zone, language), Words(language)
    trends: Mapping[str, str] = labels.table["trends"]
    bad = tuple(
        Entry(
            mark=trends[line.trend.value].capitalize(),
            text=_clean(line.text, labels),
            below=_clean(wording.say("owner_note_so_far", note=line.note), labels) if line.note else "",
            answer=wording.say("owner_answer", line=line.key),
        )
        for line in lines.bad
    )
    others = [Entry(text=_clean(text, labels)) for text in lines.others[:MOST_OTHERS]]
    if len(lines.others) > MOST_OTHERS:
        others.append(Entry(text=wording.say("owner_more", n=len(lines.others) - MOST_OTHERS)))
    blocks = [Block(wording.say("owner_bad", n=len(bad)), bad)] if bad else []
    blocks += [Block(wording.say("owner_others"), tuple(others))] if others else []
    about = packet.heading
    title = _clean(f"{about.team or about.meeting}, {about.meeting_text}", labels)
    count = wording.say("owner_subject_bad", n=len(bad)) if bad else wording.say("owner_subject_fine")
    return Notice(
        subject=wording.say("owner_subject", meeting=title, count=count),
        language=language,
        district=_clean(about.district, labels),
        label=labels.say("sample") if about.sample else "",
        title=title,
        opening=(wording.say("owner_opening" if bad else "owner_opening_fine", day=_until(wording, meeting)),),
        blocks=tuple(blocks),
        closing=(wording.say("owner_closing", until=_clean(about.facts_until, labels)),),
    )


def _until(wording: Wording, meeting: Meeting) -> str:
    """The day up to which a word on a line is printed: the packet's, or the draft's where no packet goes out."""
    return wording.day(meeting.send_at or meeting.draft_at or meeting.starts_at)


def _clean(text: str, labels: Words) -> str:
    return clean(text, labels.say("clipped"), 400)
