"""The mail's HTML part: page one in one column, readable without images, in light, in dark and in grey."""

from __future__ import annotations

from collections.abc import Mapping

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.packet.page_parts import PageOne
from firstbell.packet.palette import DARK, LIGHT, ink_of
from firstbell.packet.text import more, more_own
from firstbell.packet.words import TEMPLATES, Words


def mail_html(page: PageOne, words: Words, pages: Mapping[str, int]) -> str:
    """Page one as a whole HTML document without anything remote. `pages` as in `mail_text`."""
    document = _ENVIRONMENT.get_template("mail.html.j2").render(
        page=page,
        words=words,
        light=LIGHT,
        dark=DARK,
        ink_of=ink_of,
        more=lambda block: more(block.key, block.left_out, words, pages),
        more_own=more_own(page, words, pages),
        more_corrections=more("corrections", page.corrections_left_out, words, pages),
    )
    return _INLINER.inline(document)


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# Mail programs that drop <style> keep the light colours; the others read the kept rules for dark.
_INLINER = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
