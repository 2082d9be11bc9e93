"""What each list of attestations holds, and how a row of it becomes records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from connectors._cells import Reading, day, moment, number, whole
from connectors._rows import Row
from firstbell.kpi import Verdict
from firstbell.records import Agreement, ControlResult, EvidenceFile, Incident, Record, RestoreTest

_STATES = {
    Verdict.OK: ("ok", "met", "pass", "passed", "yes", "success", "successful", "restored"),
    Verdict.WARN: ("warn", "partial", "partly"),
    Verdict.FAIL: ("fail", "failed", "not met", "no"),
    Verdict.UNKNOWN: ("unknown",),
    Verdict.NOT_APPLICABLE: ("not_applicable", "not applicable", "n/a"),
    Verdict.MANUAL: ("manual",),
}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: its columns, and those without which a row says nothing."""

    columns: tuple[str, ...]
    required: frozenset[str]


LISTINGS: Mapping[str, Listing] = {
    "controls": Listing(
        (
            *("framework", "edition", "code", "subject", "state", "owner_role", "effective_on", "expires_on"),
            *("evidence", "reason", "waiver_reason", "waiver_owner", "waiver_until"),
        ),
        frozenset({"code", "state"}),
    ),
    "restore_tests": Listing(("system", "on", "result", "minutes", "method"), frozenset({"system", "on", "result"})),
    "agreements": Listing(
        ("key", "vendor", "kind", "signed_on", "expires_on", "notice_on", "annual_cost", "owner_role"),
        frozenset({"key", "vendor", "kind"}),
    ),
    "incidents": Listing(
        ("key", "title", "severity", "discovered", "contained", "people", "released_on", "reader_roles"),
        frozenset({"key", "title", "severity", "discovered"}),
    ),
}


@dataclass(frozen=True, slots=True)
class Attester:
    """Turns rows into records, as of one moment. `evidence` is the folder in which evidence files must lie."""

    now: datetime
    framework: str
    edition: str
    evidence: Path
    hashed: dict[str, EvidenceFile | None] = field(default_factory=dict)
    """Evidence files by name, so that each is hashed once a read."""

    def parser(self, title: str) -> Callable[[Row], Iterable[Record]]:
        """The function that reads the rows of a list."""
        parsers: dict[str, Callable[[Row], Iterable[Record]]] = {
            "controls": self._control,
            "restore_tests": self._restore_test,
            "agreements": self._agreement,
            "incidents": self._incident,
        }
        return parsers[title]

    def _control(self, row: Row) -> Iterable[Record]:
        state, reason = _state(row, "state"), row.text("reason")
        if state is Verdict.NOT_APPLICABLE and not reason:
            raise row.fault("reason", "is empty; say why the control does not apply")
        file = self._evidence(row)
        if row.text("evidence") and file is None and state in (Verdict.OK, Verdict.WARN):
            state, reason = Verdict.UNKNOWN, "The evidence file is missing."
        owner, until = row.text("owner_role"), _waiver(row)
        if until is not None and self.now.astimezone(row.reading.zone).date() <= until:
            state, reason, owner = Verdict.WAIVED, row.text("waiver_reason"), row.text("waiver_owner")
        elif until is not None and not reason:
            reason = f"The waiver ended on {until}."
        yield ControlResult(
            framework=row.text("framework") or self.framework,
            edition=row.text("edition") or self.edition,
            code=row.need_text("code"),
            subject=row.text("subject") or "district",
            state=state,
            collected_at=self.now,
            effective_at=row.read("effective_on", at_midnight),
            expires_on=row.read("expires_on", day),
            owner_role=owner,
            reason=reason,
            waived_until=until,
            evidence_sha256=file.sha256 if file else "",
        )

    def evidence_of(self, row: Row) -> Iterable[EvidenceFile]:
        """The evidence file of a control, when it is there."""
        file = self._evidence(row)
        return (file,) if file else ()

    def _evidence(self, row: Row) -> EvidenceFile | None:
        named = row.text("evidence")
        if not named:
            return None
        path = (self.evidence / named).resolve()
        if not path.is_relative_to(self.evidence.resolve()):
            raise row.fault("evidence", "leads out of the evidence folder")
        if named not in self.hashed:
            self.hashed[named] = self._hash(named, path)
        return self.hashed[named]

    def _hash(self, named: str, path: Path) -> EvidenceFile | None:
        try:
            with path.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
            status = path.stat()
        except OSError:
            return None
        return EvidenceFile(
            path=named,
            sha256=digest,
            size_bytes=status.st_size,
            modified_at=datetime.fromtimestamp(status.st_mtime, UTC),
            collected_at=self.now,
        )

    def _restore_test(self, row: Row) -> Iterable[Record]:
        minutes = row.read("minutes", number)
        if minutes is not None and minutes < 0:
            raise row.fault("minutes", "is less than nothing")
        yield RestoreTest(
            system_key=row.need_text("system"),
            test_key=row.need("on", at_midnight).astimezone(row.reading.zone).isoformat(timespec="minutes"),
            tested_at=row.need("on", at_midnight),
            result=_state(row, "result"),
            duration_seconds=None if minutes is None else timedelta(minutes=minutes).total_seconds(),
            method=row.text("method"),
        )

    def _agreement(self, row: Row) -> Iterable[Record]:
        yield Agreement(
            agreement_key=row.need_text("key"),
            vendor=row.need_text("vendor"),
            kind=row.need_text("kind"),
            signed_on=row.read("signed_on", day),
            expires_on=row.read("expires_on", day),
            annual_cost=row.read("annual_cost", number),
            owner_role=row.text("owner_role"),
            notice_on=row.read("notice_on", day),
        )

    def _incident(self, row: Row) -> Iterable[Record]:
        yield Incident(
            incident_key=row.need_text("key"),
            title=row.need_text("title"),
            severity=row.need_text("severity"),
            discovered_at=row.need("discovered", at_midnight),
            contained_at=row.read("contained", at_midnight),
            people_affected=row.read("people", whole),
            released_on=row.read("released_on", day),
            reader_roles=tuple(role.strip() for role in row.text("reader_roles").split(";") if role.strip()),
        )


def at_midnight(text: str, reading: Reading) -> datetime:
    """An instant; a date alone is the start of that day."""
    return moment(text, reading, midnight=True)


def _state(row: Row, column: str) -> Verdict:
    word = row.need_text(column).casefold()
    for verdict, words in _STATES.items():
        if word in words:
            return verdict
    raise row.fault(column, f"must be one of {', '.join(words[0] for words in _STATES.values())}")


def _waiver(row: Row) -> date | None:
    """The last day of the row's waiver; a waiver that lacks its reason, owner or end is a fault."""
    parts = ("waiver_reason", "waiver_owner", "waiver_until")
    if not any(row.text(part) for part in parts):
        return None
    for part in parts:
        row.need_text(part)
    return row.need("waiver_until", day)
