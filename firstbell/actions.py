"""What somebody promised: reading a team's actions, and each change that a person may make to one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from sqlalchemy import Connection

from firstbell.catalog import load_roles
from firstbell.config._references import did_you_mean
from firstbell.config.loaded import District
from firstbell.errors import FirstbellError
from firstbell.records import TEAM_SOURCE, ActionItemSeen, TeamAction
from firstbell.store.history import current_team_facts, versions_of
from firstbell.store.queries import facts_as_known
from firstbell.store.save import save_facts, serialise
from firstbell.workplace import Workplace

Change = Callable[[TeamAction], TeamAction]


class ActionError(FirstbellError):
    """An action that is not there, or a change that does not fit it."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who promised: a role, a person's key, or a person with the role that the packet prints."""

    role: str = ""
    person: str = ""


def owner_of(district: District, team_key: str, day: date, word: str) -> Owner:
    """The owner that a person's key or a role's key names. Raises ActionError for a word that is neither."""
    people = {person.key for person in district.people}
    roles = {role.key for role in load_roles().roles}
    if word in people:
        seats = [*district.members(team_key, day), *(seat for team in district.teams for seat in team.members)]
        held = (role for seat in seats if seat.person == word for role in seat.roles)
        return Owner(role=next(held, ""), person=word)
    if word in roles:
        return Owner(role=word)
    named = f'"{word}"' if len(word) <= 60 else "this"
    raise ActionError(f"{named} is no role and no person's key; {did_you_mean(word, people | roles)}")


def is_owner(district: District, word: str) -> bool:
    """Whether a word is a person's key of the folder or a role's key."""
    return word in {one.key for one in district.people} | {one.key for one in load_roles().roles}


def closed(action: TeamAction, on: date) -> TeamAction:
    """Done on a day; one that is done already keeps its day."""
    if action.state == "done":
        return action
    return replace(_open(action), state="done", closed_on=on)


def dropped(action: TeamAction, on: date, why: str) -> TeamAction:
    """Given up on a day, for a reason."""
    if action.state == "dropped":
        return action
    return replace(_open(action), state="dropped", closed_on=on, reason=_why(action, why))


def moved(action: TeamAction, due_on: date, why: str) -> TeamAction:
    """Promised for another day. The first promise stays; a first date that is only now given is not a move."""
    if _open(action).due_on == due_on:
        return action
    if action.due_on is None:
        return replace(action, due_on=due_on, first_due_on=due_on)
    return replace(action, due_on=due_on, times_moved=action.times_moved + 1, reason=_why(action, why))


def handed_over(action: TeamAction, to: Owner) -> TeamAction:
    """Promised by somebody else from now on."""
    return replace(_open(action), owner_role=to.role, person_key=to.person)


def reopened(action: TeamAction) -> TeamAction:
    """Open again, with the dates it had."""
    return replace(action, state="open", closed_on=None, reason="") if action.state != "open" else action


class Said(Protocol):
    """A word on an action, as minutes and forms hold it: dates are text, and what does not belong to it is empty."""

    @property
    def word(self) -> str: ...
    @property
    def on(self) -> str: ...
    @property
    def due(self) -> str: ...
    @property
    def to(self) -> str: ...
    @property
    def why(self) -> str: ...


def change_of(district: District, said: Said, today: date) -> Change:
    """The change that a word means: open (leaves it as it is), done, reopened, moved, handed_over or dropped.

    `today` counts where no day is said. The change raises ActionError where something it needs is not said.
    """
    on = date.fromisoformat(said.on) if said.on else today

    def changed(action: TeamAction) -> TeamAction:
        match said.word:
            case "done":
                return closed(action, on)
            case "reopened":
                return reopened(action)
            case "dropped":
                return dropped(action, on, said.why)
            case "moved":
                return moved(action, _new_date(action, said), said.why)
            case "handed_over":
                return handed_over(action, owner_of(district, action.team_key, today, said.to))
            case _:
                return action

    return changed


def _new_date(action: TeamAction, said: Said) -> date:
    if not said.due:
        raise ActionError(f"{action.action_key} is moved, but to no date; fill in due.")
    return date.fromisoformat(said.due)


def _open(action: TeamAction) -> TeamAction:
    if action.state != "open":
        raise ActionError(
            f"{action.action_key} is {action.state}; reopen it first: `firstbell actions reopen {action.action_key}`."
        )
    return action


def _why(action: TeamAction, why: str) -> str:
    if not why.strip():
        raise ActionError(f"{action.action_key} needs a reason; say why in a few words.")
    return why.strip()


def actions_of(work: Workplace, team_key: str = "") -> list[TeamAction]:
    """The actions as they stand, of one team or of all: open ones first, each part by due date and number."""
    with work.store.read() as connection:
        found = current_team_facts(connection, TeamAction)
    mine = [action for action in found if team_key in ("", action.team_key)]
    return sorted(mine, key=_place)


