"""A small district whose sources are real files, whose services and mail server are real, to be broken in every way."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.unit.packet_material import FOLDER

CHICAGO = ZoneInfo("America/Chicago")
DUMP = b"-- MySQL dump 10.13\nINSERT INTO rides VALUES (1);\n-- Dump completed on 2026-11-22  2:00:00\n"

TEAMS = """\
people:
  - {key: ruth, name: Ruth Hall, email: ruth@cedar.example}
  - {key: theo, name: Theo Lund, email: theo@cedar.example}
  - {key: ines, name: Ines Roy, email: ines@cedar.example}
  - {key: pam, name: Pam Diaz, email: pam@cedar.example}
teams:
  - key: tech
    name: Tech team
    members:
      - {person: ruth, roles: [superintendent]}
      - {person: theo, roles: [team_leader, principal]}
      - {person: ines, roles: [it_lead]}
      - {person: pam, roles: [parent_representative]}
"""
SOURCES = """\
sources:
  - key: desk
    kind: ticket_csv
    title: Help desk
    settings: {file: exports/tickets.csv, lists_all_open: true}
  - key: counts
    kind: measures_csv
    title: Use and training
    stale_after_hours: 400
    settings: {files: [{file: exports/counts.csv, schools: {Oak: oak, High: high}}]}
  - key: evidence
    kind: attestations
    title: Evidence list
    settings: {file: exports/evidence.yaml}
  - key: dumps
    kind: dump_folder
    title: Dump folder
    settings: {systems: [{system: finance, folder: exports/dumps, pattern: "finance-*.sql.gz", free_space: false}]}
"""
SERVICES = """\
services:
  - {key: sso, name: Sign-in, probe: {kind: http, url: "{web}well"}, schools: [middle, high]}
  - {key: sis, name: Student records, probe: {kind: http, url: "{web}broken"}}
"""
MAIL = "{host: localhost, port: {port}, security: none, sender: packets@cedar.example, timeout_seconds: 10}"

TICKETS = "Ticket ID,Title,Requester,Created,Resolved,Status,Priority,Type,Location\n"
EVIDENCE = """\
controls:
  - {framework: cipa, code: filter, state: met, owner_role: it_lead, effective_on: 2026-09-01, expires_on: 2027-08-01}
  - {framework: cipa, code: policy, state: fail, owner_role: it_lead}
restore_tests:
  - {system: finance, on: 2026-11-15, result: ok, minutes: 42, method: to a spare server}
agreements:
  - {key: filter, vendor: Filter Co, kind: contract, signed_on: 2025-02-01, expires_on: 2027-01-31, annual_cost: 24800}
incidents:
  - {key: i-1, title: Lost laptop, severity: high, discovered: 2026-11-18T09:00, reader_roles: [superintendent]}
"""


def local(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of 2026 by the district's clock."""
    return datetime(2026, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


EXPORTED_AT = local(11, 22, 2)


def write_district(
    folder: Path, *, web: str, mail_port: int, exported_at: datetime = EXPORTED_AT, **changed: str
) -> Path:
    """The district folder with the first night's exports; `meetings=` replaces meetings.yaml, and so on."""
    files = {
        **FOLDER,
        "teams.yaml": TEAMS,
        "sources.yaml": SOURCES,
        "services.yaml": SERVICES.replace("{web}", web),
        "district.yaml": FOLDER["district.yaml"].replace(
            "{sender: packets@cedar.example}", MAIL.replace("{port}", str(mail_port))
        ),
        **{f"{key}.yaml": text for key, text in changed.items()},
    }
    for name, text in files.items():
        _write(folder / name, text.encode(), local(11, 1))
    write_exports(folder, exported_at)
    return folder


def write_exports(folder: Path, at: datetime) -> None:
    """What the district's systems exported by a moment; the later, the more is done, new and gone."""
    day = at.astimezone(CHICAGO).day
    tickets = "".join(_ticket(number, day) for number in range(60 if day < 23 else 70))
    _write(folder / "exports" / "tickets.csv", (TICKETS + tickets).encode(), at)
    rows = (
        f"use.teachers,District,2026-11-{day - 1},{day}0,284,284\nrollout.gradebook,High,2026-11-{day - 1},30,80,80\n"
    )
    counts = "Measure,School,Date,Value,Of,People\n" + rows
    _write(folder / "exports" / "counts.csv", counts.encode(), at)
    evidence = EVIDENCE if day < 23 else EVIDENCE.replace("code: policy, state: fail", "code: policy, state: met")
    _write(folder / "exports" / "evidence.yaml", evidence.encode(), at)
    name = f"finance-2026-11-{day}-0200.sql.gz"
    _write(folder / "exports" / "dumps" / name, gzip.compress(DUMP, mtime=0), at)


def _ticket(number: int, day: int) -> str:
    created = f"2026-11-{number % 19 + 1:02} 09:{number % 60:02}"
    solved = number % 4 and (number % 5 or day >= 23)
    resolved, status = (f"2026-11-{number % 19 + 2:02} 10:00", "Solved") if solved else ("", "Open")
    return f"{number},Printer,Jane Pupil,{created},{resolved},{status},High,Incident,Oak Elementary\n"


def _write(path: Path, content: bytes, at: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
