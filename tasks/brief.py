"""The briefing as a job: what is due for each team today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from prefect import task

from firstbell.briefing.cycle import Briefed, BriefingWish, brief
from firstbell.briefing.public import write_public
from firstbell.delivery.choose import transport_of
from firstbell.delivery.refusals import report_refusals
from firstbell.files import FileError
from firstbell.workplace import Workplace
from tasks.options import OptionError
from tasks.place import secret_readers, workplace


@dataclass(frozen=True, slots=True)
class TeamBriefed:
    """What came of one team's briefing, in counts and sentences. `problem` says why nothing could be done at all."""

    team: str
    sentences: tuple[str, ...] = ()
    sent: int = 0
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    problem: str = ""


def teams_of(work: Workplace, wanted: str, resend_to: str = "") -> list[str]:
    """The team that a form names, or all of them; for one person, those the person sits in.

    Raises OptionError naming the teams, or the people, that there are.
    """
    keys = [team.key for team in work.district.teams]
    if wanted and wanted not in keys:
        raise OptionError(f"Team: there is no team {wanted!r}; the teams are {', '.join(keys)}.")
    if wanted or not resend_to:
        return [wanted] if wanted else keys
    own = [team.key for team in work.district.teams if any(one.person == resend_to for one in team.members)]
    if not own:
        people = ", ".join(sorted({one.person for team in work.district.teams for one in team.members}))
        raise OptionError(f"Send again to: {resend_to!r} sits in no team; the members are {people}.")
    return own


def brief_team(work: Workplace, wish: BriefingWish) -> TeamBriefed:
    """Do what is due for one team."""
    transport = transport_of(work.district, work.state, secret_readers(work.district.folder))
    done: list[Briefed] = brief(work, transport, wish)
    report_refusals(work, transport)
    pages = "" if wish.dry_run else publish(work)
    return TeamBriefed(
        team=wish.team_key,
        sentences=(*(sentence for one in done for sentence in one.sentences), *([pages] if pages else [])),
        sent=sum(one.dispatched.sent for one in done),
        refused=tuple(key for one in done for key in one.dispatched.refused),
        unknown=tuple(key for one in done for key in one.dispatched.unknown),
        folders=tuple(str(one.folder) for one in done if one.folder is not None),
    )


def publish(work: Workplace) -> str:
    """Write the public pages where the district wants them; a sentence where something changed or went wrong.

    What was mailed is mailed: a folder that cannot be written to stops no briefing.
    """
    if not work.district.about.public.write:
        return ""
    try:
        written = write_public(work)
    except FileError as error:
        return str(error)
    changed = written.changed + written.removed
    return f"Public pages: {changed} changed, {written.pages} stand in {written.folder}." if changed else ""


@task(name="teams")
def list_teams(wanted: str, resend_to: str = "") -> list[str]:
    """The teams this run is for."""
    with workplace() as work:
        return teams_of(work, wanted, resend_to)


@task(name="brief", task_run_name="brief {team}")
def brief_one(team: str, meeting: str, as_of: datetime | None, dry_run: bool, resend_to: str) -> TeamBriefed:
    """Freeze, draw and send what is due for one team, by what is known now or was known at a past moment."""
    with workplace() as work:
        wish = BriefingWish(team_key=team, meeting=meeting, as_of=as_of, dry_run=dry_run, resend_to=resend_to)
        return brief_team(work, wish)
