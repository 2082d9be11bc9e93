"""What the words of an answer mean: a note on a line, something for the agenda, a leader's word on an item."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

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

    wanted: Wanted | None = None
    words: tuple[ItemWord, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)
    plain: str = ""


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
    words, rest = _leaders_words(lines)
    kind, title = _named_kind(_own_subject(subject))
    kind = kind or _kind_in_address(recipients, address)
    own = [line for line in rest if not line.quoted]
    if not kind:
        first = next((index for index, line in enumerate(own) if line.text), 0)
        kind, title = _named_kind(own[first].text) if own else ("", "")
        own = own[first + 1 :] if kind else own
    if kind:
        text = two_sentences(_joined([title, *(line.text for line in own)]))
        return Meaning(wanted=Wanted(kind, text) if text else None, words=words)
    notes, plain = _notes(rest, {key.casefold(): key for key in keys}, letter)
    if len(keys) == 1 and not notes and plain and not words:
        notes, plain = {next(iter(keys)): plain}, ""
    return Meaning(words=words, notes=notes, plain=plain)


def marks_in(letter: str) -> list[str]:
    """What stands in brackets in our letter: the keys of the lines that it asks to explain, among other things."""
    return list(dict.fromkeys(MARK.findall(letter)))


def _own_subject(subject: str) -> str:
    """A subject without the marks of replies, forwards and lists."""
    while found := REPLY_MARK.match(subject):
        subject = subject[found.end() :]
    return subject


def _named_kind(line: str) -> tuple[str, str]:
    """The kind that a line names in front of a colon, or all by itself, and what follows."""
    name, colon, rest = line.partition(":")
    kind = KINDS.get(" ".join(name.casefold().split()), "")
    return (kind, rest.strip()) if kind and (colon or not rest) else ("", "")


def _kind_in_address(recipients: Collection[str], address: str) -> str:
    """The kind that the writer put behind a plus into our address: tech+question@example.org."""
    local, _, domain = address.casefold().rpartition("@")
    for recipient in recipients:
        theirs, _, their_domain = recipient.rpartition("@")
        if their_domain == domain and theirs.startswith(f"{local}+"):
            return KINDS.get(theirs.removeprefix(f"{local}+"), "")
    return ""


def _leaders_words(lines: Sequence[SaidLine]) -> tuple[tuple[ItemWord, ...], list[SaidLine]]:
    words, rest = [], []
    for line in lines:
        found = None if line.quoted else LEADERS_WORD.match(line.text)
        if found:
            verb = found[1].casefold()
            words.append(ItemWord(SPANISH.get(verb, verb), found[2].upper(), two_sentences(found[3])))
        else:
            rest.append(line)
    return tuple(words), rest


def _notes(lines: Sequence[SaidLine], keys: Mapping[str, str], letter: str) -> tuple[dict[str, str], str]:
    """Own words by the line they speak of: below or behind its mark, "[IP-01]", or behind "IP-01:".

    Some programs quote nothing, or mark everything as quoted: what stands below a mark and not in our letter was added.
    """
    ours = _Letter(letter)
    said: dict[str, list[str]] = {}
    plain: list[str] = []
    current = ""
    for line in lines:
        key, text = _marked(line, keys)
        if line.quoted and text and ((not current and not key) or ours.holds(text)):
            current, text = key, ""
        current = key or current
        if text and current:
            said.setdefault(current, []).append(text)
        elif text:
            plain.append(text)
    notes = {key: note for key, texts in said.items() if (note := two_sentences(_joined(texts)))}
    return notes, two_sentences(_joined(plain))


class _Letter:
    """Our own letter, to tell what somebody wrote into it however the lines were broken since."""

    def __init__(self, text: str) -> None:
        self._lines = {_squeezed(line) for line in text.splitlines()}
        self._whole = _squeezed(text)

    def holds(self, text: str) -> bool:
        """Whether these words are ours; all are where the letter is not kept any more."""
        squeezed = _squeezed(text)
        return not self._whole or squeezed in self._lines or (len(squeezed) >= SURE and squeezed in self._whole)


def _squeezed(text: str) -> str:
    return "".join(text.casefold().split())


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
