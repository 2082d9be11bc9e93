"""The preview command: the next packet as it reads now, and who gets which edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from firstbell.cli._place import only_team, place_of, print_json

if TYPE_CHECKING:
    from firstbell.briefing.who import Assignment

commands = typer.Typer()


@commands.command()
def preview(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Which team's; needless where there is one.")] = "",
    meeting: Annotated[str, typer.Option(help="Its date, such as 2026-12-03; the next meeting by default.")] = "",
    edition: Annotated[str, typer.Option(help="Print page one of this edition: public, technical ...")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Write the next packet's editions as files and list who gets which and why; keeps and sends nothing."""
    from firstbell.briefing.cycle import BriefingWish, brief
    from firstbell.briefing.who import who_gets_what
    from firstbell.delivery.file_drop import FileDrop
    from firstbell.known_meetings import known_meetings
    from firstbell.meetings import chosen
    from firstbell.packet.audience import edition_named

    wanted = edition_named(edition) if edition else ""
    with place_of(context).work() as work:
        now, key = work.clock(), only_team(work.district, team)
        found = chosen(known_meetings(work, key, now), meeting, now, work.district)
        wish = BriefingWish(team_key=key, meeting=meeting, as_of=now, dry_run=True)
        (done,) = brief(work, FileDrop(work.state / "previews"), wish)
        readers = who_gets_what(work.district, found) if found is not None else []
    if as_json:
        told = [asdict(reader) for reader in readers]
        print_json({"meeting": done.meeting_key, "folder": done.folder, "readers": told, "sentences": done.sentences})
        return
    if wanted and done.folder is not None:
        typer.echo(page_one_of(done.folder, wanted))
        return
    for line in lines_of(readers):
        typer.echo(line)
    typer.echo(" ".join(done.sentences))
    if done.folder is not None:
        typer.echo(str(done.folder))


def page_one_of(folder: Path, edition: str) -> str:
    """Page one as the text part of the edition's mail holds it, in each language in which it is written."""
    texts = sorted(folder.glob(f"{edition}*.txt"), key=lambda path: (len(path.stem), path.stem))
    return "\n".join(path.read_text(encoding="utf-8") for path in texts)


def lines_of(readers: Sequence[Assignment]) -> list[str]:
    """A table of who gets what, its columns as wide as their longest text."""
    rows = [("Person", "Edition", "because of", "Language", "because of", "Roles")]
    rows += [
        (
            reader.person_key + ("" if reader.reachable else " (no address)"),
            reader.edition,
            reader.edition_because,
            reader.language,
            reader.language_because,
            ", ".join(reader.roles),
        )
        for reader in readers
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]
