"""The command line: options answer for the questions, errors are one sentence and exit code 2, nothing half-done."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner, Result

from firstbell.cli import app
from firstbell.config._document import read_document
from firstbell.config.loading import FILES

INIT = (
    "init", "--non-interactive", "--name", "Lakeside", "--zone", "America/Chicago", "--school", "Oak Elementary",
    "--web", "https://www.example.org/", "--runs", "Canvas", "--meeting", "2026-12-03 16:00",
    "--reader", "Ada Long <ada@example.org> team_leader it_lead", "--mail", "files",
)  # fmt: skip


def run(place: Path, *arguments: str, typed: str | None = None) -> Result:
    """One command on the folders `district` and `state` of `place`, with nothing of the outer environment."""
    environment = {"FIRSTBELL_DISTRICT": str(place / "district"), "FIRSTBELL_STATE": str(place / "state")}
    return CliRunner().invoke(app, arguments, input=typed, env={**environment, "FIRSTBELL_DATABASE": None})


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place in which `firstbell init` was run, to copy."""
    place = tmp_path_factory.mktemp("begun")
    assert run(place, *INIT).exit_code == 0
    return place


@pytest.fixture
def place(begun: Path, tmp_path: Path) -> Path:
    """A place in which `firstbell init` was run."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_init_by_options_writes_all_files_and_schemas(place: Path) -> None:
    assert {path.name for path in (place / "district").glob("*.yaml")} == set(FILES)
    pointed = (place / "district" / "services.yaml").read_text().splitlines()[0].rpartition("=")[2]
    assert "Service" in json.loads((place / "district" / pointed).read_text())["$defs"]


@pytest.mark.parametrize("file", FILES)
def test_an_editor_finds_nothing_wrong_with_what_init_writes(place: Path, file: str) -> None:
    pointed = (place / "district" / file).read_text().splitlines()[0].rpartition("=")[2]
    validator = Draft202012Validator(json.loads((place / "district" / pointed).read_text()))
    content = read_document(place / "district", file).data
    assert list(validator.iter_errors(content)) == []
    assert list(validator.iter_errors({**content, "unheard_of": 1})) != []


def test_init_asks_what_is_open_and_asks_again(tmp_path: Path) -> None:
    answers = """\
Lakeside
Chicago
America/Chicago
Oak Elementary, Elm High
Clever, finance
ftp://x
www.example.org
tomorrow
2026-12-03 16:00
Ada
Ada Long <ada@example.org> team_leader

