"""Broken sources among good ones, and a folder that is wrong: the night goes on, and everything is said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connectors._errors import RetryableError
from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.cli import app
from firstbell.delivery.file_drop import FileDrop
from firstbell.store.queries import source_states
from tasks.assess import assess_at, keep_plan
from tasks.collect import read_source
from tasks.place import workplace_at
from tests.faults.cedar import SOURCES, write_district
from tests.faults.jobs import NIGHT, Watch
from tests.faults.world import World

BREAKS = ("hangs", "truncates", "html", "endless", "locked")
VENDOR = """\
  - key: {key}
    kind: statuspage
    title: Vendor {key}
    settings: {{url: "{web}{key}/", service_key: sis, timeout_seconds: 0.5, wait_budget_seconds: 0{more}}}
"""


def vendors(web: str, *keys: str, more: str = "") -> str:
    return "".join(VENDOR.format(key=key, web=web, more=more) for key in keys)


def firstbell(folder: Path, *arguments: str) -> Result:
    """One command on a district folder, with nothing of the outer environment."""
    where = {"FIRSTBELL_DISTRICT": str(folder), "FIRSTBELL_STATE": str(folder.parent / "state")}
    cleared = {"FIRSTBELL_DATABASE": None, "PREFECT_API_URL": None, "NOT_SET_ANYWHERE": None}
    return CliRunner().invoke(app, arguments, env={**cleared, **where})


def test_broken_sources_among_good_ones_are_not_known_and_stop_nothing(world: World, tmp_path: Path) -> None:
    secret = vendors(world.web, "secret", more=", proxy: env:NOT_SET_ANYWHERE")
    sources = SOURCES + vendors(world.web, "vendor", *BREAKS) + secret
    folder = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port, sources=sources)
    problems = {}
    with workplace_at(folder, tmp_path / "state", clock=Watch(NIGHT)) as work:
        keep_plan(work)
        for source in work.district.sources:
            try:
                problems[source.key] = read_source(work, source.key).problem
            except RetryableError as error:
                problems[source.key] = str(error)
        assess_at(work, NIGHT)
        with work.store.read() as connection:
            states = source_states(connection)
        wish = BriefingWish(team_key="tech", as_of=NIGHT, dry_run=True)
        (preview,) = brief(work, FileDrop(work.state / "mail"), wish)
    broken = {key for key, problem in problems.items() if problem}
    assert broken == {*BREAKS, "secret"}
    assert "NOT_SET_ANYWHERE" in problems["secret"]
    known = {row.source_key for row in states if row.completed_at is not None}
    assert known == set(problems) - broken
    assert {row.source_key for row in states if row.outcome == "failed"} == broken
    assert preview.folder is not None
    text = (preview.folder / "technical.txt").read_text()
    assert "Vendor " in text
    evidence = json.loads((preview.folder / "packet.json").read_text())
    assert "NOT_SET_ANYWHERE" not in text
    assert evidence


@pytest.mark.parametrize("command", [("run", "nightly_audit"), ("run", "briefing"), ("actions",)])
def test_an_unknown_key_is_told_with_its_line_and_nothing_runs(
    command: tuple[str, ...], world: World, tmp_path: Path
) -> None:
    folder = write_district(
        tmp_path / "district", web=world.web, mail_port=world.mail_port, systems="systems: []\nsistems: []\n"
    )
    done = firstbell(folder, *command)
    assert done.exit_code == 2
    assert "systems.yaml:2: sistems" in done.stderr
    assert not (tmp_path / "state" / "firstbell.db").exists()


def test_a_wrong_address_is_told_before_anything_is_asked(world: World, tmp_path: Path) -> None:
    sources = SOURCES + vendors("ftp://files.example.org/", "vendor")
    folder = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port, sources=sources)
    done = firstbell(folder, "run", "nightly_audit")
    assert done.exit_code == 2
    assert done.stderr.startswith("sources.yaml:")
    assert "must be a web address that begins with https://" in done.stderr


def test_doctor_names_the_secret_that_is_missing(world: World, tmp_path: Path) -> None:
    sources = SOURCES + vendors(world.web, "vendor", more=", proxy: env:NOT_SET_ANYWHERE")
    folder = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port, sources=sources)
    done = firstbell(folder, "doctor", "--json", "--no-outside")
    assert done.exit_code == 1
    (missing,) = [one for one in json.loads(done.stdout) if "secret" in one["subject"]]
    assert missing["level"] == "wrong"
    assert "the environment variable NOT_SET_ANYWHERE is not set" in missing["sentence"]