def number_of(action: TeamAction) -> int:
    """14 for "A-14"; 0 for a key that is not of that form."""
    digits = action.action_key.removeprefix("A-")
    return int(digits) if digits.isdecimal() else 0


def next_number(actions: Iterable[TeamAction], team_key: str) -> int:
    """The first number that no action of the team ever had."""
    return max((number_of(action) for action in actions if action.team_key == team_key), default=0) + 1


def hand_over_all(work: Workplace, owner: str, to: str, team_key: str = "") -> list[TeamAction]:
    """Give everything open that a person owns, or a role without a person, to somebody else, all of it or nothing.

    `owner` may be a key that has left the folder. Raises ActionError where it owns nothing open, and for a new owner
    that there is not.
    """
    now = work.clock()
    today = now.astimezone(work.district.zone).date()
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        found = [
            one
            for one in current_team_facts(connection, TeamAction)
            if one.state == "open" and team_key in ("", one.team_key)
        ]
        mine = sorted((one for one in found if _owned_by(one, owner)), key=_place)
        if not mine:
            owners = {one.person_key or one.owner_role for one in found} - {""}
            raise ActionError(f"{owner[:60]} owns no open action; {did_you_mean(owner, owners)}")
        changed = [handed_over(one, owner_of(work.district, one.team_key, today, to)) for one in mine]
        save_facts(connection, TEAM_SOURCE, changed, now)
    return changed


def _owned_by(action: TeamAction, owner: str) -> bool:
    return owner == action.person_key if action.person_key else owner == action.owner_role


def has_left(district: District, person_key: str, day: date) -> bool:
    """Whether a person is no longer in the folder, or sat in teams and every one of these terms is over.

    Somebody of the folder who never sat in a team has not left.
    """
    if person_key not in {person.key for person in district.people}:
        return True
    year = district.school_year_on(day)
    seats = [seat for team in district.teams for seat in team.members if seat.person == person_key]
    return bool(seats) and all(seat.ends and seat.ends < year for seat in seats)


def nobody_owns(district: District, action: TeamAction, day: date) -> bool:
    """Whether nobody is there who would do it: its person has left, or its role has no person and no holder."""
    if action.person_key:
        return has_left(district, action.person_key, day)
    teams = {team.key for team in district.teams}
    return action.team_key not in teams or not district.holders(action.owner_role, action.team_key, day)


def history_of(work: Workplace, key: str, team_key: str = "") -> list[tuple[datetime, TeamAction]]:
    """Every version of an action with the moment it was written down, the first one first. Raises ActionError."""
    with work.store.read() as connection:
        action = _find(work, connection, key, team_key)
        return versions_of(connection, TeamAction, action.entity_key)


def change_action(work: Workplace, key: str, change: Change, team_key: str = "") -> TeamAction:
    """Apply a change to one action and keep it as a new version; returns the action as it stands then.

    Raises ActionError for an unknown number, for one that several teams use while `team_key` is empty, and whatever
    the change raises.
    """
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        action = _find(work, connection, key, team_key)
        changed = change(action)
        save_facts(connection, TEAM_SOURCE, [changed], work.clock())
    return changed


def keepers(district: District, connection: Connection, now: datetime) -> dict[str, str]:
    """The titles of the trackers that keep action items, by the items' keys in capitals."""
    titles = {source.key: source.title for source in district.sources}
    rows = facts_as_known(connection, ActionItemSeen, known_at=now)
    return {one.action_key.upper(): titles[source] for source, one in rows if source in titles}


def kept_elsewhere(tracker: str) -> str:
    """What is answered to whoever would change a tracker's item here."""
    return f"is kept in {tracker}; change it there."


def _find(work: Workplace, connection: Connection, key: str, team_key: str) -> TeamAction:
    actions = current_team_facts(connection, TeamAction)
    mine: Mapping[str, TeamAction] = {
        action.team_key: action
        for action in actions
        if action.action_key.casefold() == key.casefold() and team_key in ("", action.team_key)
    }
    if len(mine) == 1:
        return next(iter(mine.values()))
    if mine:
        raise ActionError(f"{key} stands in the lists of {', '.join(sorted(mine))}; name one with --team.")
    if tracker := keepers(work.district, connection, work.clock()).get(key.upper()):
        raise ActionError(f"{key} {kept_elsewhere(tracker)}")
    open_ones = {
        action.action_key for action in actions if action.state == "open" and team_key in ("", action.team_key)
    }
    raise ActionError(f"There is no action {key[:20]}; {did_you_mean(key, open_ones)}")


def _place(action: TeamAction) -> tuple[bool, str, date, int]:
    return action.state != "open", action.team_key, action.due_on or date.max, number_of(action)