files
"""
    result = run(tmp_path, "init", typed=answers)
    assert result.exit_code == 0, result.output
    assert "Wrote" in result.output
    assert "schools: 2" in result.output


def test_init_takes_ten_schools_with_commas_between_them(tmp_path: Path) -> None:
    names = ", ".join(f"The Very Long Name of School Number {number} Elementary" for number in range(10))
    index = INIT.index("--school")
    without = [word for word in (*INIT[:index], *INIT[index + 2 :]) if word != "--non-interactive"]
    result = run(tmp_path, *without, typed=f"{names}\n")
    assert result.exit_code == 0, result.output
    assert "schools: 10" in result.output


def test_init_that_is_left_early_keeps_the_answers_as_a_command(tmp_path: Path) -> None:
    result = run(tmp_path, "init", "--us-state", "IL", typed="Lake Side\nAmerica/Chicago\nOak, Elm High\n")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    command = "firstbell init --name 'Lake Side' --zone America/Chicago --us-state IL --school Oak --school 'Elm High'"
    assert line == f"No more answers, so nothing was written; go on with: {command}"
    assert list(tmp_path.iterdir()) == []


def test_init_refuses_an_option_before_it_asks(tmp_path: Path) -> None:
    result = run(tmp_path, "init", "--mail", "mail.example.org:99999", typed="Lakeside\n")
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--mail", "mail.example.org:99999", "65535"),
        ("--us-state", "ZZ", "no state"),
        ("--repeats", "once", "past"),
    ],
)
def test_init_refuses_an_answer_that_cannot_be(tmp_path: Path, option: str, value: str, told: str) -> None:
    before = [word.replace("2026-12-03", "2020-12-03") for word in INIT] if option == "--repeats" else INIT
    result = run(tmp_path, *before, option, value)
    assert result.exit_code == 2
    assert told in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_init_refuses_a_folder_that_is_there(place: Path) -> None:
    result = run(place, *INIT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is there already" in result.stderr


@pytest.mark.parametrize("option", ["--name", "--zone", "--school"])
def test_init_without_an_answer_names_it(tmp_path: Path, option: str) -> None:
    index = INIT.index(option)
    result = run(tmp_path, *INIT[:index], *INIT[index + 2 :])
    assert result.exit_code == 2
    assert option in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_every_fault_of_the_folder_is_told_and_no_traceback(place: Path) -> None:
    (place / "district" / "targets.yaml").write_text("adoptd: []\n")
    (place / "district" / "systems.yaml").write_text("systems: 3\n")
    result = run(place, "go-live")
    assert result.exit_code == 2
    assert [line.partition(": ")[0] for line in result.stderr.splitlines()] == ["systems.yaml:1", "targets.yaml:1"]
    assert not (place / "state" / "live").exists()


def test_going_live_and_back(place: Path) -> None:
    assert "1 address" in run(place, "go-live").stdout
    assert (place / "state" / "live").exists()
    assert "ada@example.org" in run(place, "go-live", "--back-to-rehearsal").stdout
    assert not (place / "state" / "live").exists()


@pytest.mark.parametrize(
    ("flow", "option", "told"),
    [
        ("briefing", "dryrun=true", "--set dryrun: is no known key; did you mean dry_run?"),
        ("briefing", "dry_run=perhaps", "--set dry_run: must be true or false (write the files only; keep and mail"),
        ("poll_uptime", "minutes=99", "--set minutes: must be at most 60 (until the full hour"),
    ],
)
def test_an_option_that_does_not_fit_is_told_before_a_server_starts(
    place: Path, flow: str, option: str, told: str
) -> None:
    before = dict(os.environ)
    try:
        result = run(place, "run", flow, "--set", option)
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert (result.exit_code, result.stdout, len(result.stderr.splitlines())) == (2, "", 1)
    assert result.stderr.startswith(told)


@pytest.mark.parametrize("command", [("run", "housekeeping"), ("ui",), ("service",), ("demo",)])
def test_a_state_folder_that_cannot_be_made_is_one_sentence(place: Path, command: tuple[str, ...]) -> None:
    (place / "file").touch()
    folder = str(place / "file" / "state")
    words = (*command, "--out", folder) if command == ("demo",) else ("--state", folder, *command)
    result = run(place, *words)
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1), result.output
    assert "cannot be made" in result.stderr


def test_the_database_commands(place: Path) -> None:
    assert run(place, "db", "check").exit_code == 2
    assert run(place, "db", "upgrade").exit_code == 0
    assert "up to date" in run(place, "db", "check").stdout
    copy = place / "copy.db"
    assert run(place, "db", "backup", str(copy)).exit_code == 0
    assert run(place, "db", "restore", str(copy), typed="n\n").exit_code == 1
    assert run(place, "db", "restore", str(copy), "--yes").exit_code == 0
    assert run(place, "db", "restore", str(place / "none.db"), "--yes").exit_code == 2


def test_a_restored_store_mails_nobody_but_the_installer(place: Path) -> None:
    copy = place / "copy.db"
    run(place, "db", "upgrade")
    run(place, "db", "backup", str(copy))
    run(place, "go-live")
    (place / "broken.db").write_bytes(b"no database")
    assert run(place, "db", "restore", str(place / "broken.db"), "--yes").exit_code == 2
    assert (place / "state" / "live").exists()
    result = run(place, "db", "restore", str(copy), "--yes")
    assert (result.exit_code, (place / "state" / "live").exists()) == (0, False)
    assert "In rehearsal: " in result.stdout


def test_what_the_state_folder_holds_is_read_by_its_owner_alone(place: Path) -> None:
    before = os.umask(0o022)
    try:
        run(place, "db", "upgrade")
        run(place, "db", "backup", str(place / "copies" / "copy.db"))
        run(place, "go-live")
        run(place, "schema", "--out", str(place / "out"))
        after = os.umask(0o022)
    finally:
        os.umask(before)
    state, copies = place / "state", place / "copies"
    modes = {path.name: oct(path.stat().st_mode)[-3:] for path in (state, *state.iterdir(), copies, *copies.iterdir())}
    assert modes.items() >= {"state": "700", "firstbell.db": "600", "live": "600", "copies": "700"}.items()
    assert set(modes.values()) == {"700", "600"}
    assert {oct(path.stat().st_mode)[-3:] for path in (place / "out").iterdir()} == {"644"}
    assert after == 0o022


def test_schemas_are_written_where_the_files_point(place: Path) -> None:
    assert run(place, "schema", "--out", str(place / "out")).exit_code == 0
    written = {path.name: path.read_bytes() for path in (place / "out").iterdir()}
    assert written == {path.name: path.read_bytes() for path in (place / "district" / ".schema").iterdir()}


def test_kinds_are_listed_and_shown(tmp_path: Path) -> None:
    listed = json.loads(run(tmp_path, "connectors", "list", "--json").stdout)
    assert {"http", "statuspage"} <= {one["kind"] for one in listed}
    assert "Least access" in run(tmp_path, "connectors", "show", "statuspage").stdout
    assert "url" in run(tmp_path, "connectors", "show", "http").stdout
    assert json.loads(run(tmp_path, "connectors", "show", "http", "--json").stdout)["kind"] == "http"
    assert run(tmp_path, "connectors", "show", "nothing").exit_code == 2


def test_a_new_connector_is_two_files_that_fail_until_filled_in(tmp_path: Path) -> None:
    result = run(tmp_path, "connectors", "new", "fresh_desk", "--title", 'Fresh "desk"', "--root", str(tmp_path))
    assert result.exit_code == 0
    module, case = tmp_path / "connectors" / "fresh_desk.py", tmp_path / "tests" / "contract" / "fresh_desk" / "case.py"
    for path in (module, case):
        compile(path.read_text(), path, "exec")
    scope: dict[str, object] = {"__name__": "fresh_desk"}
    exec(module.read_text(), scope)
    connector = scope["FreshDesk"]
    with pytest.raises(NotImplementedError):
        connector({}, None).check()  # type: ignore[operator]
    assert run(tmp_path, "connectors", "new", "fresh_desk", "--root", str(tmp_path)).exit_code == 2
    for kind in ("Fresh-Desk", "class"):
        assert run(tmp_path, "connectors", "new", kind, "--root", str(tmp_path)).exit_code == 2
