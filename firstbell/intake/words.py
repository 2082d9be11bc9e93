"""A mail's body as lines: what its writer says, apart from what is quoted, signed or added by a program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice

MOST_CHARACTERS = 200_000
MOST_LINE = 2_000
KEPT = 400
"""The longest free text that is kept, as long as a note on a line may be."""

QUOTE = re.compile(r"^[>|\s]*>\s?")
BEFORE_QUOTE = re.compile(
    r"^(on|el|am|le|em|op) .{4,300}(wrote|escribió|schrieb|a écrit|escreveu|schreef).{0,200}:\s*$", re.IGNORECASE
)
BEGINS_LIKE_ONE = re.compile(r"^(on|el|am|le|em|op) .{4,}", re.IGNORECASE)
ALL_QUOTED_BELOW = re.compile(
    r"^\s*(-{2,}\s*(original message|mensaje original|forwarded message|ursprüngliche nachricht)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
FROM_LINE = re.compile(r"^\*?(from|de|von):\*?\s", re.IGNORECASE)
NEXT_LINES = re.compile(
    r"^\*?(sent|date|to|subject|enviado|fecha|para|asunto|gesendet|an|betreff):\*?\s", re.IGNORECASE
)
"""What Outlook puts above the mail it quotes without marking a line of it."""
ADDED_BY_PROGRAM = re.compile(
    r"^(sent from my|get outlook for|enviado desde mi|obtener outlook|sent via)\b", re.IGNORECASE
)
SENTENCE_END = re.compile(r"(?<=[.!?…])[\"”’)]*\s+(?=[\"“‘(¿¡]*[A-ZÀ-Þ0-9])")
COMMENT = re.compile(r"<!--.*?-->|<!--.*\Z", re.DOTALL)
TOKEN = re.compile(
    r"<(?P<end>/?)(?P<tag>[a-z][a-z0-9]*)\b(?P<rest>[^<>]*)>|<[!?][^<>]*>|(?P<text>[^<]+)|<", re.IGNORECASE
)
"""Cut by hand: the standard library's parser takes a minute over 200 kB of unclosed comments."""
ELEMENT_ID = re.compile(r"""\bid\s*=\s*["']?([\w-]{1,100})""", re.IGNORECASE)
PARAGRAPHS = frozenset({"p", "div", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "pre", "hr"})
CELLS = frozenset({"td", "th"})
UNSEEN = frozenset({"style", "script", "head", "title"})
HISTORY_IDS = frozenset({"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"})
HISTORY_CLASS = "yahoo_quoted"
"""Yahoo puts a number or a prefix of its own around it."""


@dataclass(frozen=True, slots=True)
class SaidLine:
    """One line of a body; `quoted` ones are our own letter come back."""

    text: str
    quoted: bool = False


def lines_of_text(text: str) -> list[SaidLine]:
    """The lines of a plain text body. Attributions, signatures and what programs add are left out.

    Where an attribution is followed by text that bears no mark, all the rest is taken for the earlier mail.

    >>> [(line.text, line.quoted) for line in lines_of_text("Yes.\\n\\nOn Monday Ada wrote:\\n> May we?\\n")]
    [('Yes.', False), ('', False), ('May we?', True)]
    """
    return list(_sorted_out(line[:MOST_LINE] for line in text[:MOST_CHARACTERS].splitlines()))


def _sorted_out(lines: Iterable[str]) -> Iterator[SaidLine]:
    waiting = [line.strip() for line in lines]
    all_quoted = signed = False
    skip = 0
    for index, line in enumerate(waiting):
        if skip:
            skip -= 1
        elif QUOTE.match(line):
            yield SaidLine(QUOTE.sub("", line).lstrip("> ").rstrip(), quoted=True)
        elif all_quoted:
            yield SaidLine(line, quoted=True)
        elif skip := _attribution(waiting, index):
            all_quoted = not _marks_follow(waiting, index + skip)
            skip -= 1
        elif ALL_QUOTED_BELOW.match(line) or _is_history(waiting, index):
            all_quoted = True
        elif line == "--" or ADDED_BY_PROGRAM.match(line):
            signed = True
        elif not signed:
            yield SaidLine(line)


