"""Agenda item 3, its second half: backups, restores, compliance and incidents."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from firstbell.intervals import Window
from firstbell.kpi import Light, Verdict
from firstbell.metrics.backups import Freshness, ProtectedSystem, deepest
from firstbell.metrics.compliance import ItemState, item_state, item_states
from firstbell.metrics.operation_formulas import backup_states
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Column, Line, Row, Table, Trend
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import BackupRun, BackupVerification, ControlResult, Record, RestoreTest

BACKUP_WEIGHT = 8.0
RESTORE_WEIGHT = 3.0

_LIGHT_OF = {
    Verdict.OK: Light.MET,
    Verdict.WARN: Light.CLOSE,
    Verdict.FAIL: Light.MISSED,
    Verdict.UNKNOWN: Light.NOT_KNOWN,
}
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


def states_at(material: Material, at: datetime) -> dict[str, Freshness]:
    """How each system's backup stood at an instant, as far as the packet's facts go back."""
    facts = material.facts
    then = facts.at(Window(min(facts.window.start, at), at))
    return {state.system_key: state for state in backup_states(then)}


def backup_table(material: Material) -> Table | None:
    """Each system of the inventory: newest good backup, how deep it was looked into, whether a restore was proven."""
    words, at = material.wording, material.facts.frame().until
    states = states_at(material, at)
    if not states or not _told(material, BackupRun):
        return None
    order = {Verdict.FAIL: 0, Verdict.UNKNOWN: 1, Verdict.WARN: 2, Verdict.OK: 3}
    systems = sorted(
        material.facts.systems or (), key=lambda one: (order[states[one.system_key].verdict], one.system_key)
    )
    titles = ("system", "newest_good", "limit", "looked_into", "restore")
    return Table(
        audience=Audience.SECURITY,
        caption=words.say("backups_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=tuple(_backup_row(material, system, states[system.system_key], at) for system in systems),
    )


def _told(material: Material, record_type: type[Record]) -> bool:
    """Whether anything tells of it: where nothing does, there is no never and no none, only not known."""
    return bool(material.facts.feeds(record_type))


def _backup_row(material: Material, system: ProtectedSystem, state: Freshness, at: datetime) -> Row:
    words, facts = material.wording, material.facts
    depth = deepest(
        system.system_key,
        facts.of(BackupVerification),
        facts.of(RestoreTest),
        at,
        facts.policies.compliance.evidence_max_age_days,
    )
    looked = words.say("never_looked" if _told(material, BackupVerification) else "not_known")
    if depth.depth is not None and depth.verified_at is not None:
        looked = words.say("depth", depth=words.say(f"depth_{depth.depth}"), day=material.day(depth.verified_at))
    return Row(
        audience=Audience.SECURITY,
        light=_LIGHT_OF[state.verdict],
        cells=(
            material.names.systems.get(system.system_key, system.system_key),
            material.moment(state.last_good_at) if state.last_good_at else words.say("no_good_backup"),
            words.duration(system.recovery_point_hours * 3600),
            looked,
            _restore_text(material, system, at),
        ),
    )


def _restore_text(material: Material, system: ProtectedSystem, at: datetime) -> str:
    words = material.wording
    if not _restores_heard(material):
        return words.say("not_known")
    tests = [
        one for one in material.facts.of(RestoreTest) if one.system_key == system.system_key and one.tested_at <= at
    ]
    if not tests:
        return words.say("vendor_restore_unseen" if system.vendor_hosted else "never_restored")
    newest = max(tests, key=lambda one: one.tested_at)
    day = words.full_date(newest.tested_at)
    if newest.result is not Verdict.OK:
        return words.say("restore_failed", day=day)
    if newest.duration_seconds is None:
        return words.say("restore_worked", day=day)
    return words.say("restore_took", day=day, took=words.duration(newest.duration_seconds))


def _restores_heard(material: Material) -> bool:
    sources = material.facts.feeds(RestoreTest)
    return bool(sources) and not material.facts.silent(sources)


def backup_lines(material: Material) -> list[Line]:
    """The inventory's count, and what restores have never proven."""
    words, facts = material.wording, material.facts
    at = facts.frame().until
    states = states_at(material, at)
    if not states:
        return []
    if not _told(material, BackupRun):
        return [Line(audience=Audience.SECURITY, item="backups", text=words.say("backups_untold"))]
    silent = silent_line(material, "backups", "backups", BackupRun, Audience.SECURITY)
    good = sum(state.verdict in (Verdict.OK, Verdict.WARN) for state in states.values())
    unknown = sum(state.verdict is Verdict.UNKNOWN for state in states.values())
    lines = [
        Line(
            audience=Audience.SECURITY,
            item="backups",
            text=words.say("backups_line", good=good, all=len(states), unknown=unknown)
            if unknown
            else words.say("backups_line_known", good=good, all=len(states)),
            **note_on(material, "backups"),
        )
    ]
    return [line for line in (silent, *lines, never_restored(material)) if line is not None]


