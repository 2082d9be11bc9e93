"""Real dump files: nightly ones that are whole, one cut off on its way, one that stopped weeks ago, one share away."""

from __future__ import annotations

import gzip
import os
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from examples.lakeside.timeline import ZONE, Timeline

KEPT = 7
"""How many nights of dumps each folder keeps."""
CUT_OFF_NIGHTS = 3
"""For so many nights the routing server's disk has been full."""
STALE_DAYS = 5
"""So long ago the library's dumps stopped."""
AWAY, AWAY_DAYS, SENTINEL = "phones", 4, ".mounted"
"""The system whose share has been away since so many days, and the file by which the share is known."""

Write = Callable[[Path, Random], None]


@dataclass(frozen=True, slots=True)
class Dumps:
    """A folder of nightly dumps: its system, its file names, its hour, how a file is written."""

    system: str
    name: str
    hour: int
    write: Write


def write_dumps(folder: Path, timeline: Timeline, at: datetime) -> None:
    """Write each system's folder as it stood at `at`."""
    night = at.astimezone(ZONE).date()
    for dumps in DUMPS:
        place = folder / dumps.system
        place.mkdir(parents=True, exist_ok=True)
        if dumps.system == AWAY and at >= timeline.at(timeline.day(-AWAY_DAYS), 9):
            continue  # the mount point is an empty folder, without the share's sentinel
        for back in range(KEPT):
            day = night - timedelta(days=back)
            if dumps.system == "library" and day > timeline.day(-STALE_DAYS):
                continue
            made_at = timeline.at(day, dumps.hour, 15)
            if made_at >= at:
                continue
            path = place / dumps.name.format(day=day)
            dumps.write(path, Random(f"dump/{dumps.system}/{day}"))
            if dumps.system == "bus_routing" and day > timeline.day(-CUT_OFF_NIGHTS):
                _cut_off(path)
            os.utime(path, (made_at.timestamp(), made_at.timestamp()))
        if dumps.system == AWAY:
            (place / SENTINEL).touch()


def _sql_gzip(path: Path, random: Random) -> None:
    rows = "".join(f"{number}\t{random.randbytes(24).hex()}\n" for number in range(900))
    text = f"--\n-- PostgreSQL database dump\n--\n\nCOPY sample FROM stdin;\n{rows}\\.\n\n"
    text += "--\n-- PostgreSQL database dump complete\n--\n"
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as packed:
        packed.write(text.encode())


def _sqlite(path: Path, random: Random) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE IF NOT EXISTS sample (number INTEGER PRIMARY KEY, content TEXT)")
        rows = ((number, random.randbytes(40).hex()) for number in range(300))
        database.executemany("INSERT OR REPLACE INTO sample VALUES (?, ?)", rows)


def _zip(path: Path, random: Random) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(zipfile.ZipInfo(f"sample-{number}.txt"), random.randbytes(6000).hex())


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])


DUMPS = (
    Dumps("finance", "finance-{day:%Y-%m-%d}-0115.sql.gz", 1, _sql_gzip),
    Dumps("sign_in", "directory-{day:%Y-%m-%d}-0215.sql.gz", 2, _sql_gzip),
    Dumps("files", "files-{day:%Y-%m-%d}-0315.zip", 3, _zip),
    Dumps("library", "library-{day:%Y-%m-%d}-0015.sqlite", 0, _sqlite),
    Dumps("bus_routing", "routing-{day:%Y-%m-%d}-0015.sql.gz", 0, _sql_gzip),
    Dumps("phones", "phones-{day:%Y-%m-%d}-0215.sql.gz", 2, _sql_gzip),
    Dumps("website", "website-{day:%Y-%m-%d}-0115.zip", 1, _zip),
)
