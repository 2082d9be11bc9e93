"""A short mail that is no packet: an owner's preview, an addendum, an invitation, each as text and as HTML."""

from __future__ import annotations

from dataclasses import dataclass

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.packet.glyphs import loosened
from firstbell.packet.palette import DARK, LIGHT
from firstbell.packet.render import RenderedMail
from firstbell.packet.text import hang, spread
from firstbell.packet.words import TEMPLATES


@dataclass(frozen=True, slots=True)
class Entry:
    """One point: its mark ("1", "Worse"), its text, what stands below it, and where an answer to it goes.

    `tone` (worse or better) colours the mark, which says the same in words.
    """

    text: str
    mark: str = ""
    tone: str = ""
    below: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A headed list of points."""

    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """All that such a mail says, in order. `label` names sample data, `edition` who may read it."""

    subject: str
    language: str
    district: str
    title: str
    edition: str = ""
    label: str = ""
    banner: str = ""
    opening: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    closing: tuple[str, ...] = ()


def render_notice(notice: Notice) -> RenderedMail:
    """The mail in both forms; the text part is complete by itself in 72 columns."""
    html = _HTML.get_template("notice.html.j2").render(notice=notice, light=LIGHT, dark=DARK)
    text = _TEXT.get_template("notice.txt.j2").render(notice=notice, hang=hang, spread=spread)
    lines = "\n".join(line.rstrip() for line in loosened(text).strip().splitlines())
    return RenderedMail(notice.subject, _INLINER.inline(html), f"{lines}\n", notice.language)


def _environment(*, autoescape: bool) -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=autoescape,  # noqa: S701  a text/plain part has no markup to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


_HTML = _environment(autoescape=True)
_TEXT = _environment(autoescape=False)
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
