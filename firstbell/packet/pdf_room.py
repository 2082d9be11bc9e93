"""How much of the agenda the packet's pages have room for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from firstbell.packet.model import Packet
from firstbell.packet.page_one import may_show
from firstbell.packet.page_parts import PageOne
from firstbell.packet.pdf import Document, common_data, set_document
from firstbell.packet.pdf_agenda import LEVELS, Agenda, AgendaSetter, Limits
from firstbell.packet.words import Words

MOST_PAGES = 8
ON_A_PAGE = {"rest": 45, "lines": 35}
"""About how many pieces of a kind take a page."""


def set_packet(packet: Packet, edition: str, page: PageOne, words: Words, evidence: str) -> tuple[Document, Agenda]:
    """The packet at the first level of cutting that keeps to `MOST_PAGES`; the last one always does.

    What this level leaves out comes back as far as the pages have room for it. Charts may take new pages for that, and
    so may lines where a longer agenda was cut; else lines only fill the last page there is.
    """
    attached = evidence if edition == "technical" else None
    common = common_data(packet, page, words)

    def laid_out(limits: Limits) -> tuple[Document, Agenda]:
        setter = AgendaSetter(packet, words, limits, appendix=may_show(edition, "appendix"))
        agenda = setter.set(page)
        data = {**common, "sections": agenda.sections, "bare": setter.is_bare(), "rest": agenda.rest}
        return set_document("packet.typ", data, words, attached), agenda

    for level in LEVELS:
        limits, found = level, laid_out(level)
        if found[0].pages["last"] <= MOST_PAGES:
            break

    def with_more(kind: str, steps: Iterable[int], most: int) -> tuple[Limits, tuple[Document, Agenda]]:
        for more in steps:
            wider = replace(limits, **{kind: getattr(limits, kind) + more})
            roomier = laid_out(wider)
            if roomier[0].pages["last"] <= most:
                return wider, roomier
        return limits, found

    limits, found = with_more("charts", range(max(found[1].left["charts"], default=0), 0, -1), MOST_PAGES)
    for kind, on_a_page in ON_A_PAGE.items():
        most = found[0].pages["last"] if level is LEVELS[0] else MOST_PAGES
        room = found[0].room + most - found[0].pages["last"]
        more = _more_of_each(found[1].left[kind], round(room * on_a_page))
        limits, found = with_more(kind, sorted({more, more * 2 // 3, more // 3} - {0}, reverse=True), most)
    return found


def _more_of_each(left: Sequence[int], room: int) -> int:
    """How many more each section may show, where these are left out and there is room for so many in all.

    >>> _more_of_each([30, 2, 0], 12)
    10
    """
    fitting = (more for more in range(max(left, default=0), 0, -1) if sum(min(one, more) for one in left) <= room)
    return next(fitting, 0)
