"""Meeting calendars behind an address: a good copy is never lost, an old one never trusted, the address never told."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from firstbell.clock import utc_now
from firstbell.errors import FirstbellError
from tasks.calendars import CalendarReader

CALENDAR = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nEND:VCALENDAR\r\n"
LOGIN = b"<!doctype html><title>Sign in</title><form></form>"
TOKEN = "private-4711"


class Site(ThreadingHTTPServer):
    """Answers each question with `status` and `body`, cut `short` of its told length by some bytes."""

    status, body, short = 200, CALENDAR, 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{TOKEN}/basic.ics?key={TOKEN}"


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        site = self.server
        assert isinstance(site, Site)
        self.send_response(site.status)
        self.send_header("Content-Length", str(len(site.body) + site.short))
        self.end_headers()
        self.wfile.write(site.body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    server = Site(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def copies(tmp_path: Path) -> list[bytes]:
    return [path.read_bytes() for path in (tmp_path / "state").rglob("*.ics")]


def spoil(site: Site, way: str) -> None:
    match way:
        case "login page":
            site.body = LOGIN
        case "half a file":
            site.body = CALENDAR[:40]
        case "no calendar":
            site.body = b"BEGIN:VEVENT\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
        case "nothing":
            site.body = b""
        case "cut":
            site.short = 5
        case "refused":
            site.status = 403
        case "too much":
            site.body = b" " * 5_000_001


WAYS = ["login page", "half a file", "no calendar", "nothing", "cut", "refused", "too much"]


@pytest.mark.parametrize("way", WAYS)
def test_the_last_good_copy_survives_and_is_used_with_a_word(
    site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    read = CalendarReader(tmp_path, tmp_path / "state")
    assert read(site.address) == CALENDAR
    spoil(site, way)
    with caplog.at_level(logging.WARNING):
        assert read(site.address) == CALENDAR
    assert copies(tmp_path) == [CALENDAR]
    (told,) = [record.getMessage() for record in caplog.records if record.name == "tasks.calendars"]
    assert told.startswith(f"A meeting calendar was not read, its copy of {utc_now():%Y-%m-%d} is used: ")
    assert TOKEN not in caplog.text


@pytest.mark.parametrize("way", WAYS)
def test_without_a_copy_it_is_one_sentence_that_tells_no_address(site: Site, tmp_path: Path, way: str) -> None:
    spoil(site, way)
    with pytest.raises(FirstbellError, match=r"^A meeting calendar was not read, and no copy of it is kept: ") as error:
        CalendarReader(tmp_path, tmp_path / "state")(site.address)
    assert TOKEN not in "".join(traceback.format_exception(error.value))
    assert copies(tmp_path) == []


def test_a_copy_counts_for_sixty_days(site: Site, tmp_path: Path) -> None:
    now = utc_now()
    CalendarReader(tmp_path, tmp_path / "state")(site.address)
    spoil(site, "refused")
    soon, late = now + timedelta(days=59), now + timedelta(days=61)
    assert CalendarReader(tmp_path, tmp_path / "state", lambda: soon)(site.address) == CALENDAR
    with pytest.raises(FirstbellError, match="is too old to go by"):
        CalendarReader(tmp_path, tmp_path / "state", lambda: late)(site.address)


def test_nobody_there_and_no_address_at_all(tmp_path: Path) -> None:
    read = CalendarReader(tmp_path, tmp_path / "state")
    for address in (f"http://127.0.0.1:1/{TOKEN}", f"https://[{TOKEN}", f"http:///{TOKEN}", f"http://ada:{TOKEN}@[::1"):
        with pytest.raises(FirstbellError) as error:
            read(address)
        assert TOKEN not in "".join(traceback.format_exception(error.value))


def test_a_file_of_the_folder_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "team.ics").write_bytes(CALENDAR)
    read = CalendarReader(tmp_path, tmp_path / "state")
    assert read("team.ics") == CALENDAR
    with pytest.raises(FirstbellError, match=r"^The calendar gone\.ics cannot be read: No such file"):
        read("gone.ics")
