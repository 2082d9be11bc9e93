"""Drawing an edition: from a cut packet to the mail, the PDFs and the evidence file.

Everything here is a pure function of its arguments: the same snapshot renders the same bytes. The PDFs are the same
for all readers of an edition; only the mail's lines for one person differ.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from firstbell.packet.mail import mail_html
from firstbell.packet.model import Cover, Packet
from firstbell.packet.page_one import may_show, page_one
from firstbell.packet.page_parts import PageOne
from firstbell.packet.pdf import common_data, ready_document, write
from firstbell.packet.pdf_agenda import Agenda
from firstbell.packet.pdf_appendix import appendix_data
from firstbell.packet.pdf_room import set_packet
from firstbell.packet.text import mail_text
from firstbell.packet.words import Words

MOST_BYTES = 80_000
"""Bytes of HTML: some mail programs cut a longer message (Gmail at about 102 kB)."""


@dataclass(frozen=True)
class RenderedMail:
    """The mail for one reader; `subject` is one line."""

    subject: str
    html: str
    text: str
    language: str = "en"


@dataclass(frozen=True)
class EditionFiles:
    """What all readers of an edition share.

    `pages` says on which page of the PDF each part stands ("section-3", "changed", "last"); `notes` are for the
    delivery log: characters that were replaced, a form that was not possible.
    """

    pdf: bytes
    appendix_pdf: bytes | None
    evidence_json: str
    pages: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class RenderedEdition:
    """An edition in all its forms."""

    subject: str
    html: str
    text: str
    pdf: bytes
    appendix_pdf: bytes | None
    evidence_json: str
    notes: tuple[str, ...] = ()


def render(packet: Packet, edition: str, cover: Cover | None = None) -> RenderedEdition:
    """An already cut packet in every form; KeyError for an edition that does not exist.

    `cover` adds one person's lines to the mail, never to the PDFs.
    """
    files = render_edition(packet, edition)
    mail = render_mail(packet, edition, cover, files.pages)
    return RenderedEdition(
        subject=mail.subject,
        html=mail.html,
        text=mail.text,
        pdf=files.pdf,
        appendix_pdf=files.appendix_pdf,
        evidence_json=files.evidence_json,
        notes=files.notes,
    )


def render_edition(packet: Packet, edition: str) -> EditionFiles:
    """The files of an edition. The PDF has at most eight pages: the appendix holds what had to be cut."""
    words = Words(packet.heading.language)
    page = page_one(packet, edition)
    evidence = evidence_json(packet, edition)
    document, agenda = set_packet(packet, edition, page, words, evidence)
    pdf, notes = write(document, words)
    appendix, appendix_notes = _appendix(packet, edition, page, agenda, words)
    return EditionFiles(
        pdf=pdf,
        appendix_pdf=appendix,
        evidence_json=evidence,
        pages=document.pages,
        notes=tuple(dict.fromkeys((*notes, *appendix_notes))),
    )


def render_mail(packet: Packet, edition: str, cover: Cover | None, pages: Mapping[str, int]) -> RenderedMail:
    """The mail for one reader; `pages` as in `EditionFiles`."""
    words = Words(packet.heading.language)
    page = page_one(packet, edition, cover)
    html, text = mail_html(page, words, pages), mail_text(page, words, pages)
    return RenderedMail(page.subject, html, text, words.language)


def evidence_json(packet: Packet, edition: str) -> str:
    """Every figure that the edition may hold with its whole evidence, as JSON in a fixed order."""
    heading = packet.heading
    evidence = {
        "district": heading.district,
        "sample_data": heading.sample,
        "edition": edition,
        "team": packet.team_key,
        "meeting": packet.meeting_key,
        "stage": heading.stage,
        "revision": heading.revision,
        "as_of": packet.as_of.isoformat() if packet.as_of else None,
        "known_at": packet.known_at.isoformat() if packet.known_at else None,
        "figures": [figure.model_dump(mode="json", exclude={"audience"}) for figure in packet.figures],
    }
    return json.dumps(evidence, indent=1) + "\n"


def _appendix(
    packet: Packet, edition: str, page: PageOne, agenda: Agenda, words: Words
) -> tuple[bytes | None, tuple[str, ...]]:
    if not may_show(edition, "appendix"):
        return None, ()
    data = appendix_data(packet.appendix, agenda, words)
    if data is None:
        return None, ()
    title = f"{words.say('appendix')}: {page.subject}"
    whole = {**common_data(packet, page, words), **data, "title": title}
    return write(ready_document("appendix.typ", whole, words), words)
