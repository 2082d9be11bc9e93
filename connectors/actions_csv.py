"""Action items from a table that a team, a project office or a tracker's export keeps.

Reads the columns named below and no other. A title is read because it is the promise itself: keep pupils' names out
of it. Whom an item belongs to is told by the address of a person of teams.yaml, or through `owners`, which maps the
file's own words to a role of the catalog or a person's key; any other word is dropped on read, because it is a name.

The file is the whole truth: an item taken out is retired. What it says holds until the day it was written, so a list
that nobody keeps any more shows as a source that fell silent.

Least access: read the one file or link. Limits: a list in a table remembers no earlier due dates; that a date moved is
known only from the reads since Firstbell reads it. A state word that is not mapped counts as open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar, Literal

from pydantic import Field

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._cells import day
from connectors._files import LOCATION, find
from connectors._rows import Row, parsed, proven
from connectors._table import Columns, Table, TableSettings, open_table
from connectors._words import meaning
from firstbell.records import ActionItemSeen

State = Literal["open", "done", "dropped"]

_STATES: dict[State, str] = {
    "open": "open new todo to_do planned in_progress started doing waiting on_hold blocked reopened",
    "done": "done closed complete completed finished resolved yes",
    "dropped": "dropped cancelled canceled rejected withdrawn wont_do duplicate",
}


class ActionColumns(Columns):
    """The headings of the table."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"key", "title", "state"})

    key: str = Field("Key|ID|Number|Item|Ref", description="What the item is called, for example A-14.")
    title: str = Field("Title|Action|Action Item|Task|What|Summary", description="What was promised.")
    state: str = Field("State|Status|Done", description="Its state word.")
    owner: str = Field("Owner|Who|Responsible|Assigned To|Assignee", description="Whose it is; mapped by owners.")
    due: str = Field("Due|Due Date|Due On|By When|Deadline", description="By when.")
    opened: str = Field("Opened|Created|Opened On|Created On|Date", description="When it was promised.")
    closed: str = Field("Closed|Completed|Closed On|Done On|Completed On", description="When it was done or dropped.")
    objective: str = Field("Objective|Goal", description="Key of an objective of plan.yaml.")


class ActionsCsv(Connector):
    """Action items of a table."""

    title = "Action items (CSV)"
    docs_url = "https://www.rfc-editor.org/rfc/rfc4180"
    streams = (Stream("actions", ActionItemSeen, StreamMode.REPLACE),)
    least_privilege = "Read access to one file; keep pupils' names out of the titles."
    checked_against = "files written for the tests in the shapes that lists of actions have; no vendor's own export"

    class Settings(TableSettings):
        file: str = Field(description=LOCATION)
        columns: ActionColumns = Field(ActionColumns(), description="Headings that differ from the usual ones.")
        states: dict[str, State] = Field({}, description="The table's state words, mapped to open, done or dropped.")
        owners: dict[str, str] = Field(
            {}, description="The table's words for owners, mapped to a role or a person's key; others are dropped."
        )

    settings: Settings

    def check(self) -> str:
        with self._table() as table:
            count = sum(1 for _ in parsed(table, self._items))
            return f"{count:,} action items can be read from {table.described()}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the file is always read anew
        with self._table() as table:
            yield from proven(table, self._items)()
            yield Complete("actions", known_until=min(table.file.modified_at, self.context.clock()))

    @contextmanager
    def _table(self) -> Iterator[Table]:
        with find(self.settings.file, self.context) as file:
            yield open_table(file, self.settings, self.context, self.settings.columns.wanted())

    def _items(self, row: Row) -> Iterable[ActionItemSeen]:
        state: State | None = meaning(row.need_text("state"), self.settings.states, _STATES)
        owners = {**self.context.people, **{word.casefold(): key for word, key in self.settings.owners.items()}}
        yield ActionItemSeen(
            action_key=row.need_text("key"),
            title=row.need_text("title"),
            owner=owners.get(row.text("owner").casefold(), ""),
            state=state or "open",
            due_on=row.read("due", day),
            opened_on=row.read("opened", day),
            closed_on=row.read("closed", day),
            objective_key=row.text("objective"),
        )