def never_restored(material: Material) -> Line | None:
    """The systems of which no restore was ever tested; None when every one was, or when nobody can tell."""
    words, facts = material.wording, material.facts
    if not _restores_heard(material):
        return None
    tested = {test.system_key for test in facts.of(RestoreTest)}
    missing = [one.system_key for one in facts.systems or () if one.system_key not in tested]
    if not missing:
        return None
    names = words.listed(sorted(material.names.systems.get(key, key) for key in missing))
    return Line(
        audience=Audience.SECURITY,
        item="restores.never",
        text=words.say("restores_never", systems=names),
        **note_on(material, "restores.never"),
    )


def backup_events(material: Material) -> list[Change]:
    """Systems whose backup went bad, recovered or stayed bad since the last meeting, and restores made since."""
    if not _told(material, BackupRun):
        return list(_restores_since(material))
    now, then = states_at(material, material.facts.frame().until), states_at(material, material.since)
    changes = [
        change for key, state in now.items() if (change := _backup_change(material, key, state, then[key])) is not None
    ]
    return [*changes, *_restores_since(material)]


def _backup_change(material: Material, key: str, state: Freshness, before: Freshness) -> Change | None:
    words = material.wording
    name, item = material.names.systems.get(key, key), f"backup:{key}"
    limit = next(one.recovery_point_hours for one in material.facts.systems or () if one.system_key == key)
    if state.verdict is Verdict.FAIL:
        trend, sentence, weight = Trend.WORSE, "backup_bad", BACKUP_WEIGHT
        if state.last_good_at is None:
            sentence = "backup_never"
    elif state.verdict is Verdict.UNKNOWN and before.verdict is not Verdict.UNKNOWN:
        trend, sentence, weight = Trend.UNKNOWN, "backup_unknown", BACKUP_WEIGHT / 2
    elif state.verdict is Verdict.OK and before.verdict is Verdict.FAIL:
        trend, sentence, weight = Trend.BETTER, "backup_again", BACKUP_WEIGHT / 2
    else:
        return None
    since = material.day(state.last_good_at) if state.last_good_at else ""
    text = words.say(sentence, system=name, since=since, limit=words.duration(limit * 3600))
    return Change(
        audience=Audience.SECURITY,
        trend=trend,
        text=text,
        item=item,
        section=3,
        weight=weight,
        **note_on(material, item),
    )


def _restores_since(material: Material) -> Iterable[Change]:
    words, until = material.wording, material.facts.frame().until
    for test in material.facts.of(RestoreTest):
        if not material.since <= test.tested_at < until:
            continue
        name = material.names.systems.get(test.system_key, test.system_key)
        worked = test.result is Verdict.OK
        took = words.duration(test.duration_seconds) if test.duration_seconds else ""
        sentence = ("restore_event_took" if took else "restore_event") if worked else "restore_event_failed"
        yield Change(
            audience=Audience.SECURITY,
            trend=Trend.BETTER if worked else Trend.WORSE,
            text=words.say(sentence, system=name, day=words.day(test.tested_at), took=took),
            item=f"restore:{test.system_key}:{test.test_key}",
            section=3,
            weight=RESTORE_WEIGHT if worked else BACKUP_WEIGHT,
        )


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
        **note_on(material, "compliance"),
    )


def compliance_table(material: Material) -> Table | None:
    """The items that are not current, worst first; the current ones are counted in the caption."""
    words, facts = material.wording, material.facts
    results = material.heard(ControlResult)
    if not results:
        return None
    judged = [(item_state(result, facts.today, facts.policies.compliance), result) for result in results]
    shown = sorted(
        (pair for pair in judged if pair[0] in _WORST_FIRST),
        key=lambda pair: (_WORST_FIRST.index(pair[0]), pair[1].entity_key),
    )
    titles = ("item", "state", "ends", "owner")
    return Table(
        audience=Audience.SECURITY,
        caption=words.say("compliance_caption", n=len(judged) - len(shown)),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=tuple(_item_row(material, state, result) for state, result in shown),
    )


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
            material.role(result.owner_role) if result.owner_role else "",
        ),
    )
