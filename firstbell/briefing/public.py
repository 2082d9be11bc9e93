"""The public pages of all packets that may be public: written as they should be, again and again.

Public is a packet that was sent to its readers and whose meeting has begun; never a draft, a preview or what went to
the installer in rehearsal, and no meeting that was cancelled after its packet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from firstbell.briefing.addendum import told_last
from firstbell.briefing.freeze import Frozen, loaded
from firstbell.briefing.material_changes import CANCELLED
from firstbell.calendar import original_start, series_of
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.files import FileError, write_whole
from firstbell.packet.audience import in_language
from firstbell.packet.model import Packet
from firstbell.packet.public_page import EDITION, MARK, Link, index_page, packet_page, title_of
from firstbell.packet.words import Words
from firstbell.store.models import MessageState
from firstbell.store.outbox import messages
from firstbell.store.packets import latest_packet, meetings_with_packets
from firstbell.workplace import Workplace

FOLDER = "public"
"""Inside the state folder."""


@dataclass(frozen=True, slots=True)
class Written:
    """What one run did: `pages` stand there now, of these `changed` were new or different, `removed` are gone."""

    folder: Path
    pages: int = 0
    changed: int = 0
    removed: int = 0


def write_public(work: Workplace, folder: Path | None = None) -> Written:
    """Write every public page and the index. A page that is there already and the same stays untouched, one of ours
    that is no longer public is removed, and no other file is.

    Raises FileError.
    """
    target = folder or work.state / FOLDER
    pages = public_files(work)
    try:
        changed = [name for name, text in pages.items() if _replaced(target / name, text.encode())]
        ours = (path for path in target.glob("*.html") if MARK.encode() in path.read_bytes())
        gone = [path for path in ours if path.name not in pages]
        for path in gone:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"The public pages in {target} cannot be kept ({error.strerror}); mend its rights.") from error
    return Written(target, len(pages), len(changed), len(gone))


def _replaced(path: Path, content: bytes) -> bool:
    """Write a page unless it stands there already in the same words; whether that was needed."""
    if path.is_file() and path.read_bytes() == content:
        return False
    write_whole(path, content)
    return True


def public_files(work: Workplace) -> dict[str, str]:
    """All public pages by file name, the newest meeting first in the index; none before the first is public."""
    packets = sorted(_public(work), key=lambda one: original_start(one.meeting_key), reverse=True)
    if not packets:
        return {}
    main = work.district.about.packet.language_of(EDITION)
    spoken = {main: None, **{one: None for packet in packets for one in _languages(packet)}}
    pages = {}
    for packet in packets:
        for language in _languages(packet):
            others = [
                Link(_page_name(packet, other, main), Words(other).say("public_here"), other)
                for other in _languages(packet)
                if other != language
            ]
            name = _page_name(packet, language, main)
            pages[name] = packet_page(in_language(packet, language), _index_name(language, main), others)
    return {**pages, **_indexes(packets, list(spoken), main)}


def _indexes(packets: list[Packet], languages: list[str], main: str) -> Mapping[str, str]:
    found = {}
    for language in languages:
        meetings = [_entry(packet, language, main) for packet in packets]
        others = [
            Link(_index_name(other, main), Words(other).say("public_here"), other)
            for other in languages
            if other != language
        ]
        speaking = next((one for one in packets if language in _languages(one)), packets[0])
        found[_index_name(language, main)] = index_page(in_language(speaking, language), meetings, others)
    return found


def _entry(packet: Packet, language: str, main: str) -> Link:
    """The way to a packet's page in that language, or to the one there is."""
    there = in_language(packet, language)
    said = there.heading.language
    return Link(_page_name(packet, said, main), title_of(there), said if said != language else "")


def _languages(packet: Packet) -> list[str]:
    return [packet.heading.language, *(one.heading.language for one in packet.translations)]


def _page_name(packet: Packet, language: str, main: str) -> str:
    """By the meeting's original date: a page keeps its address when the meeting moves."""
    key = packet.meeting_key
    stem = f"{packet.team_key}-{series_of(key)}-{original_start(key):%Y-%m-%d}"
    return f"{stem}{_suffix(language, main)}.html"


def _index_name(language: str, main: str) -> str:
    return f"index{_suffix(language, main)}.html"


def _suffix(language: str, main: str) -> str:
    return "" if language == main else f"-{language}"


def _public(work: Workplace) -> list[Packet]:
    """The packets that may be public, under the time and place that readers were told last."""
    settings = work.district.about.public
    found = []
    for team in work.district.teams:
        with work.store.read() as connection:
            rows = [
                row
                for key in sorted(meetings_with_packets(connection, team.key))
                if _was_sent(connection, team.key, key)
                and (row := latest_packet(connection, team.key, key, "final")) is not None
            ]
        for row in rows:
            packet = _as_told(work, loaded(row))
            if packet is not None and (settings.before_meeting or _begun(packet, work)):
                found.append(packet)
    return found


def _was_sent(connection: Connection, team_key: str, meeting_key: str) -> bool:
    """Whether a mail server took the packet for one of its readers at least; what the installer got does not count."""
    sent = messages(connection, team_key=team_key, meeting_key=meeting_key, states=[MessageState.SENT])
    return any(one.stage == "final" and not prepared_in_rehearsal(one.message_key) for one in sent)


def _begun(packet: Packet, work: Workplace) -> bool:
    begins = packet.heading.meeting_at
    return begins is not None and begins <= work.clock()


def _as_told(work: Workplace, sent: Frozen) -> Packet | None:
    """The packet with the time of its newest addendum; None where that one says that the meeting is not held."""
    told = told_last(work, sent.row.team_key, sent.row.meeting_key)
    if told is None or any(change.item == CANCELLED for change in told.packet.changes):
        return None
    whole = sent.packet.model_copy(
        update={"translations": tuple(_under(one, told.packet) for one in sent.packet.translations)}
    )
    return _under(whole, told.packet)


def _under(packet: Packet, told: Packet) -> Packet:
    heading = in_language(told, packet.heading.language).heading
    if heading.language != packet.heading.language:
        return packet
    moved = {"meeting_at": heading.meeting_at, "meeting_text": heading.meeting_text}
    return packet.model_copy(update={"heading": packet.heading.model_copy(update=moved)})
