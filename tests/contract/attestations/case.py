"""All four lists in one YAML file, with evidence beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from firstbell.kpi import Verdict
from firstbell.records import Agreement, ControlResult, EvidenceFile, Incident, Record, RestoreTest
from tests.contract.file_case import MODIFIED_AT, TABLE, FileCase
from tests.contract.suite import Situation

WHOLE = """\
# kept by the data and security specialist
controls:
  - {code: GV.1, state: met, owner_role: it_lead, effective_on: 2026-08-01, expires_on: 2027-08-01, evidence: plan.pdf}
  - {framework: cipa, code: C-2, state: met, evidence: lost.pdf}
  - code: GV.3
    state: fail
    waiver: {reason: new firewall in January, owner: superintendent, until: 2027-01-31}
  - code: GV.4
    state: fail
    waiver: {reason: was agreed, owner: superintendent, until: 2026-11-01}
restore_tests:
  - {system: sis, on: 2026-10-03, result: ok, minutes: 42, method: to a spare server}
agreements:
  - key: clever-dpa
    vendor: Clever
    kind: data privacy
    signed_on: 2025-07-01
    expires_on: 2027-06-30
    notice_on: 2027-03-31
    annual_cost: 0
incidents:
  - key: i-1
    title: Lost laptop
    severity: low
    discovered: 2026-09-14T09:00:00-05:00
    people: 12
    released_on: 2026-10-01
    reader_roles: [superintendent, it_lead]
"""
EMPTY = "controls: []\nrestore_tests:\nagreements:\nincidents: []\n"
EVIDENCE = b"%PDF-1.7 the plan"


def control(code: str, state: Verdict, **more: Any) -> ControlResult:
    now = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    common = {"framework": "local", "edition": "", "subject": "district", "collected_at": now}
    return ControlResult(**{**common, "code": code, "state": state, **more})


RECORDS: tuple[Record, ...] = (
    control(
        "GV.1",
        Verdict.OK,
        owner_role="it_lead",
        effective_at=datetime(2026, 8, 1, 5, tzinfo=UTC),
        expires_on=date(2027, 8, 1),
        evidence_sha256=hashlib.sha256(EVIDENCE).hexdigest(),
    ),
    control("C-2", Verdict.UNKNOWN, framework="cipa", reason="The evidence file is missing."),
    control(
        "GV.3",
        Verdict.WAIVED,
        owner_role="superintendent",
        reason="new firewall in January",
        waived_until=date(2027, 1, 31),
    ),
    control("GV.4", Verdict.FAIL, reason="The waiver ended on 2026-11-01.", waived_until=date(2026, 11, 1)),
    EvidenceFile(
        path="plan.pdf",
        sha256=hashlib.sha256(EVIDENCE).hexdigest(),
        size_bytes=len(EVIDENCE),
        modified_at=MODIFIED_AT,
        collected_at=datetime(2026, 11, 20, 5, 0, tzinfo=UTC),
    ),
    RestoreTest(
        system_key="sis",
        test_key="2026-10-03T00:00-05:00",
        tested_at=datetime(2026, 10, 3, 5, tzinfo=UTC),
        result=Verdict.OK,
        duration_seconds=2520.0,
        method="to a spare server",
    ),
    Agreement(
        agreement_key="clever-dpa",
        vendor="Clever",
        kind="data privacy",
        signed_on=date(2025, 7, 1),
        expires_on=date(2027, 6, 30),
        annual_cost=0.0,
        notice_on=date(2027, 3, 31),
    ),
)
INCIDENT = Incident(
    incident_key="i-1",
    title="Lost laptop",
    severity="low",
    discovered_at=datetime(2026, 9, 14, 14, tzinfo=UTC),
    people_affected=12,
    released_on=date(2026, 10, 1),
    reader_roles=("superintendent", "it_lead"),
)


class Case(FileCase):
    kind = "attestations"
    file = "exports/attestations.yaml"
    situations = TABLE - {Situation.TRUNCATED, Situation.HTML}
    private = ("Jane Pupil", "rotten-cell")
    good_cell = "12"
    missing_heading = "severity"
    missing_field = "severity"
    bad_field = "people"

    def serve(self, situation: Situation) -> None:
        super().serve(situation)
        self.write("evidence/plan.pdf", EVIDENCE)

    def content(self, situation: Situation) -> str:
        if situation is Situation.WRONG_SHAPE:
            return "- Jane Pupil\n- rotten-cell\n"
        if situation is Situation.MISSING_FIELD:
            return WHOLE.replace("    severity: low\n", "")
        return super().content(situation)

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return EMPTY
        return WHOLE.replace("severity: low", "severity: high") if situation is Situation.CHANGED else WHOLE

    def settings(self) -> Mapping[str, Any]:
        return {"file": self.file, "evidence_folder": "evidence"}

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        return (*RECORDS, replace(INCIDENT, severity="high" if situation is Situation.CHANGED else "low"))
