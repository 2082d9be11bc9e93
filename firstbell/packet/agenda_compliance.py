"""Agenda item 3, its last part: the duties that the district keeps evidence for."""

from __future__ import annotations

from collections import Counter

from firstbell.kpi import Light
from firstbell.metrics.compliance import ItemState, item_state, item_states
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Line, Row, Table
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import ControlResult

_LIGHT_OF_ITEM = {
    ItemState.CURRENT: Light.MET,
    ItemState.EXPIRING: Light.CLOSE,
    ItemState.WARNED: Light.CLOSE,
    ItemState.EXPIRED: Light.MISSED,
    ItemState.FAILED: Light.MISSED,
    ItemState.UNKNOWN: Light.NOT_KNOWN,
    ItemState.MANUAL: Light.NOT_KNOWN,
}
_WORST_FIRST = (
    ItemState.FAILED,
    ItemState.EXPIRED,
    ItemState.UNKNOWN,
    ItemState.MANUAL,
    ItemState.WARNED,
    ItemState.EXPIRING,
)
"""Item states that get a row of their own; the rest is counted."""


def compliance_lines(material: Material) -> list[Line]:
    """How many items are evidenced, expiring, expired, waived and unknown; nothing where nobody keeps them."""
    silent = silent_line(material, "compliance", "compliance", ControlResult, Audience.SECURITY)
    return [line for line in (silent, _compliance_line(material)) if line is not None]


def _compliance_line(material: Material) -> Line | None:
    words = material.wording
    results = material.heard(ControlResult)
    if not results:
        return None
    counts = item_states(results, material.facts.today, material.facts.policies.compliance)
    parts = [words.say(f"items_{state}", n=counts[state]) for state in ItemState if counts[state]]
    return Line(
        audience=Audience.SECURITY,
        item="compliance",
        text=words.say("compliance_line", n=len(results), parts=words.listed(parts)),
        weight=3 if any(counts[state] for state in _WORST_FIRST) else 0,
        **note_on(material, "compliance"),
    )


def compliance_table(material: Material) -> Table | None:
    """The items that need a look, worst first; the others are counted in the caption, each state by itself."""
    words, facts = material.wording, material.facts
    results = material.heard(ControlResult)
    if not results:
        return None
    judged = [(item_state(result, facts.today, facts.policies.compliance), result) for result in results]
    shown = sorted(
        (pair for pair in judged if pair[0] in _WORST_FIRST),
        key=lambda pair: (_WORST_FIRST.index(pair[0]), pair[1].entity_key),
    )
    others = Counter(state for state, _ in judged if state not in _WORST_FIRST)
    counted = words.listed(words.say(f"items_{state}", n=others[state]) for state in ItemState if others[state])
    titles = ("item", "state", "ends", "owner")
    return Table(
        audience=Audience.SECURITY,
        caption=words.say("compliance_caption_besides", counted=counted) if others else words.say("compliance_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=tuple(_item_row(material, state, result) for state, result in shown),
    )


def owner_of(material: Material, result: ControlResult) -> str:
    """Who answers for an item; what a tool looked at belongs to who looks after the tool."""
    if result.owner_role:
        return material.role(result.owner_role)
    told = material.facts.by_source(ControlResult)
    owners = [one.owner_role for one in material.sources if result in told.get(one.source_key, ())]
    return material.role(owners[0]) if owners else ""


def _item_row(material: Material, state: ItemState, result: ControlResult) -> Row:
    words = material.wording
    title = material.names.controls.get(f"{result.framework}/{result.code}", f"{result.framework} {result.code}")
    if result.subject != "district":
        title = words.say("item_of", title=title, subject=material.names.services.get(result.subject, result.subject))
    return Row(
        audience=Audience.SECURITY,
        light=_LIGHT_OF_ITEM.get(state),
        cells=(
            title,
            words.say(f"state_{state}"),
            words.full_date(result.expires_on) if result.expires_on else "",
            owner_of(material, result),
        ),
    )
