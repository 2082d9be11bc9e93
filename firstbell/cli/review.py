"""The review commands: a person's word on a draft before it goes out."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstbell.cli._place import only_team, place_of, print_json

if TYPE_CHECKING:
    from firstbell.review import Waiting

commands = typer.Typer()
review_app = typer.Typer(help="A person's word on drafts.", invoke_without_command=True)
commands.add_typer(review_app, name="review")

Team = Annotated[str, typer.Option(help="The team; the only one by default.")]
Meeting = Annotated[str, typer.Option(help="The meeting's date; the next one by default.")]
By = Annotated[str, typer.Option(help="The role of whoever says this.")]
Keys = Annotated[list[str], typer.Argument(help="Keys of decisions, as the list shows them.")]
Note = Annotated[str, typer.Option("--note", help="A word beside it.")]


@review_app.callback()
def list_drafts(
    context: typer.Context,
    lines: Annotated[bool, typer.Option("--lines", help="Also the lines that a note may stand beside.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the drafts that wait, with their decisions."""
    if context.invoked_subcommand is not None:
        return
    from firstbell.review import waiting

    with place_of(context).work() as work:
        found = waiting(work)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        _print(one, lines)
    if not found:
        typer.echo("No draft waits.")


def _on_the_draft(word: str, told: str) -> None:
    """Add the command of a word on the draft as a whole."""

    @review_app.command(word, help=told)
    def say(
        context: typer.Context, note: Note = "", team: Team = "", meeting: Meeting = "", by: By = "team_leader"
    ) -> None:
        _say(context, team=team, meeting=meeting, by=by, word=word, note=note)


_on_the_draft("approve", "Let the packet go out at its hour.")
_on_the_draft("hold", "Keep the packet back until somebody approves it.")


@review_app.command()
def note(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="At most two sentences.")],
    line: Annotated[str, typer.Option(help="Beside this line of the packet; else on the draft as a whole.")] = "",
    team: Team = "",
    meeting: Meeting = "",
    by: By = "team_leader",
) -> None:
    """Write a note on the draft, or beside one of its lines."""
    said: dict[str, Any] = {"lines": [{"line": line, "text": text}]} if line else {"note": text}
    _say(context, team=team, meeting=meeting, by=by, **said)


def _on_decisions(word: str, told: str) -> None:
    """Add the command of a word on some of the draft's decisions."""

    @review_app.command(word, help=told)
    def say(
        context: typer.Context, decisions: Keys, team: Team = "", meeting: Meeting = "", by: By = "team_leader"
    ) -> None:
        _say(context, team=team, meeting=meeting, by=by, **{word: decisions})


_on_decisions("confirm", "Have proposed decisions printed.")
_on_decisions("drop", "Leave decisions out.")


@review_app.command()
def add_decision(
    context: typer.Context,
    title: Annotated[str, typer.Argument(help="What is to be decided, in one line.")],
    option: Annotated[list[str] | None, typer.Option(help="What may be chosen; repeat it.")] = None,
    recommendation: Annotated[str, typer.Option(help="What is recommended, and why.")] = "",
    cost: Annotated[float, typer.Option(min=0, help="In whole currency units.")] = 0,
    decider: Annotated[str, typer.Option(help="The role that decides; the whole team by default.")] = "",
    deadline: Annotated[str, typer.Option(help="Needed by, such as 2026-11-20.")] = "",
    confidential: Annotated[bool, typer.Option(help="Only for editions that may see security matters.")] = False,
    team: Team = "",
    meeting: Meeting = "",
    by: By = "team_leader",
) -> None:
    """Put a decision of your own to the meeting."""
    question = {
        "title": title,
        "options": option or [],
        "recommendation": recommendation,
        "cost": cost,
        "decider": decider,
        "deadline": deadline,
        "security": confidential,
    }
    _say(context, team=team, meeting=meeting, by=by, add=[question])


def _say(context: typer.Context, *, team: str, **said: Any) -> None:
    from firstbell.review import review
    from firstbell.review_form import word_of

    with place_of(context).work() as work:
        reviewed = review(work, word_of({"team": only_team(work.district, team), **said}))
    for sentence in reviewed.sentences:
        typer.echo(sentence)


def _print(one: Waiting, lines: bool) -> None:
    typer.echo(f"{one.team_key}, meeting {one.meets_on}, {one.stage} {one.revision}. {one.sentence}")
    if one.note:
        typer.echo(f"  {one.by} says: {one.note}")
    for decision in one.decisions:
        typer.echo(f"  {decision.state:10}{decision.decision_key}  {decision.title}")
    for key, text in one.lines if lines else ():
        typer.echo(f"  line      {key}  {text}")