def _attribution(lines: list[str], index: int) -> int:
    """How many lines, from this one, say who wrote what is quoted below: 0 where none does. Programs wrap them."""
    if not BEGINS_LIKE_ONE.match(lines[index]):
        return 0
    for length in (1, 2, 3):
        if BEFORE_QUOTE.match(" ".join(lines[index : index + length])):
            return length
    return 0


def _marks_follow(lines: list[str], index: int) -> bool:
    """Whether the next line that says anything, from this one on, is marked as a quotation."""
    following = next((line for line in islice(lines, index, None) if line), ">")
    return bool(QUOTE.match(following))


def _is_history(lines: list[str], index: int) -> bool:
    """Whether the headers of an earlier mail begin here: who wrote it, and right below when, to whom or about what."""
    return bool(FROM_LINE.match(lines[index])) and any(map(NEXT_LINES.match, lines[index + 1 : index + 4]))


def lines_of_html(html: str) -> list[SaidLine]:
    """The lines of an HTML body, quoted where they stand in a quotation."""
    reader = _Lines()
    for token in TOKEN.finditer(COMMENT.sub("", html[:MOST_CHARACTERS])):
        if token["text"]:
            reader.text(unescape(token["text"]))
        elif token["tag"]:
            reader.tag(token["tag"].casefold(), token["rest"], ends=bool(token["end"]))
    reader.end_line()
    return list(_sorted_out(f"> {line.text}" if line.quoted else line.text for line in reader.lines))


class _Lines:
    """Text by lines, from an HTML body's tokens. An element that is never closed hides or quotes what follows."""

    def __init__(self) -> None:
        self.lines: list[SaidLine] = []
        self._text = ""
        self._quotes = 0
        self._unseen = 0
        self._rest_quoted = False

    def tag(self, name: str, rest: str, *, ends: bool) -> None:
        """An element begins or ends."""
        step = -1 if ends else 1
        if name in CELLS:
            self._text += " "
        elif name == "br":
            self.end_line()
        elif name in PARAGRAPHS or name == "blockquote":
            self._end_paragraph()
        if name in UNSEEN:
            self._unseen = max(0, self._unseen + step)
        elif name == "blockquote":
            self._quotes = max(0, self._quotes + step)
        elif _begins_history(rest):
            self._end_paragraph()
            self._rest_quoted = True

    def text(self, data: str) -> None:
        """What is shown, unless it stands where nothing is."""
        if not self._unseen:
            self._text = (self._text + data)[:MOST_LINE]

    def end_line(self) -> None:
        """Close the line that is being read."""
        text, self._text = " ".join(self._text.split()), ""
        if text:
            self.lines.append(SaidLine(text, self._quotes > 0 or self._rest_quoted))

    def _end_paragraph(self) -> None:
        self.end_line()
        if self.lines and self.lines[-1].text:
            self.lines.append(SaidLine("", self.lines[-1].quoted))


def _begins_history(attributes: str) -> bool:
    """Whether an element is the one in which a mail program puts the mail that is answered."""
    found = ELEMENT_ID.search(attributes)
    return bool(found and found[1].casefold() in HISTORY_IDS) or HISTORY_CLASS in attributes.casefold()


def two_sentences(text: str) -> str:
    """The first two sentences on one line, at most KEPT characters; a longer one ends in an ellipsis.

    >>> two_sentences("The disk came.  It is built in. More on Monday.")
    'The disk came. It is built in.'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 20 * KEPT]).split())
    kept = " ".join(SENTENCE_END.split(line)[:2])
    return kept if len(kept) <= KEPT else f"{kept[: KEPT - 1].rstrip()}…"
