"""Page one as lines: which ones stand there, which are counted, and what each says.

The mail's HTML, its text and the PDF's first page are three settings of the same `PageOne`, so they cannot differ in
content. Each block has a room, in lines of a phone's width; what does not fit is counted and has a page number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from firstbell.kpi import Light
from firstbell.packet.audience import EDITIONS, class_of
from firstbell.packet.glyphs import clean, loosened
from firstbell.packet.model import (
    Audience,
    Cover,
    LightLine,
    LightStatement,
    Packet,
    PublicFigure,
    Trend,
)
from firstbell.packet.page_entries import SENTENCE, Entries
from firstbell.packet.page_parts import (
    Block,
    Entry,
    FigureRow,
    LightRow,
    PageOne,
    Statement,
    fitting,
    lines_on_a_phone,
)
from firstbell.packet.words import Words

USUAL_ASIDE = 2
ALL_LIGHTS = 5
"""Lines of what the lights are judged against; a longer one takes its room from the lights' second figures."""
OWN_FIGURES = 240
"""Characters that one figure of the reader alone may have on the cover."""
FIVE_LINES = 185
"""Characters of a line for the reader alone: five lines of a phone. It stands nowhere else."""
ROOM = {"decide": 22, "changed": 13, "overdue": 9, "unknowns": 6, "lights": 17, "corrections": 4, "cover": 4}
"""Lines of a phone's width that each block may take. At least one entry always stands, and room left over by one
block goes to the next."""


def page_one(packet: Packet, edition: str, cover: Cover | None = None) -> PageOne:
    """Page one of an already cut packet; KeyError for an edition that does not exist."""
    return _Setter(packet, edition).page(cover)


def may_show(edition: str, field_name: str) -> bool:
    """Whether an edition may hold that field of a Packet: a block it may not see is absent, not empty."""
    return class_of(Packet, field_name) in EDITIONS[edition]


