"""What the words of an answer mean: a note on a line, something for the agenda, a leader's word on an item."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from firstbell.intake.words import SaidLine, two_sentences

KINDS = {
    "add an agenda item": "item",
    "add agenda item": "item",
    "agenda item": "item",
    "agenda": "item",
    "question": "question",
    "idea": "idea",
    "challenge": "idea",
    "punto del orden del día": "item",
    "agregar un punto": "item",
    "pregunta": "question",
}
"""What a subject, a first line or the part of our address behind a plus says, and the kind of item that it means."""

REPLY_MARK = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|sv|rv|antw)\s*(?:\[\d+\])?\s*:\s*|\[[^\]]{0,80}\]\s*)", re.IGNORECASE
)
LEADERS_WORD = re.compile(
    r"^(accept|answer|decline|aceptar|responder|rechazar)\s+(I-\d{1,6})\b\s*[:,.–-]*\s*(.*)$", re.IGNORECASE
)
MARK = re.compile(r"\[([^\[\]\s]{1,200})\]")
SURE = 12
"""Characters from which on words that stand somewhere in our letter are taken to come from there."""
ADDRESS = re.compile(r"<(?:https?|mailto):[^<>\s]{1,2000}>", re.IGNORECASE)
MOST_WANTED = 10
"""Things for the agenda that are kept of one mail."""
SPANISH = {"aceptar": "accept", "responder": "answer", "rechazar": "decline"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something for a coming meeting's agenda, cut to two sentences."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemWord:
    """What a leader says of an item: `verb` is accept, answer or decline."""

    verb: str
    item_key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """All that an answer says. `notes` are by line key; `plain` are own words that belong to none of the rest."""

    wanted: tuple[Wanted, ...] = ()
    words: tuple[ItemWord, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    plain: str = ""

    def without_notes(self) -> Meaning:
        """What can be kept beside minutes: the letter's lines belong to a meeting that is over."""
        return replace(self, notes={}, plain=_joined([*self.notes.values(), self.plain]))


def meaning_of(
    subject: str,
    lines: Sequence[SaidLine],
    *,
    recipients: Collection[str] = (),
    address: str = "",
    keys: Collection[str] = (),
    letter: str = "",
) -> Meaning:
    """Read an answer. `address` is where answers go, `keys` are the lines that its writer may explain, `letter` is the
    text of our letter that it answers."""
    ours = _Letter(letter)
    words, rest = _leaders_words(lines, ours.holds_each(lines))
    kind, title = _named_kind(_own_subject(subject))
    pieces = _Pieces(ours, keys, kind or _kind_in_address(recipients, address), title)
    for line, held in rest:
        pieces.read(line, held)
    wanted = tuple(Wanted(kind, text) for kind, texts in pieces.wanted if (text := two_sentences(_joined(texts))))
    notes = {key: text for key, texts in pieces.notes.items() if (text := two_sentences(_joined(texts)))}
    plain = two_sentences(_joined(pieces.plain))
    if len(keys) == 1 and plain and not (notes or wanted or words):
        notes, plain = {next(iter(keys)): plain}, ""
    return Meaning(wanted=wanted, words=words, notes=notes, plain=plain)


def marks_in(letter: str) -> list[str]:
    """What stands in brackets in our letter: the keys of the lines that it asks to explain, among other things."""
    return list(dict.fromkeys(MARK.findall(letter)))


def _own_subject(subject: str) -> str:
    """A subject without the marks of replies, forwards and lists."""
    while found := REPLY_MARK.match(subject):
        subject = subject[found.end() :]
    return subject


def _named_kind(line: str, *, alone: bool = True) -> tuple[str, str]:
    """The kind that a line names in front of a colon, or, where it may, all by itself, and what follows."""
    name, colon, rest = line.partition(":")
    kind = KINDS.get(" ".join(name.casefold().split()), "")
    return (kind, rest.strip()) if kind and (colon or alone) else ("", "")


def _kind_in_address(recipients: Collection[str], address: str) -> str:
    """The kind that the writer put behind a plus into our address: tech+question@example.org."""
    local, _, domain = address.casefold().rpartition("@")
    for recipient in recipients:
        theirs, _, their_domain = recipient.rpartition("@")
        if their_domain == domain and theirs.startswith(f"{local}+"):
            return KINDS.get(theirs.removeprefix(f"{local}+"), "")
    return ""


