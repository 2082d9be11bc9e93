"""How the district's systems stand at a moment, from the store alone: what is bad, what is known to be well.

What nobody can tell is in neither list, so that a silence is never taken for a recovery; the silent source is bad.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import IntEnum

from sqlalchemy import Connection

from firstbell.briefing.gather import names_of
from firstbell.config.loaded import District
from firstbell.intervals import Window, local_moment
from firstbell.knowledge import PROBES, facts_of
from firstbell.kpi import Verdict
from firstbell.metrics.compliance import ItemState, item_state
from firstbell.metrics.facts import Facts
from firstbell.metrics.operation_formulas import backup_states
from firstbell.metrics.uptime import outages
from firstbell.packet.material import Names
from firstbell.packet.model import Audience
from firstbell.packet.wording import Wording
from firstbell.records import BackupRun, ControlResult, ServiceState
from firstbell.store.queries import facts_as_known
from firstbell.workplace import Workplace

LOOKED_BACK = timedelta(days=30)
"""How far back an outage is followed to its beginning."""

YEAR_IS_CLEAR = timedelta(days=300)


class Kind(IntEnum):
    """What can go wrong, the worst first."""

    BACKUP = 1
    CERTIFICATE = 2
    OUTAGE = 3
    SOURCE = 4
    CONTROL = 5


SEEN_BY: Mapping[Kind, Audience] = {
    Kind.BACKUP: Audience.SECURITY,
    Kind.CERTIFICATE: Audience.SECURITY,
    Kind.OUTAGE: Audience.TEAM,
    Kind.SOURCE: Audience.TEAM,
    Kind.CONTROL: Audience.SECURITY,
}
"""Who may see each kind, as in the packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is bad. `degree` 0 is worse than 1; `since` None where nobody knows since when.

    `text` says it in one line without a full stop, `below` since when or who minds it; `name` is what it speaks of.
    """

    kind: Kind
    subject: str
    name: str
    text: str
    since: datetime | None
    below: str = ""
    degree: int = 0

    @property
    def key(self) -> tuple[Kind, str]:
        """What it is about, whatever its degree."""
        return self.kind, self.subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An outage that is over: the service's name and when it was down."""

    subject: str
    name: str
    window: Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How all of it stands: the troubles, worst first; what is known to be well; how many things there are at all."""

    at: datetime
    troubles: tuple[Trouble, ...]
    well: frozenset[tuple[Kind, str]]
    looked_at: Mapping[Kind, int] = field(default_factory=dict)
    passed: tuple[Passed, ...] = ()


def standing_at(work: Workplace, connection: Connection, at: datetime, words: Wording) -> Standing:
    """How everything stood at a moment by what was known then, in these words. Asks no calendar and no source."""
    district = work.district
    facts = facts_of(district, connection, work.feeds, window=Window(at - LOOKED_BACK, at), as_of=at, known_at=at)
    began = {
        (source, one.entity_key): one.effective_at or one.collected_at
        for source, one in facts_as_known(connection, ControlResult, known_at=at)
    }
    look = _Look(district, facts, words, names_of(district, words), at, began)
    found = [*look.backups(), *look.controls(), *look.services(), *look.sources()]
    troubles = [trouble for _, trouble in found if trouble is not None]
    # New ones of a kind and degree stand after those that have lasted longest; unknown beginnings stand first.
    troubles.sort(key=lambda one: (one.kind, one.degree, one.since or datetime.min.replace(tzinfo=UTC), one.name))
    keys = [key for key, _ in found]
    return Standing(
        at=at,
        troubles=tuple(troubles),
        well=frozenset(key for key, trouble in found if trouble is None) - {one.key for one in troubles},
        looked_at={kind: len({key for key in keys if key[0] is kind}) + look.unknown[kind] for kind in Kind},
        passed=tuple(look.passed()),
    )


Found = Iterator[tuple[tuple[Kind, str], Trouble | None]]
"""What was looked at and could be judged: bad, or None for well."""


@dataclass
class _Look:
    """One look at the facts of one moment. `unknown` counts what nobody could judge, by kind, as it is met."""

    district: District
    facts: Facts
    words: Wording
    names: Names
    at: datetime
    began: Mapping[tuple[str, str], datetime]
    unknown: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))

    def backups(self) -> Found:
        """Each system of the inventory: too old or none at all before one whose newest run failed."""
        if not self.facts.feeds(BackupRun):
            return
        limits = {system.system_key: system.recovery_point_hours for system in self.facts.systems or ()}
        for state in backup_states(self.facts):
            name = self.names.systems.get(state.system_key, state.system_key)
            key = (Kind.BACKUP, state.system_key)
            if state.verdict is Verdict.UNKNOWN:
                self.unknown[Kind.BACKUP] += 1
            elif state.verdict is Verdict.OK:
                yield key, None
            else:
                form, since = "morning_backup_failed", state.last_good_at
                if state.verdict is Verdict.FAIL:
                    form = "morning_backup_old" if since else "morning_backup_never"
                text = self.words.say(
                    form,
                    system=name,
                    limit=self.words.duration(limits[state.system_key] * 3600),
                )
                below = self.words.say("morning_last_good", moment=self.moment(since)) if since else ""
                degree = 0 if state.verdict is Verdict.FAIL else 1
                yield (
                    key,
                    Trouble(kind=key[0], subject=key[1], name=name, text=text, since=since, below=below, degree=degree),
                )

    def controls(self) -> Found:
        """Certificates and the duties that evidence is kept for, of the sources that are heard."""
        silent = self.facts.silent(self.facts.feeds(ControlResult))
        for source, results in self.facts.by_source(ControlResult).items():
            for result in results if source not in silent else ():
                kind = Kind.CERTIFICATE if result.framework == "tls" else Kind.CONTROL
                key = (kind, result.entity_key)
                state = item_state(result, self.facts.today, self.facts.policies.compliance)
                if state in (ItemState.UNKNOWN, ItemState.MANUAL):
                    self.unknown[kind] += 1
                elif kind is Kind.CERTIFICATE:
                    yield key, self._certificate(result, state)
                else:
                    yield key, self._control(source, result, state)

    def _certificate(self, result: ControlResult, state: ItemState) -> Trouble | None:
        days = self.district.about.between_meetings.morning.certificate_days
        left = (result.expires_on - self.facts.today).days if result.expires_on else None
        name = self.names.services.get(result.subject, result.subject)
        since: datetime | None = None
        if left is not None and left < 0 and result.expires_on is not None:
            form, degree, since = "morning_certificate_ended", 0, self._midnight(result.expires_on)
        elif state is ItemState.FAILED:
            form, degree, since = "morning_certificate_bad", 0, self.began.get((PROBES, result.entity_key))
        elif left is not None and left <= days:
            form, degree = "morning_certificate_ends", 1
        else:
            return None
        day = self.words.full_date(result.expires_on) if result.expires_on else ""
        text = self.words.say(form, service=name, day=day, why=self.words.closed(result.reason))
        return Trouble(
            kind=Kind.CERTIFICATE,
            subject=result.entity_key,
            name=name,
            text=text,
            since=since,
            below="" if form == "morning_certificate_ended" else self._since(since),
            degree=degree,
        )

    def _control(self, source: str, result: ControlResult, state: ItemState) -> Trouble | None:
        if state not in (ItemState.FAILED, ItemState.EXPIRED):
            return None
        title = self.names.controls.get(f"{result.framework}/{result.code}", f"{result.framework} {result.code}")
        expired = state is ItemState.EXPIRED and result.expires_on is not None
        since = (
            self._midnight(result.expires_on)
            if expired and result.expires_on
            else self.began.get((source, result.entity_key))
        )
        form = "morning_control_expired" if expired else "morning_control_failed"
        day = self.words.full_date(result.expires_on) if result.expires_on else ""
        text = self.words.say(form, control=title, day=day)
        told = (self._since(None if expired else since), self._owned(result.owner_role))
        return Trouble(
            kind=Kind.CONTROL,
            subject=result.entity_key,
            name=title,
            text=text,
            since=since,
            below=" ".join(part for part in told if part),
            degree=int(expired),
        )

    def services(self) -> Found:
        """The services as their newest looks left them; one that nobody looks at any more is unknown."""
        end = self.facts.elapsed.end
        for service in self.facts.services:
            key, name = service.service_key, self.names.services.get(service.service_key, service.service_key)
            line = self.facts.timelines[key]
            if line.down and line.down[-1].end >= end:
                since = self._down_since(key, line.down[-1].start)
                text = self.words.say("morning_outage", service=name)
                yield (
                    (Kind.OUTAGE, key),
                    Trouble(kind=Kind.OUTAGE, subject=key, name=name, text=text, since=since, below=self._since(since)),
                )
            elif any(part and part[-1].end >= end for part in (line.up, line.degraded)):
                yield (Kind.OUTAGE, key), None
            else:
                self.unknown[Kind.OUTAGE] += 1

    def _down_since(self, service: str, seen: datetime) -> datetime:
        """When an outage began that is seen from `seen` on: before the period, where it reaches over its start."""
        failing = [one.first_at for one in self.facts.intervals.get(service, ()) if one.state is ServiceState.DOWN]
        before = [first_at for first_at in failing if first_at <= seen]
        return max(before, default=seen) if seen <= self.facts.elapsed.start else seen

    def passed(self) -> Iterator[Passed]:
        """The outages of the period that are over, in the order they began."""
        found = [
            Passed(subject=one.service_key, name=self.names.services.get(key, key), window=one.window)
            for service in self.facts.services
            for key in (service.service_key,)
            for one in outages(
                key, self.facts.intervals.get(key, ()), self.facts.timelines[key], service.policy, service.later
            )
            if not one.open
        ]
        return iter(sorted(found, key=lambda one: one.window.start))

    def sources(self) -> Found:
        """Every source of the folder and our own looks: one that was not read for too long is silent.

        To be asked after the services: where none of them is known, our looks have stopped.
        """
        keys = tuple(one.source_key for one in self.facts.sources if one.stale_after is not None)
        silent = {**self._no_looks(), **self.facts.silent(keys)}
        roles = {source.key: source.owner_role for source in self.district.sources}
        for key in keys:
            if key not in silent:
                yield (Kind.SOURCE, key), None
                continue
            last, name = silent[key], self.names.sources.get(key, key)
            form = "morning_source_silent" if last else "morning_source_never"
            text = self.words.say(form, source=name, since=self.moment(last) if last else "")
            below = self._owned(roles.get(key, "it_lead"))
            yield (
                (Kind.SOURCE, key),
                Trouble(kind=Kind.SOURCE, subject=key, name=name, text=text, since=last, below=below),
            )

    def _no_looks(self) -> dict[str, datetime | None]:
        """Our own looks with their last moment, where no service has been looked at up to now: the poller stands."""
        newest = max((look.last_at for looks in self.facts.intervals.values() for look in looks), default=None)
        blind = newest is not None and self.unknown[Kind.OUTAGE] == len(self.facts.services)
        return {PROBES: newest} if blind else {}

    def moment(self, when: datetime) -> str:
        """ "Tue 17 Nov, 8:10 am"; with its year where that would not be clear."""
        far = self.at - when > YEAR_IS_CLEAR
        return self.words.full_date(when) if far else self.words.moment(when)

    def _since(self, when: datetime | None) -> str:
        return self.words.say("morning_since", moment=self.moment(when)) if when else ""

    def _owned(self, role: str) -> str:
        return self.words.say("morning_owner", owner=self.names.role(role)) if role else ""

    def _midnight(self, last_day: date) -> datetime:
        """When something that was valid up to and with a day had ended."""
        return local_moment(last_day + timedelta(days=1), time(), self.district.zone)
