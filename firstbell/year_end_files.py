"""Writing the year-end page into the state folder."""

from __future__ import annotations

from pathlib import Path

from firstbell.files import write_whole
from firstbell.workplace import Workplace
from firstbell.year_end import BOARD_EDITIONS, school_year, year_end
from firstbell.year_end_page import year_end_html, year_end_pdf


def write_year_end(work: Workplace, team_key: str, year: str = "") -> list[Path]:
    """The page of each edition as PDF and HTML under `year-end` in the state folder; returns the files.

    Raises YearEndError where there is nothing to tell of, and FileError.
    """
    name = school_year(work.district, year, work.clock().astimezone(work.district.zone).date()).name
    folder = work.state / "year-end" / f"{team_key}-{name}"
    pages = [year_end(work, team_key, name, edition) for edition in BOARD_EDITIONS]
    written = []
    for page in pages:
        for ending, content in ((".pdf", year_end_pdf(page)), (".html", year_end_html(page).encode())):
            written.append(write_whole(folder / f"{page.edition}{ending}", content))
    return written