def _leaders_words(
    lines: Sequence[SaidLine], held: Sequence[bool]
) -> tuple[tuple[ItemWord, ...], list[tuple[SaidLine, bool]]]:
    words, rest = [], []
    for line, is_ours in zip(lines, held, strict=True):
        found = None if line.quoted or is_ours else LEADERS_WORD.match(line.text)
        if found:
            verb = found[1].casefold()
            words.append(ItemWord(SPANISH.get(verb, verb), found[2].upper(), two_sentences(found[3])))
        else:
            rest.append((line, is_ours))
    return tuple(words), rest


class _Letter:
    """Our own letter, to tell what somebody wrote into it however the lines were broken since."""

    def __init__(self, text: str) -> None:
        self._lines = {_squeezed(line) for line in text.splitlines()}
        self._whole = _squeezed(text)

    def holds(self, text: str, *, quoted: bool) -> bool:
        """Whether these words are ours; where the letter is not kept any more, all that are quoted are."""
        squeezed = _squeezed(text)
        if not self._whole or not squeezed:
            return quoted and bool(text)
        return squeezed in self._lines or (len(squeezed) >= SURE and squeezed in self._whole)

    def holds_each(self, lines: Sequence[SaidLine]) -> list[bool]:
        """The same of each line; a short one is ours as well when it goes on from, or leads to, a line of ours."""
        spoken = [index for index, line in enumerate(lines) if line.text]
        held = [self.holds(line.text, quoted=line.quoted) for line in lines]
        sure = list(held)
        for first, second in pairwise(spoken):
            both = _squeezed(lines[first].text + lines[second].text)
            if sure[first] != sure[second] and len(both) >= SURE and both in self._whole:
                held[first] = held[second] = True
        return held


class _Pieces:
    """An answer, cut at the marks of lines, "[IP-01]" or "IP-01:", and where it says "Question:" or the like.

    Some programs quote nothing, or mark everything as quoted: what stands below a mark and not in our letter was added,
    and what stands in our letter is never taken for the writer's words.
    """

    def __init__(self, ours: _Letter, keys: Collection[str], kind: str, title: str) -> None:
        self.notes: dict[str, list[str]] = {}
        self.wanted: list[tuple[str, list[str]]] = []
        self.plain: list[str] = []
        self._ours = ours
        self._keys = {key.casefold(): key for key in keys}
        self._current = self.plain
        self._below_mark = self._begun = False
        if kind:
            self._want(kind, title)

    def read(self, line: SaidLine, held: bool) -> None:
        """One more line; `held` says that it is our own."""
        key, text = _marked(line, self._keys)
        held = held or (bool(text) and self._ours.holds(text, quoted=line.quoted))
        own = bool(text) and not held and not line.quoted
        kind, title = _named_kind(line.text, alone=not self._begun) if own and not key else ("", "")
        self._begun = self._begun or own
        if key:
            self._current, self._below_mark = self.notes.setdefault(key, []), True
        elif kind and len(self.wanted) < MOST_WANTED:
            self._want(kind, title)
            return
        elif kind or (held and self._below_mark):
            self._current, self._below_mark = self.plain, False
        if own or (text and not held and self._below_mark):
            self._current.append(text)

    def _want(self, kind: str, title: str) -> None:
        self._current, self._below_mark = [title], False
        self.wanted.append((kind, self._current))


def _squeezed(text: str) -> str:
    """Letters and digits alone: programs break lines, add addresses behind links, and stars around what is bold."""
    bare = ADDRESS.sub("", text).casefold()
    return "".join(filter(str.isalnum, bare)) or "".join(bare.split())


def _marked(line: SaidLine, keys: Mapping[str, str]) -> tuple[str, str]:
    """The line key that a line bears as its mark, and the words that are not part of the mark."""
    marks = [mark for mark in MARK.finditer(line.text) if mark[1].casefold() in keys]
    if len(marks) == 1:
        return keys[marks[0][1].casefold()], line.text[marks[0].end() :].lstrip(":–- ").strip()
    first, colon, rest = line.text.partition(":")
    if colon and not line.quoted and first.strip().casefold() in keys:
        return keys[first.strip().casefold()], rest.strip()
    return "", line.text


def _joined(texts: Sequence[str]) -> str:
    """Lines as one text; a line that ends without a mark flows into the next."""
    return " ".join(text for text in texts if text)
