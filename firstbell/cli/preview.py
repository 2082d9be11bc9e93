"""The preview command: the next packet as it reads now, and who gets which edition."""

from __future__ import annotations

from typing import Annotated

import typer

from firstbell.cli._place import only_team, place_of, print_json

commands = typer.Typer()


@commands.command()
def preview(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Which team's; needless where there is one.")] = "",
    meeting: Annotated[str, typer.Option(help="Its date, such as 2026-12-03; the next meeting by default.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Write the next packet's editions as files and list who gets which; keeps and sends nothing."""
    from firstbell.briefing.cycle import BriefingWish, brief
    from firstbell.briefing.gather import readers_of
    from firstbell.delivery.file_drop import FileDrop
    from firstbell.known_meetings import known_meetings
    from firstbell.meetings import chosen

    with place_of(context).work() as work:
        now, key = work.clock(), only_team(work.district, team)
        found = chosen(known_meetings(work, key, now), meeting, now, work.district)
        wish = BriefingWish(team_key=key, meeting=meeting, as_of=now, dry_run=True)
        (done,) = brief(work, FileDrop(work.state / "previews"), wish)
        readers = readers_of(work.district, found) if found is not None else ()
    if as_json:
        told = {reader.person_key: reader.edition for reader in readers}
        print_json({"meeting": done.meeting_key, "folder": done.folder, "readers": told, "sentences": done.sentences})
        return
    for reader in readers:
        typer.echo(f"{reader.person_key}: {reader.edition} edition, as {', '.join(reader.roles)}")
    typer.echo(" ".join(done.sentences))
    if done.folder is not None:
        typer.echo(str(done.folder))
