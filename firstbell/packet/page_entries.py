"""A packet's pieces as entries of page one: what each is filed under, says, and what stands below it."""

from __future__ import annotations

from string import ascii_lowercase

from firstbell.packet.glyphs import clean
from firstbell.packet.model import Action, Change, Decision, Line, Packet, Trend
from firstbell.packet.page_parts import Entry, closed, joined, whole_sentences
from firstbell.packet.words import Words

MOST_OPTIONS = 4
SENTENCE = 160
"""Characters one sentence may have on page one; the PDF's sections and the appendix hold it whole."""


class Entries:
    """The entries of one already cut packet; `longest` is in characters a sentence."""

    def __init__(self, packet: Packet, words: Words) -> None:
        self.packet, self.words = packet, words

    def of(self, key: str, longest: int = SENTENCE) -> list[Entry]:
        """All entries of a block, the most important first."""
        packet = self.packet
        if key == "decide":
            return [self.decision(one, longest) for one in packet.decisions]
        if key == "changed":
            return [self.change(one, longest) for one in sorted(packet.changes, key=_heaviest_first)]
        if key == "overdue":
            first = [Entry(mark="!", text=self._clean(packet.minutes_missing))] if packet.minutes_missing else []
            first += [Entry(mark="?", text=self._clean(packet.actions_unknown))] if packet.actions_unknown else []
            late = sorted(packet.overdue, key=lambda action: -action.days_late)
            return first + [self.action(one, longest) for one in late]
        return [self.line(one, longest) for one in packet.unknowns]

    def decision(self, decision: Decision, longest: int = SENTENCE) -> Entry:
        words = self.words
        # One option is no choice: it is a remark on the question.
        remark = closed("".join(decision.options)) if len(decision.options) == 1 else ""
        options = decision.options if not remark else ()
        below = [decision.recommendation, decision.cost]
        below += [words.whole("needed_by", decision.needed_by)] if decision.needed_by else []
        below += [words.whole("decider", decision.decider)] if decision.decider else []
        left = len(options) - MOST_OPTIONS
        more = [self.words.say("more_options", n=left)] if left > 0 else []
        return Entry(
            mark=str(decision.number),
            text=self._clean(joined([decision.title, remark]) or decision.neutral, longest),
            below=self._clean(joined(below), longest),
            options=(
                *(
                    self._clean(f"{letter}) {option}", longest=60)
                    for letter, option in zip(ascii_lowercase, options[:MOST_OPTIONS], strict=False)
                ),
                *more,
            ),
        )

    def change(self, change: Change, longest: int = SENTENCE) -> Entry:
        trend = change.trend.value
        return Entry(
            mark=str(self.words.table["trends"][trend]).capitalize(),
            text=self._clean(whole_sentences(change.text, longest), longest),
            below=self.note(change, longest),
            trend=trend,
        )

    def action(self, action: Action, longest: int = SENTENCE) -> Entry:
        words = self.words
        due = words.say("now_due", text=words.day(action.new_due_on)) if action.new_due_on else words.say("no_new_date")
        late = f"{words.say('days_late', n=action.days_late)}; {due}" if action.days_late > 0 else ""
        if not late and action.due_on:
            late = words.day(action.due_on)
        owner = f"{action.owner}: " if action.owner else ""
        text = self._clean(f"{owner}{closed(action.title)}", longest)
        return Entry(mark=self._clean(action.number), text=text, below=self._clean(late), inline=True)

    def line(self, line: Line, longest: int = SENTENCE) -> Entry:
        return Entry(mark="?", text=self._clean(line.text, longest), below=self.note(line, longest))

    def note(self, piece: Change | Line, longest: int) -> str:
        if not piece.note:
            return ""
        words = self.words
        said = (
            words.say("note", by=piece.note_by, text=piece.note)
            if piece.note_by
            else words.say("note_nameless", text=piece.note)
        )
        return self._clean(said, longest)

    def _clean(self, text: str, longest: int = SENTENCE) -> str:
        return clean(text, self.words.say("clipped"), longest)


def _heaviest_first(change: Change) -> tuple[bool, float]:
    """What did not move comes last: it is no news."""
    return change.trend is Trend.SAME, -change.weight
