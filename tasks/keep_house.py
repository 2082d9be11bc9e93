"""Housekeeping as a job: what has expired is removed, and said."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from prefect import task

from firstbell.store.retention import RetentionPolicy, apply_retention
from firstbell.workplace import Workplace
from tasks.place import workplace

PREVIEWS_KEPT = timedelta(days=30)


def keep_house(work: Workplace, now: datetime) -> list[str]:
    """Apply the retention rules to the store and remove old previews; a sentence for each thing removed."""
    said = apply_retention(work.store, RetentionPolicy(), now)
    old = [path for path in _previews(work.state) if path.stat().st_mtime < (now - PREVIEWS_KEPT).timestamp()]
    for path in old:
        path.unlink()
    if old:
        said.append(f"Removed {len(old)} files of previews older than {PREVIEWS_KEPT.days} days.")
    return said


def _previews(state: Path) -> list[Path]:
    return [path for path in (state / "previews").rglob("*") if path.is_file()]


@task(name="keep house")
def remove_expired(now: datetime) -> list[str]:
    """Remove what has expired."""
    with workplace() as work:
        return keep_house(work, now)