class _Setter:
    """Lays out one packet for one edition."""

    def __init__(self, packet: Packet, edition: str) -> None:
        self.packet, self.edition = packet, edition
        self.words = Words(packet.heading.language)
        self.pieces = Entries(packet, self.words)
        # What a draft says of its review takes its room from the first block.
        self.stage = "alone" if packet.heading.alone else packet.heading.stage
        self.review = self._clean(packet.heading.review)
        self.spare = -lines_on_a_phone(self.review) - 1 if self.review else 0

    def page(self, cover: Cover | None) -> PageOne:
        packet, words, heading = self.packet, self.words, self.packet.heading
        blocks = {key: self._block(key) for key in ("decide", "changed", "overdue", "unknowns")}
        corrections = [self._clean(line.text) for line in packet.corrections]
        # Where they do not fit all together, none is more worth telling than the others: they are counted.
        kept = fitting([Entry(text=text) for text in corrections], ROOM["corrections"])
        kept = kept if kept == len(corrections) else 0
        lights = tuple(self._lights())
        judged = any(row.light for row in lights)
        return PageOne(
            subject=self.subject(),
            district=self._clean(heading.district, longest=70),
            sample=words.say("sample") if heading.sample else "",
            edition=self.edition_name(),
            meeting=self.meeting(),
            facts=self.facts(),
            language=words.language,
            stage=" ".join(filter(None, (words.table["stage_notes"][self.stage], self.review))),
            cover=self.cover(cover),
            cover_left_out=self.cover_left_out(cover),
            own_shown=self.own_shown(cover),
            **blocks,
            lights=lights,
            lights_title=words.say(self._lights_title(lights)),
            lights_aside=self._clean(packet.lights_adopted, longest=220) if judged else "",
            lights_empty=words.say("no_lights"),
            figures=tuple(map(self._figure, packet.public_figures)) if self.edition == "public" else (),
            security=self._security(lights),
            corrections=tuple(corrections[:kept]),
            corrections_left_out=len(corrections) - kept,
            closing=self._clean(packet.closing, longest=110),
            rest=tuple(self._rest(blocks, corrections[kept:])),
        )

    @staticmethod
    def _lights_title(lights: tuple[LightRow, ...]) -> str:
        """Five lights, those of a school that has fewer, or areas without a verdict."""
        if lights and not any(row.light for row in lights):
            return "areas"
        return "lights" if len(lights) in (0, ALL_LIGHTS) else "lights_own"

    def subject(self) -> str:
        """The mail's subject: who, when, how much is to decide, how much was missed."""
        packet, words = self.packet, self.words
        decisions, missed = len(packet.decisions), sum(line.light is Light.MISSED for line in packet.lights)
        parts = [words.say("subject_decisions", n=decisions) if decisions else words.say("subject_no_decision")]
        parts += [words.say("subject_missed", n=missed)] if missed else []
        stage = words.table["stages"][self.stage]
        return loosened(clean(f"{stage}{self.meeting()}: {', '.join(parts)}", words.say("clipped"), longest=150))

    def meeting(self) -> str:
        heading = self.packet.heading
        name = heading.team or heading.meeting
        return self._clean(", ".join(part for part in (name, heading.meeting_text) if part), longest=80)

    def facts(self) -> str:
        heading, words = self.packet.heading, self.words
        until = words.whole("facts_until", heading.facts_until) if heading.facts_until else ""
        compared = words.whole("compared_with", heading.compared_with) if heading.compared_with else ""
        return self._clean(f"{until} {compared or words.say('first_packet')}", longest=110)

    def edition_name(self) -> str:
        name = str(self.words.table["editions"][self.edition])
        return name if self.edition == "public" else f"{name}, {self.words.say('do_not_forward')}"

    def cover(self, cover: Cover | None) -> tuple[str, ...]:
        """The lines for one person: what they decide, what they promised, what they alone may read."""
        if cover is None:
            return ()
        words, own = self.words, cover.actions
        if cover.greeting.endswith((".", "!", "?")):
            first = words.say("for_you_whole", text=cover.greeting)
        else:
            numbers = words.listed([str(number) for number in cover.decides])
            deciding = words.say("you_decide", text=numbers) if cover.decides else words.say("you_decide_nothing")
            late = sum(action.days_late > 0 for action in own)
            promised = words.say("own_overdue", n=late) if late else words.say("own_open", n=len(own)) if own else ""
            first = " ".join(part for part in (words.say("for_you", text=cover.greeting), deciding, promised) if part)
        kept = self._cover_entries(cover)[: self._on_cover(cover)]
        texts = [self._clean(f"{entry.mark} {entry.text} {entry.below}", FIVE_LINES) for entry in kept]
        return (self._clean(first, OWN_FIGURES), *texts)

    def cover_left_out(self, cover: Cover | None) -> int:
        """How many of the reader's own actions stand under agenda item 1 only."""
        return len(self._cover_entries(cover)) - self._on_cover(cover) if cover is not None else 0

    def own_shown(self, cover: Cover | None) -> bool:
        """Whether any of the reader's own actions stands on the cover."""
        return cover is not None and self._on_cover(cover) > len(cover.incidents) + len(cover.own)

    def _cover_entries(self, cover: Cover) -> list[Entry]:
        """Incidents the reader is named for, figures of the reader alone, then the own actions, the latest first."""
        late_first = sorted(cover.actions, key=lambda action: -action.days_late)
        incidents = (Entry(text=self._clean(line.text)) for line in cover.incidents)
        own = (Entry(text=self._clean(text, OWN_FIGURES)) for text in cover.own)
        return [*incidents, *own, *map(self.pieces.action, late_first)]

    def _on_cover(self, cover: Cover) -> int:
        """How many entries the cover shows: what stands nowhere else, and what there is room for."""
        entries = self._cover_entries(cover)
        kept = fitting(entries, ROOM["cover"]) if entries else 0
        # The line that counts the rest takes room too.
        kept = kept if kept == len(entries) else fitting(entries, ROOM["cover"] - 1)
        return max(kept, len(cover.incidents) + len(cover.own))

    def _block(self, key: str) -> Block | None:
        fields = {"decide": "decisions", "changed": "changes", "overdue": "overdue", "unknowns": "unknowns"}
        if not may_show(self.edition, fields[key]):
            return None
        entries = self.pieces.of(key)
        if key == "decide" and self.edition == "public" and entries:
            # Everybody may know how many there are, and nothing of any.
            return Block(key, self._title(key), empty=self.words.say("public_decisions", n=len(entries)))
        room = ROOM[key] + self.spare
        kept = fitting(entries, room)
        # A block that does not fill its room leaves the rest of it to the next one.
        self.spare = max(0, room - sum(entry.lines for entry in entries[:kept]))
        words = self.words
        aside = self._clean(self.packet.actions_due, longest=90) if key == "overdue" else ""
        verdicts = [line.light for line in self.packet.lights if "light" in line.model_fields_set]
        blind = bool(verdicts) and set(verdicts) == {Light.NOT_KNOWN}
        nothing = "nothing_to_decide_yet" if blind else "nothing_to_decide"
        empty = {"decide": nothing, "changed": "nothing_changed", "overdue": "nothing_overdue"}
        shown = entries[:kept] if key != "changed" else sorted(entries[:kept], key=_worse_first)
        return Block(
            key=key,
            title=self._title(key),
            entries=tuple(shown),
            empty="" if entries else words.say(empty.get(key, "nothing_unknown")),
            aside=aside,
            left_out=len(entries) - kept,
        )

    def _rest(self, blocks: dict[str, Block | None], corrections: Sequence[str]) -> Iterable[Block]:
        for key, block in blocks.items():
            if block is not None and block.left_out:
                whole = self.pieces.of(key, longest=600)[-block.left_out :]
                if key == "changed":
                    whole.sort(key=_worse_first)
                yield Block(key=key, title=block.title, entries=tuple(whole))
        if corrections:
            entries = tuple(Entry(text=text) for text in corrections)
            yield Block(key="corrections", title=self.words.say("corrected"), entries=entries)

    def _lights(self) -> Iterable[LightRow]:
        """Every light with its worst figure; a second one where there is room, the missed lights first."""
        shown = {line.area: self._statements(line) for line in self.packet.lights}
        room = ROOM["lights"] - sum(1 + sum(one.lines for one in both[:1]) for both in shown.values())
        room -= max(0, lines_on_a_phone(self.packet.lights_adopted) - USUAL_ASIDE)
        kept = dict.fromkeys(shown, 1)
        for line in sorted(self.packet.lights, key=lambda line: line.light is not Light.MISSED):
            second = sum(one.lines for one in shown[line.area][1:])
            if 0 < second <= room:
                room, kept[line.area] = room - second, 2
        for line in self.packet.lights:
            area = self._clean(line.area, longest=30)
            # A light that was cut has no verdict here, not the verdict "not known".
            if "light" not in line.model_fields_set:
                yield LightRow(area, None, (), self._clean(line.neutral) or self.words.say("neutral_light"))
            else:
                statements = shown[line.area][: kept[line.area]]
                yield LightRow(area, line.light, statements, word=self.words.light(line.light))

    def _figure(self, figure: PublicFigure) -> FigureRow:
        words = self.words
        return FigureRow(
            title=self._clean(figure.title),
            value=self._clean(figure.value),
            goal=self._clean(figure.goal) or words.say("public_no_goal"),
            as_of=words.say("public_as_of", text=self._clean(figure.as_of)) if figure.as_of else "",
            light=figure.light,
            word=words.light(figure.light),
        )

    def _statements(self, line: LightLine) -> tuple[Statement, ...]:
        worst_first = sorted(line.statements, key=lambda one: one.trend is not Trend.WORSE)
        return tuple(self._statement(one) for one in (worst_first if len(worst_first) > 2 else line.statements)[:2])

    def _security(self, lights: Iterable[LightRow]) -> str:
        """The fixed sentence for those who do not see the findings, unless it stands beside its light already."""
        sentence = self._clean(self.packet.security_sentence)
        seen = Audience.SECURITY in EDITIONS[self.edition] or any(row.neutral == sentence for row in lights)
        return "" if seen else sentence

    def _statement(self, one: LightStatement) -> Statement:
        text = self._clean("; ".join(part for part in (one.text, one.goal) if part), longest=100)
        # The first packet has nothing to compare with, and says so once.
        if one.trend in {Trend.NEW, Trend.UNKNOWN} and not self.packet.heading.compared_with:
            return Statement(text, "")
        return Statement(text, str(self.words.table["trends"][one.trend.value]), one.trend.value)

    def _title(self, key: str) -> str:
        since = self.packet.heading.compared_with
        if key != "changed":
            return self.words.say(key)
        if not since:
            return self.words.say("stands_out")
        if since.endswith("."):
            return self.words.say("changed_since_last")
        return self._clean(self.words.say("changed", text=since), longest=60)

    def _clean(self, text: str, longest: int = SENTENCE) -> str:
        return clean(text, self.words.say("clipped"), longest)


def _worse_first(entry: Entry) -> int:
    order = (Trend.WORSE, Trend.UNKNOWN, Trend.NEW, Trend.SAME, Trend.BETTER)
    return [trend.value for trend in order].index(entry.trend)
