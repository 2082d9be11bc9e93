"""Agenda item 3, its second part: backups and restores, one line a system of the inventory."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from firstbell.kpi import Availability, Light, Verdict
from firstbell.metrics.backups import Freshness, ProtectedSystem, deepest
from firstbell.metrics.figure import Frame
from firstbell.metrics.operation_formulas import backup_states
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Column, Figure, Line, Row, Table, Trend
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import BackupRun, BackupVerification, Record, RestoreTest

BACKUP_WEIGHT = 8.0
RESTORE_WEIGHT = 3.0

_LIGHT_OF = {
    Verdict.OK: Light.MET,
    Verdict.WARN: Light.CLOSE,
    Verdict.FAIL: Light.MISSED,
    Verdict.UNKNOWN: Light.NOT_KNOWN,
}


def _states(material: Material) -> dict[str, Freshness]:
    """How each system's backup stands at the end of the packet's period."""
    return {state.system_key: state for state in backup_states(material.facts)}


def backup_table(material: Material) -> Table | None:
    """Each system of the inventory: newest good backup, how deep it was looked into, whether a restore was proven."""
    words, at = material.wording, material.facts.frame().until
    states = _states(material)
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
            material.names.system(system.system_key),
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
    words, states = material.wording, _states(material)
    if not states:
        return []
    if not _told(material, BackupRun):
        return [Line(audience=Audience.SECURITY, item="backups", text=words.say("backups_untold"), weight=4)]
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
            weight=5 if good < len(states) else 1,
            **note_on(material, "backups"),
        )
    ]
    return [line for line in (silent, *lines, never_restored(material)) if line is not None]


def never_restored(material: Material) -> Line | None:
    """The systems of which no restore test is known; None when every one was tested, or when nobody can tell."""
    words, facts = material.wording, material.facts
    if not _restores_heard(material):
        return None
    tested = {test.system_key for test in facts.of(RestoreTest)}
    missing = [one.system_key for one in facts.systems or () if one.system_key not in tested]
    if not missing:
        return None
    names = words.listed(sorted(material.names.system(key) for key in missing))
    return Line(
        audience=Audience.SECURITY,
        item="restores.never",
        text=words.say("restores_never", systems=names),
        weight=4,
        **note_on(material, "restores.never"),
    )


def backup_events(material: Material) -> list[Change]:
    """Systems whose backup went bad, recovered or stayed bad since the last meeting, and restores made since."""
    if not _told(material, BackupRun):
        return list(_restores_since(material))
    states = _states(material)
    changes = [change for state in states.values() if (change := _backup_change(material, state)) is not None]
    return [*changes, *_restores_since(material)]


def backup_figures(material: Material) -> list[Figure]:
    """How old each system's newest good backup is, with its light: what the next packet compares with."""
    if not _told(material, BackupRun):
        return []
    frame = material.facts.frame(sources=material.facts.feeds(BackupRun))
    return [_backup_figure(material, state, frame) for state in _states(material).values()]


def _backup_figure(material: Material, state: Freshness, frame: Frame) -> Figure:
    age = (frame.until - state.last_good_at).total_seconds() / 3600 if state.last_good_at else None
    known = age is not None and state.verdict is not Verdict.UNKNOWN
    return Figure(
        audience=Audience.SECURITY,
        key=backup_item(state.system_key),
        title=material.names.system(state.system_key),
        value=age if known else None,
        unit="hours",
        window_start=frame.window.start,
        window_end=frame.window.end,
        as_of=frame.as_of,
        sources=frame.sources,
        method="hours since the end of the newest good backup",
        availability=(Availability.MEASURED if known else Availability.NOT_COLLECTED).value,
        reason="" if known else state.reason or material.wording.say("no_good_backup"),
        light=_LIGHT_OF[state.verdict],
    )


def backup_item(system_key: str) -> str:
    """The key under which a system's backup is spoken of."""
    return f"backup:{system_key}"


def _backup_change(material: Material, state: Freshness) -> Change | None:
    """What became of a system's backup since the last packet told of it; a backup that stays bad is told again."""
    words, key, item = material.wording, state.system_key, backup_item(state.system_key)
    printed = material.printed_figures.get(item)
    was = printed.light if printed is not None else None
    if state.verdict is Verdict.FAIL:
        sentence = "backup_bad" if state.last_good_at is not None else "backup_never"
        trend = Trend.SAME if was is Light.MISSED else Trend.NEW if material.printed is None else Trend.WORSE
        weight = BACKUP_WEIGHT / 4 if trend is Trend.SAME else BACKUP_WEIGHT
    elif state.verdict is Verdict.UNKNOWN and was not in (None, Light.NOT_KNOWN):
        trend, sentence, weight = Trend.UNKNOWN, "backup_unknown", BACKUP_WEIGHT / 2
    elif state.verdict in (Verdict.OK, Verdict.WARN) and was is Light.MISSED:
        trend, sentence, weight = Trend.BETTER, "backup_again", BACKUP_WEIGHT / 2
    else:
        return None
    limit = next(one.recovery_point_hours for one in material.facts.systems or () if one.system_key == key)
    since = material.day(state.last_good_at) if state.last_good_at else ""
    name = material.names.system(key)
    return Change(
        audience=Audience.SECURITY,
        trend=trend,
        text=words.say(sentence, system=name, since=since, limit=words.duration(limit * 3600)),
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
        name = material.names.system(test.system_key)
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
