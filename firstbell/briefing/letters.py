"""The letters of a packet: each reader's own mail around the edition that the reader's role may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from firstbell.briefing.freeze import Frozen
from firstbell.config.rehearsal import MARK
from firstbell.delivery.message import Attachment, CalendarPart, Letter, one_line
from firstbell.files import whole_folder
from firstbell.packet.audience import EDITIONS, cover_of, cut, in_language
from firstbell.packet.material import Reader
from firstbell.packet.model import Cover, Packet
from firstbell.packet.render import EditionFiles, RenderedMail, render_edition, render_mail
from firstbell.packet.wording import Wording
from firstbell.store.models import PacketRow
from firstbell.store.outbox import NewMessage
from firstbell.workplace import Workplace

ADDRESSES_KEPT = timedelta(days=120)
KIND = "packet"
LEADER = "team_leader"


Wanted = tuple[str, str]
"""An edition and the language that it is wanted in."""


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition in one language, cut and drawn."""

    name: str
    packet: Packet
    files: EditionFiles


def draw(packet: Packet, wanted: Iterable[Wanted] | None = None) -> dict[Wanted, Edition]:
    """The editions of a packet, each drawn once in each wanted language; without a wish all in the packet's own.

    Two are drawn at a time: Typst lets go of the interpreter while it sets pages.
    """
    wishes = [(name, packet.heading.language) for name in EDITIONS] if wanted is None else wanted
    cuts = {wish: cut(in_language(packet, wish[1]), wish[0]) for wish in wishes}
    with ThreadPoolExecutor(max_workers=2) as pool:
        files = pool.map(render_edition, cuts.values(), [name for name, _ in cuts])
        drawn = zip(cuts.items(), files, strict=True)
        return {wish: Edition(wish[0], part, each) for (wish, part), each in drawn}


def wanted(work: Workplace, readers: Iterable[Reader]) -> list[Wanted]:
    """Every edition in its own language, and those that readers read in another."""
    settings = work.district.about.packet
    own = [(name, settings.language_of(name)) for name in EDITIONS]
    return list(dict.fromkeys([*own, *((reader.edition, reader.language) for reader in readers)]))


def letters(
    work: Workplace,
    frozen: Frozen,
    readers: Sequence[Reader],
    *,
    resend_number: int = 0,
    editions: dict[Wanted, Edition] | None = None,
) -> list[NewMessage]:
    """One message a reader, as it is to be kept in the outbox. Readers without an address get none.

    Readers to whose edition nothing or the same is added share one drawing of the mail, all of an edition its files.
    In rehearsal every message goes to the installer under a key of its own, so that going live sends afresh.
    """
    drawn = editions or draw(frozen.packet, sorted({(reader.edition, reader.language) for reader in readers}))
    packets = {language: in_language(frozen.packet, language) for language in {reader.language for reader in readers}}
    attached = {wish: _attachments(frozen, edition) for wish, edition in drawn.items()}
    mails: dict[tuple[Wanted, Cover | None], RenderedMail] = {}
    found = []
    for reader in readers:
        if not reachable(work, reader.person_key):
            continue
        wish, cover = (reader.edition, reader.language), cover_of(packets[reader.language], reader.person_key)
        alike = wish, cover and cover.model_copy(update={"person_key": ""})
        if alike not in mails:
            edition = drawn[wish]
            mails[alike] = render_mail(edition.packet, edition.name, cover, edition.files.pages)
        found.append(post(work, frozen.row, reader, mails[alike], attached[wish], resend_number=resend_number))
    return found


def reachable(work: Workplace, person_key: str) -> bool:
    """Whether a letter for this person has somewhere to go; in rehearsal every one goes to the installer."""
    return work.rehearsing or bool(work.district.person(person_key).email)


