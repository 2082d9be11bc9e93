"""Opening the installation that the environment names: FIRSTBELL_DISTRICT, FIRSTBELL_STATE, FIRSTBELL_DATABASE."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import connectors
from connectors import probes
from firstbell.assessment.instrument import load_instrument
from firstbell.clock import Clock, utc_now
from firstbell.config.loaded import District
from firstbell.config.loading import load_district
from firstbell.config.secrets import SecretReader, readers
from firstbell.errors import FirstbellError
from firstbell.knowledge import Feeds
from firstbell.store.schema import upgrade
from firstbell.store.session import default_url, open_store
from firstbell.workplace import Workplace
from tasks.calendars import CalendarReader

_LAYOUT = threading.Lock()
"""Only one thread at a time brings the store to the present layout."""


@contextmanager
def workplace(clock: Clock = utc_now) -> Iterator[Workplace]:
    """The installation, open for work and closed at the end. Raises ConfigError and StoreError."""
    folder = Path(os.environ.get("FIRSTBELL_DISTRICT", "district")).resolve()
    state = Path(os.environ.get("FIRSTBELL_STATE", "state")).resolve()
    with workplace_at(folder, state, os.environ.get("FIRSTBELL_DATABASE", ""), clock) as opened:
        yield opened


@contextmanager
def workplace_at(folder: Path, state: Path, database: str = "", clock: Clock = utc_now) -> Iterator[Workplace]:
    """The installation of a district folder and a state folder; its store is brought to the present layout."""
    district = read_folder(folder)
    store = open_store(database or default_url(state))
    try:
        with _LAYOUT:
            upgrade(store)
        yield Workplace(
            district=district,
            store=store,
            state=state,
            feeds=feeds_of(district),
            read_calendar=CalendarReader(folder, state, clock),
            clock=clock,
        )
    finally:
        store.close()


def read_folder(folder: Path) -> District:
    """The district folder, read again only when one of its files changed. Raises ConfigError."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    return _read(folder, tuple((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files))


@lru_cache(maxsize=2)
def _read(folder: Path, _files: tuple[tuple[str, int, int], ...]) -> District:
    return load_district(
        folder,
        settings_for=lambda kind: connectors.get(kind).Settings,
        probe_settings_for=lambda kind: probes.get(kind).Settings,
        indicators=load_instrument().by_id,
    )


def feeds_of(district: District) -> Feeds:
    """Each source's streams with the record type they yield, by its connector."""
    return {
        source.key: {stream.name: stream.record_type for stream in connectors.get(source.kind).streams}
        for source in district.sources
    }


def secret_readers(folder: Path) -> Mapping[str, SecretReader]:
    """The ways to look a secret up: environment, file, and Prefect's Secret blocks."""
    return {**readers(folder), "prefect-secret": _from_prefect}


def _from_prefect(name: str) -> str:
    from prefect.blocks.system import Secret

    try:
        block = Secret.load(name)
        assert isinstance(block, Secret), "loaded outside of an event loop"
        return str(block.get())
    except ValueError as error:
        raise FirstbellError(f"Prefect has no Secret block named {name}; make it in the UI under Blocks.") from error
