"""What all commands share: where the district is, how it is loaded, and how an error is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

from firstbell.errors import FirstbellError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from firstbell.config.loaded import District
    from firstbell.store.session import Store
    from firstbell.workplace import Workplace


class OneSentence(TyperGroup):
    """The one place where an error that a person can mend becomes a sentence on standard error and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except FirstbellError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(2) from error


@dataclass(frozen=True, slots=True)
class Place:
    """The district folder and the state folder a command works on."""

    district: Path
    state: Path

    def load(self) -> District:
        """Read the district folder. Raises ConfigError."""
        return load_folder(self.district)

    @property
    def database(self) -> str:
        """The store's address: FIRSTBELL_DATABASE, else the SQLite file of the state folder."""
        from firstbell.store.session import default_url

        return os.environ.get("FIRSTBELL_DATABASE") or default_url(self.state)

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The open store, closed at the end. Raises StoreError."""
        from firstbell.store.session import open_store

        opened = open_store(self.database)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def work(self) -> Iterator[Workplace]:
        """The whole installation, open for work. Raises ConfigError and StoreError."""
        from tasks.place import workplace_at

        folder, state = self.district.resolve(), self.state.resolve()
        with workplace_at(folder, state, os.environ.get("FIRSTBELL_DATABASE", "")) as opened:
            yield opened


def place_of(context: typer.Context) -> Place:
    """The place that the main options named."""
    place = context.find_object(Place)
    assert place is not None, "the main callback sets it before any command runs"
    return place


def only_team(district: District, wanted: str, of: str = "") -> str:
    """The team that was named, or the only one there is: of the district, or of the person whose key is `of`.

    Raises FirstbellError naming those there are.
    """
    own = [team.key for team in district.teams if any(seat.person == of for seat in team.members)]
    keys = [team.key for team in district.teams]
    if not wanted and own:
        keys = own
    if wanted in keys or (not wanted and len(keys) == 1):
        return wanted or keys[0]
    raise FirstbellError(f"Name a team with --team: {', '.join(keys)}.")


def load_folder(folder: Path) -> District:
    """Read a district folder with the settings of every connector and probe there is. Raises ConfigError."""
    from tasks.place import read_folder

    return read_folder(folder)


def all_settings() -> tuple[Mapping[str, type[BaseModel]], Mapping[str, type[BaseModel]]]:
    """The settings models of every kind of source and of every kind of probe."""
    import connectors
    import connectors.probes

    return (
        {kind: connectors.get(kind).Settings for kind in connectors.kinds()},
        {kind: connectors.probes.get(kind).Settings for kind in connectors.probes.kinds()},
    )


def print_json(content: Any) -> None:
    """Print for scripts."""
    typer.echo(json.dumps(content, indent=2, ensure_ascii=False, default=str))
