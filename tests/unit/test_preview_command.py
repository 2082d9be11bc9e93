"""The preview command: files and a list of readers, and nothing kept or sent."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from typer.testing import CliRunner

from firstbell.cli import app
from firstbell.clock import utc_now
from firstbell.store.outbox import messages
from firstbell.store.packets import latest_packet
from firstbell.store.session import default_url, open_store

START = (
    *("init", "--non-interactive", "--name", "Cedar Valley", "--zone", "America/Chicago", "--school", "Oak"),
    *("--meeting", f"{utc_now().date() + timedelta(days=20)} 16:00", "--repeats", "once", "--mail", "files"),
    *("--reader", "Ada Long <ada@example.org> team_leader", "--reader", "Bo <bo@example.org> parent_representative"),
)


def test_a_preview_writes_every_edition_and_keeps_and_sends_nothing(tmp_path: Path) -> None:
    environment = {"FIRSTBELL_DISTRICT": str(tmp_path / "district"), "FIRSTBELL_STATE": str(tmp_path / "state")}
    told = {**environment, "FIRSTBELL_DATABASE": None}
    assert CliRunner().invoke(app, START, env=told).exit_code == 0
    done = CliRunner().invoke(app, ["preview", "--json"], env=told)
    assert done.exit_code == 0, done.output
    seen = json.loads(done.output)
    assert {(one["person_key"], one["edition"], one["edition_because"]) for one in seen["readers"]} == {
        ("ada_long", "leadership", "role team_leader"),
        ("bo", "representative", "role parent_representative"),
    }
    assert {file.name for file in Path(seen["folder"]).glob("*.pdf")} >= {"leadership.pdf", "representative.pdf"}
    store = open_store(default_url(tmp_path / "state"))
    with store.read() as connection:
        assert latest_packet(connection, "leadership", seen["meeting"]) is None
        assert messages(connection) == []
    store.close()


def test_a_preview_shows_any_edition_and_says_why_each_person_gets_what(tmp_path: Path) -> None:
    environment = {"FIRSTBELL_DISTRICT": str(tmp_path / "district"), "FIRSTBELL_STATE": str(tmp_path / "state")}
    told = {**environment, "FIRSTBELL_DATABASE": None}
    assert CliRunner().invoke(app, START, env=told).exit_code == 0
    settings = tmp_path / "district" / "district.yaml"
    settings.write_text(f"{settings.read_text()}\npacket: {{languages: {{public: es, representative: es}}}}\n")
    people = tmp_path / "district" / "teams.yaml"
    people.write_text(people.read_text().replace("{key: ada_long,", "{key: ada_long, language: es,"))
    public = CliRunner().invoke(app, ["preview", "--edition", "public"], env=told)
    assert public.exit_code == 0, public.output
    assert "Edición pública" in public.output
    assert "\nDATOS\n" in public.output
    listed = CliRunner().invoke(app, ["preview"], env=told).output
    rows = [" ".join(line.split()) for line in listed.splitlines()]
    assert "ada_long leadership role team_leader es own setting team_leader" in rows
    assert "bo representative role parent_representative es representative edition parent_representative" in rows
    (folder,) = (tmp_path / "state" / "previews").iterdir()
    assert "Leadership edition" in (folder / "leadership.txt").read_text()
    assert "Edición para la dirección" in (folder / "leadership-es.txt").read_text()
    unknown = CliRunner().invoke(app, ["preview", "--edition", "secret"], env=told)
    assert unknown.exit_code == 2
    assert "no edition secret; known are leadership" in unknown.output
