"""Housekeeping as a job: what has expired is removed, and said."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from prefect import task

from firstbell.files import UNFINISHED
from firstbell.store.latency_days import add_up_days
from firstbell.store.retention import RetentionPolicy, apply_retention
from firstbell.workplace import Workplace
from tasks.place import workplace

PREVIEWS_KEPT = timedelta(days=30)
UNFINISHED_KEPT = timedelta(days=1)
"""Nothing takes so long to write: whoever began it is dead."""


def keep_house(work: Workplace, now: datetime) -> list[str]:
    """Apply the retention rules to the store, remove old previews and what killed runs left unfinished.

    Days of latencies are added up before their hours go. A sentence for each thing removed.
    """
    add_up_days(work.store, work.district.zone, now)
    said = apply_retention(work.store, RetentionPolicy(), now)
    previews = [path for path in (work.state / "previews").glob("*") if _older(path, now - PREVIEWS_KEPT)]
    for path in previews:
        _remove(path)
    if previews:
        said.append(f"Removed previews older than {PREVIEWS_KEPT.days} days: {len(previews)}.")
    unfinished = [path for path in work.state.rglob(UNFINISHED) if _older(path, now - UNFINISHED_KEPT)]
    for path in unfinished:
        _remove(path)
    if unfinished:
        said.append(f"Removed what a broken run left unfinished: {len(unfinished)}.")
    return said


def _older(path: Path, moment: datetime) -> bool:
    return path.stat().st_mtime < moment.timestamp()


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@task(name="keep house")
def remove_expired(now: datetime) -> list[str]:
    """Remove what has expired."""
    with workplace() as work:
        return keep_house(work, now)
