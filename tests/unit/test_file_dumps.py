"""Dump folders: what is there, how old it is, whether it can be read, and what is not known."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors._base import Complete, FetchRequest, Mode, SourceContext, State
from connectors._dump_dates import made_at
from connectors._dumps import Budget, Finding, look_into
from connectors._errors import SettingsError, UnavailableError
from connectors.dump_folder import DumpFolder
from firstbell.kpi import Verdict
from firstbell.records import BackupResult, BackupRun, BackupVerification, RepositoryState, VerificationDepth

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
STRUCTURE, FULL, LISTED = VerificationDepth.STRUCTURE, VerificationDepth.FULL, VerificationDepth.LISTED
PG_DUMP = (
    b"--\n-- PostgreSQL database dump\n--\nSELECT 1;\n--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n"
)


def budget(size: int = 10**9, until: datetime = NOW + timedelta(hours=1)) -> Budget:
    return Budget(size, until, lambda: NOW)


def looked(path: Path, content: bytes, **how: Any) -> Finding:
    path.write_bytes(content)
    return look_into(path, how.get("format", "auto"), how.get("end_marker", ""), how.get("budget", budget()))


def packed_zip(text: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("dump.sql", text)
    return buffer.getvalue()


def database(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE pupil (name TEXT)")
        connection.executemany("INSERT INTO pupil VALUES (?)", [("x" * 500,)] * 200)
        connection.commit()
    return path.read_bytes()


def put(folder: Path, name: str, content: bytes = b"x", age: timedelta = timedelta(hours=3)) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    at = (NOW - age).timestamp()
    os.utime(path, (at, at))
    return path


def source(folder: Path, *systems: Mapping[str, Any], now: datetime = NOW, **more: Any) -> DumpFolder:
    context = SourceContext(source_key="dumps", zone=CHICAGO, folder=folder, clock=lambda: now)
    return DumpFolder(DumpFolder.Settings(systems=systems, **more), context)


def read(connector: DumpFolder, states: Mapping[str, State] | None = None, **more: Any) -> list[Any]:
    return list(connector.fetch(FetchRequest(states=states or {}, **more)))


def of(items: list[Any], kind: type) -> list[Any]:
    return [item for item in items if isinstance(item, kind)]


def states(items: list[Any]) -> dict[str, State]:
    return {mark.stream: mark.state for mark in of(items, Complete)}


SIS = {"system": "sis", "folder": "sis"}


def test_gzip_is_read_to_its_checksum(tmp_path: Path) -> None:
    content = gzip.compress(os.urandom(5000))
    found = looked(tmp_path / "a.gz", content)
    assert (found.depth, found.result) == (STRUCTURE, Verdict.OK)
    for damaged in (content[:-1], content[: len(content) // 2], b"not gzip", content[:-8] + bytes(8)):
        found = looked(tmp_path / "a.gz", damaged)
        assert (found.depth, found.result) == (STRUCTURE, Verdict.FAIL)


def test_a_zip_is_read_member_by_member(tmp_path: Path) -> None:
    content = packed_zip(os.urandom(3000))
    assert looked(tmp_path / "a.zip", content).result is Verdict.OK
    for damaged in (content[:-10], content[:200] + b"\xff" * 50 + content[250:], b"PK\x03\x04"):
        assert looked(tmp_path / "a.zip", damaged).result is Verdict.FAIL


def test_a_database_gets_its_integrity_check_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    content = database(tmp_path / "live.db")
    folder = tmp_path / "dumps # 1"
    folder.mkdir()
    found = looked(folder / "copy.sqlite", content)
    assert (found.depth, found.result) == (FULL, Verdict.OK)
    assert looked(folder / "copy.sqlite", content[:8192]).result is Verdict.FAIL
    assert looked(folder / "copy.sqlite", b"no database" * 100).result is Verdict.FAIL
    assert [path.name for path in folder.iterdir()] == ["copy.sqlite"]


def test_a_database_with_a_log_beside_it_is_left_as_it_lies(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "live.db")) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("CREATE TABLE pupil (name TEXT)")
        live.commit()
        folder = tmp_path / "dumps"
        folder.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(tmp_path / f"live.db{ending}", folder / f"copy.sqlite{ending}")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert look_into(folder / "copy.sqlite", "auto", "", budget()).result is Verdict.UNKNOWN
    (folder / "copy.sqlite-wal").write_bytes(b"")
    before["copy.sqlite-wal"] = b""
    look_into(folder / "copy.sqlite", "auto", "", budget())
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_text_dump_must_close_as_its_tool_closes_it(tmp_path: Path) -> None:
    assert looked(tmp_path / "a.sql", PG_DUMP).result is Verdict.OK
    assert looked(tmp_path / "a.sql", PG_DUMP[:60]).result is Verdict.FAIL
    assert looked(tmp_path / "a.sql.gz", gzip.compress(PG_DUMP[:60])).result is Verdict.FAIL
    unknown = looked(tmp_path / "a.sql", b"INSERT INTO x VALUES (1);\n")
    assert (unknown.depth, unknown.result) == (LISTED, Verdict.UNKNOWN)
    assert looked(tmp_path / "a.sql", b"INSERT;\n-- the end\n", end_marker="-- the end").result is Verdict.OK


def test_a_whole_file_that_holds_nothing_is_a_failed_dump(tmp_path: Path) -> None:
    nothing = io.BytesIO()
    zipfile.ZipFile(nothing, "w").close()
    empty = {
        "a.gz": gzip.compress(b""),
        "a.sql.gz": gzip.compress(b""),
        "a.zip": nothing.getvalue(),
        "b.zip": packed_zip(b""),
        "a.sqlite": b"",
        "a.sql": b"",
    }
    for name, content in empty.items():
        found = looked(tmp_path / name, content)
        assert (found.result, found.detail) == (Verdict.FAIL, "it can be read and holds nothing"), name
    with closing(sqlite3.connect(tmp_path / "live.db")) as connection:
        connection.executescript("CREATE TABLE pupil (name TEXT); DROP TABLE pupil;")
    assert looked(tmp_path / "b.sqlite", (tmp_path / "live.db").read_bytes()).result is Verdict.FAIL
    put(tmp_path, "sis/a.gz", gzip.compress(b""))
    (run,) = of(read(source(tmp_path, SIS)), BackupRun)
    assert run.result is BackupResult.FAILED


def test_a_packed_error_text_is_no_dump(tmp_path: Path) -> None:
    content = gzip.compress(b"mysqldump: Got error: 1045: Access denied\n")
    found = looked(tmp_path / "a.sql.gz", content)
    assert (found.depth, found.result) == (LISTED, Verdict.UNKNOWN)
    (tmp_path / "a.sql.gz.sha256").write_text(hashlib.sha256(content).hexdigest())
    found = looked(tmp_path / "a.sql.gz", content)
    assert (found.depth, found.result) == (LISTED, Verdict.UNKNOWN)


def test_what_cannot_be_looked_into_is_only_listed(tmp_path: Path) -> None:
    found = looked(tmp_path / "a.vbk", b"vendor format")
    assert (found.depth, found.result) == (LISTED, Verdict.UNKNOWN)


@pytest.mark.parametrize("limit", [budget(100), budget(until=NOW)])
def test_the_budget_stops_a_look_and_says_so(tmp_path: Path, limit: Budget) -> None:
    found = looked(tmp_path / "a.gz", gzip.compress(bytes(10_000)), budget=limit)
    assert (found.depth, found.result) == (LISTED, Verdict.UNKNOWN)
    assert "limit" in found.detail


@pytest.mark.parametrize("sums", ["{digest}\n", "{digest}  a.vbk\n"])
def test_a_digest_beside_the_file_is_compared(tmp_path: Path, sums: str) -> None:
    digest = hashlib.sha256(b"vendor format").hexdigest()
    (tmp_path / "a.vbk.sha256").write_text(sums.format(digest=digest))
    found = looked(tmp_path / "a.vbk", b"vendor format")
    assert (found.depth, found.result) == (STRUCTURE, Verdict.OK)
    assert looked(tmp_path / "a.vbk", b"vendor formaT").result is Verdict.FAIL


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.sampled_from(["a.gz", "a.zip", "a.sqlite", "a.sql", "a.bin"]), st.integers(0, 8200), st.binary(max_size=40))
def test_no_damage_is_an_exception(tmp_path: Path, name: str, at: int, noise: bytes) -> None:
    fresh = tmp_path / "fresh.db"
    fresh.unlink(missing_ok=True)
    whole = {"a.gz": gzip.compress(PG_DUMP), "a.zip": packed_zip(PG_DUMP), "a.sqlite": database(fresh)}
    content = whole.get(name, PG_DUMP)
    found = looked(tmp_path / name, content[:at] + noise + content[at + len(noise) :])
    assert found.result in (Verdict.OK, Verdict.FAIL, Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("name", "date_format", "expected"),
    [
        ("sis-2026-11-18.sql", "", "2026-11-18T06:00:00+00:00"),
        ("sis_20261118_0230.sql", "", "2026-11-18T08:30:00+00:00"),
        ("sis.2026-11-18T023015Z.sql", "", "2026-11-18T02:30:15+00:00"),
        ("sis-18112026.bak", "%d%m%Y", "2026-11-18T06:00:00+00:00"),
        ("sis-2026-11-19.sql", "", "2026-11-20T02:00:00+00:00"),
        ("sis-2027-01-01.sql", "", "2026-11-20T02:00:00+00:00"),
        ("sis-20261399.sql", "", "2026-11-20T02:00:00+00:00"),
        ("123456789012345.sql", "", "2026-11-20T02:00:00+00:00"),
        ("latest.sql", "", "2026-11-20T02:00:00+00:00"),
    ],
)
def test_the_date_in_the_name(name: str, date_format: str, expected: str) -> None:
    modified_at = NOW - timedelta(hours=3)
    assert made_at(name, date_format, modified_at, NOW, CHICAGO).isoformat() == expected


def test_a_share_that_is_not_mounted_says_nothing_about_backups(tmp_path: Path) -> None:
    put(tmp_path, "sis/a.sql", PG_DUMP)
    (tmp_path / "hr").mkdir()
    systems = (SIS, {"system": "finance", "folder": "nas/x"}, {"system": "hr", "folder": "hr", "sentinel": ".here"})
    items = read(source(tmp_path, *systems))
    assert {one.system_key: one.reachable for one in of(items, RepositoryState)} == {
        "sis": True,
        "finance": False,
        "hr": False,
    }
    assert {one.system_key for one in of(items, BackupRun)} == {"sis"}
    assert [mark.scope for mark in of(items, Complete) if mark.stream == "runs"] == ["sis/dump/"]
    with pytest.raises(UnavailableError, match="finance, hr"):
        source(tmp_path, *systems).check()


def test_an_away_share_keeps_what_was_known_of_it(tmp_path: Path) -> None:
    put(tmp_path, "sis/a.sql", PG_DUMP)
    put(tmp_path, "hr/a.sql", PG_DUMP)
    systems = (SIS, {"system": "hr", "folder": "hr"})
    before = states(read(source(tmp_path, *systems)))
    shutil.rmtree(tmp_path / "hr")
    after = states(read(source(tmp_path, *systems), before))
    assert after["runs"]["hr/dump"] == before["runs"]["hr/dump"]


def test_an_empty_folder_never_ran(tmp_path: Path) -> None:
    (tmp_path / "sis").mkdir()
    (run,) = of(read(source(tmp_path, SIS)), BackupRun)
    assert run.result is BackupResult.NEVER_RAN


def test_a_file_that_is_still_written_to_is_running_until_it_stays_the_same(tmp_path: Path) -> None:
    path = put(tmp_path, "sis/a.sql.gz", gzip.compress(PG_DUMP)[:20], age=timedelta(minutes=1))
    first = read(source(tmp_path, SIS))
    assert of(first, BackupRun)[0].result is BackupResult.RUNNING
    assert of(first, BackupVerification) == []
    put(tmp_path, "sis/a.sql.gz", gzip.compress(PG_DUMP), age=timedelta(seconds=-90))
    second = read(source(tmp_path, SIS), states(first))
    assert of(second, BackupRun)[0].result is BackupResult.RUNNING
    third = read(source(tmp_path, SIS), states(second))
    assert of(third, BackupRun)[0].result is BackupResult.OK
    assert of(third, BackupRun)[0].size_bytes == path.stat().st_size


def test_an_old_dump_is_looked_into_once_and_its_damage_remembered(tmp_path: Path) -> None:
    put(tmp_path, "sis/2026-11-18.sql.gz", gzip.compress(PG_DUMP)[:-5], age=timedelta(days=2))
    put(tmp_path, "sis/2026-11-19.sql.gz", gzip.compress(PG_DUMP))
    first = read(source(tmp_path, SIS))
    second = read(source(tmp_path, SIS), states(first))
    assert [len(of(items, BackupVerification)) for items in (first, second)] == [2, 1]
    assert of(first, BackupRun) == of(second, BackupRun)
    again = read(source(tmp_path, SIS), states(first), mode=Mode.REREAD)
    assert len(of(again, BackupVerification)) == 2


def test_what_the_budget_left_out_is_looked_into_the_next_night(tmp_path: Path) -> None:
    put(tmp_path, "sis/2026-11-18.sql.gz", gzip.compress(PG_DUMP), age=timedelta(days=2))
    put(tmp_path, "sis/2026-11-19.sql.gz", gzip.compress(PG_DUMP))
    small = source(tmp_path, SIS, verify_gigabytes=(len(PG_DUMP) + 10) / 10**9)
    first = read(small)
    assert [look.depth for look in of(first, BackupVerification)] == [STRUCTURE, LISTED]
    second = read(source(tmp_path, SIS), states(first))
    assert [look.depth for look in of(second, BackupVerification)] == [STRUCTURE, STRUCTURE]


def test_doctor_names_the_system_whose_dump_is_late(tmp_path: Path) -> None:
    put(tmp_path, "sis/a.sql", PG_DUMP, age=timedelta(hours=30))
    assert "new enough for sis" in source(tmp_path, SIS).check()
    assert "each has a dump" in source(tmp_path, {**SIS, "expected_every_hours": 48}).check()


def test_free_space_and_oldest_dump_are_told(tmp_path: Path) -> None:
    put(tmp_path, "sis/2026-11-18.sql", PG_DUMP, age=timedelta(days=2))
    (state,) = of(read(source(tmp_path, SIS)), RepositoryState)
    assert state.free_bytes > 0
    assert state.oldest_kept_at == datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
    assert state.off_site is None


def test_two_folders_of_one_job_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="its own job"):
        read(source(tmp_path, SIS, SIS))


@pytest.mark.parametrize("wrong", [{"pattern": "/etc/*"}, {"pattern": "../*"}, {"name_date_format": "%d%m"}])
def test_patterns_stay_in_the_folder_and_dates_are_whole(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must"):
        DumpFolder.Settings(systems=[{**SIS, **wrong}])
