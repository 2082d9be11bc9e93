"""A small district that can be worked with at once: one school, two readers, one file to read, a packet that is due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from firstbell.cli._place import load_folder
from firstbell.clock import utc_now
from firstbell.config.answers import Answers, mail_from, meeting_from, readers_from_lines, schools_from_names
from firstbell.config.rehearsal import go_live
from firstbell.config.starter import write_start

CHICAGO = ZoneInfo("America/Chicago")
SOURCES = """\
sources:
  - {key: evidence, kind: attestations, title: Evidence list, settings: {file: evidence.yaml}}
"""
EVIDENCE = """\
controls:
  - {framework: cipa, code: filter, state: met, owner_role: it_lead}
"""
READERS = ("Ada Long <ada@oak.example> team_leader it_lead", "Bo Short <bo@oak.example> parent_representative")


def day(distance: int) -> str:
    """The district's date so many days from today."""
    return f"{utc_now().astimezone(CHICAGO) + timedelta(days=distance):%Y-%m-%d}"


def write_small_district(folder: Path, state: Path) -> None:
    """Write the folder as `firstbell init` does, with a source of its own; live, and its team meets tomorrow."""
    now = utc_now()
    answers = Answers(
        name="Oak Valley Schools",
        time_zone=CHICAGO.key,
        schools=schools_from_names(["Oak Elementary"]),
        readers=readers_from_lines(READERS),
        meeting=meeting_from(f"{day(1)} 16:00", "once"),
        mail=mail_from("files", "packets@oak.example"),
    )
    write_start(folder, answers, today=now.astimezone(CHICAGO).date(), load=load_folder, schemas={})
    meetings = folder / "meetings.yaml"
    text = meetings.read_text(encoding="utf-8").replace("draft_days: 10", "draft_days: 40")
    meetings.write_text(text.replace("preview_days: 12", "preview_days: off"), encoding="utf-8")
    (folder / "evidence.yaml").write_text(EVIDENCE, encoding="utf-8")
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    go_live(state, now)