def post(
    work: Workplace,
    row: PacketRow,
    reader: Reader,
    mail: RenderedMail,
    attachments: Sequence[Attachment] = (),
    *,
    in_reply_to: str = "",
    calendar: CalendarPart | None = None,
    resend_number: int = 0,
) -> NewMessage:
    """One reader's mail about what is frozen as `row`, in the reader's own edition, with all that makes it one mail
    for good: key, address, Message-ID and bytes."""
    about = work.district.about
    key = message_key(work, row, reader, resend_number)
    address, name = recipient(work, reader.person_key)
    subject = mail.subject
    if work.rehearsing:
        wording, person = Wording(work.district.zone, about.packet.language), work.district.person(reader.person_key)
        subject = wording.say("rehearsal_subject", name=person.name, subject=subject)
    letter = Letter(
        message_key=key,
        sender=about.mail.sender,
        sender_name=about.mail.sender_name or about.name,
        recipient=address,
        recipient_name=name,
        reply_to=reply_address(work, row),
        subject=one_line(subject),
        text=mail.text,
        html=mail.html,
        language=mail.language,
        list_id=f"{row.team_key}.{about.mail.sender.rpartition('@')[2]}",
        written_at=row.composed_at,
        attachments=attachments,
        in_reply_to=in_reply_to,
        calendar=calendar,
        seal=work.seal,
    )
    return NewMessage(
        message_key=key,
        kind=KIND,
        team_key=row.team_key,
        meeting_key=row.meeting_key,
        stage=row.stage,
        revision=row.revision,
        edition=reader.edition,
        person_key=reader.person_key,
        address=address,
        address_expires_on=(row.composed_at + ADDRESSES_KEPT).date(),
        message_id=letter.message_id,
        message=letter.own_headers(),
        body=letter.body(),
        resend_number=resend_number,
    )


def recipient(work: Workplace, person_key: str) -> tuple[str, str]:
    """The address and the name that a mail for somebody goes to; in rehearsal the testers' or the installer's."""
    if work.rehearsing:
        return work.district.about.rehearsal_address, work.district.about.rehearsal_name
    person = work.district.person(person_key)
    return person.email, person.name


def message_key(work: Workplace, row: PacketRow, reader: Reader, resend_number: int = 0) -> str:
    """The name under which the outbox knows a mail for good (docs/design.md, section 8)."""
    parts = (KIND, row.team_key, row.meeting_key, row.stage, row.revision, reader.edition, reader.person_key)
    return f"{MARK if work.rehearsing else ''}{'/'.join(map(str, parts))}/{resend_number}"


def reply_address(work: Workplace, row: PacketRow) -> str:
    """Where an answer goes: into the inbox where there is one, and to whoever leads the team."""
    leaders = work.district.holders(LEADER, row.team_key, row.as_of.astimezone(work.district.zone).date())
    leader = next((one.email for one in leaders if one.email), "")
    inbox = work.district.about.mail.inbox
    return ", ".join(filter(None, (inbox.address if inbox else "", leader)))


def _attachments(frozen: Frozen, edition: Edition) -> list[Attachment]:
    stem = file_stem(frozen.packet, edition.name)
    found = [Attachment(f"{stem}.pdf", "application/pdf", edition.files.pdf)]
    if edition.files.appendix_pdf is not None:
        found.append(Attachment(f"{stem}-appendix.pdf", "application/pdf", edition.files.appendix_pdf))
    return found


def file_stem(packet: Packet, edition: str) -> str:
    """The name of an edition's files: team, meeting's date, edition."""
    return f"{packet.team_key}-{meeting_day(packet)}-{edition}"


def meeting_day(packet: Packet) -> str:
    """The meeting's date by the district's clock, as file names hold it."""
    begins = packet.heading.meeting_at
    assert begins is not None, "every packet is for a meeting"
    return f"{begins.astimezone(ZoneInfo(packet.heading.time_zone)):%Y-%m-%d}"


def write_files(editions: Iterable[Edition], folder: Path) -> None:
    """Every form of the editions as files, with packet.json for the leadership's whole evidence beside them.

    Files: <edition>.pdf, .html, .txt, <edition>-appendix.pdf where there is one, packet.json; <edition>-es.pdf where
    an edition is there in another language too. The folder appears with all of them or not at all, and one that is
    there already stays. Raises FileError.
    """
    if folder.exists():
        return
    named: set[str] = set()
    with whole_folder(folder) as part:
        for edition in editions:
            mail = render_mail(edition.packet, edition.name, None, edition.files.pages)
            stem = f"{edition.name}-{mail.language}" if edition.name in named else edition.name
            named.add(edition.name)
            forms = {
                f"{stem}.pdf": edition.files.pdf,
                f"{stem}.html": mail.html.encode(),
                f"{stem}.txt": mail.text.encode(),
                f"{stem}-appendix.pdf": edition.files.appendix_pdf,
                "packet.json": edition.files.evidence_json.encode() if stem == "leadership" else None,
            }
            for name, content in forms.items():
                if content is not None:
                    (part / name).write_bytes(content)
