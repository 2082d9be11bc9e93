"""One packet in every language that its readers read: the same material, worded once a language."""

from __future__ import annotations

from dataclasses import replace

from firstbell.briefing.gather import instrument_in, names_of
from firstbell.config.loaded import District
from firstbell.packet.audience import in_language
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording


def composed(district: District, material: Material) -> Packet:
    """The packet in the district's language, with its translations inside it: they are frozen together."""
    others = (compose(spoken(district, material, language)) for language in _others(material))
    return compose(material).model_copy(update={"translations": tuple(others)})


def spoken(district: District, material: Material, language: str) -> Material:
    """The same material to be worded in another language; what people wrote stays as they wrote it."""
    wording = Wording(district.zone, language)
    names = names_of(district, wording)
    return replace(
        material,
        wording=wording,
        names=names,
        instrument=instrument_in(wording),
        printed=_printed(material.printed, language) if material.printed else None,
        sources=tuple(replace(one, title=names.sources.get(one.source_key, one.title)) for one in material.sources),
    )


def _printed(printed: Packet, language: str) -> Packet:
    """What was printed before, in that language, under the same day."""
    found = in_language(printed, language)
    heading = found.heading.model_copy(update={"meeting_at": printed.heading.meeting_at})
    return found.model_copy(update={"heading": heading})


def _others(material: Material) -> list[str]:
    settings = material.district.packet
    wanted = {*settings.languages.values(), *(reader.language for reader in material.readers)}
    return sorted(wanted - {material.wording.language})
