"""Tables however they were exported: encodings, headings, cells, and files that are broken."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors._base import Complete, Doubtful, FetchRequest, SourceContext
from connectors._cells import CellError, Reading, day, moment, month, number, percentage, whole
from connectors._errors import BadReplyError, ConnectorError, SettingsError
from connectors.measures_csv import MeasuresCsv
from connectors.ticket_csv import TicketCsv
from firstbell.records import Measurement, Record, Ticket

CHICAGO = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
PLAIN = Reading(CHICAGO)
TICKETS = "Ticket ID,Created,Status,Location\n7,2026-09-01 08:30,Open,Oak\n"


def context(folder: Path) -> SourceContext:
    return SourceContext(source_key="desk", zone=CHICAGO, folder=folder, clock=lambda: NOW)


def tickets(folder: Path, content: bytes | str, **settings: Any) -> list[Record]:
    (folder / "t.csv").write_bytes(content.encode() if isinstance(content, str) else content)
    connector = TicketCsv(TicketCsv.Settings(file="t.csv", **settings), context(folder))
    return [item for item in connector.fetch(FetchRequest()) if isinstance(item, Record)]


def measures(folder: Path, content: str, **mapping: Any) -> list[Measurement]:
    (folder / "m.csv").write_text(content, encoding="utf-8")
    connector = MeasuresCsv(MeasuresCsv.Settings(files=[{"file": "m.csv", **mapping}]), context(folder))
    return [item for item in connector.fetch(FetchRequest()) if isinstance(item, Measurement)]


def refusal(folder: Path, content: bytes | str, **settings: Any) -> str:
    with pytest.raises(ConnectorError) as caught:
        tickets(folder, content, **settings)
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encodings_and_delimiters_are_found(tmp_path: Path, encoding: str, delimiter: str) -> None:
    text = TICKETS.replace("Oak", "Élan").replace(",", delimiter).replace("\n", "\r\n")
    (found,) = tickets(tmp_path, text.encode(encoding))
    assert isinstance(found, Ticket)
    assert (found.ticket_key, found.location) == ("7", "Élan")


def test_headings_match_whatever_their_case_spaces_and_marks(tmp_path: Path) -> None:
    text = "\u200fTICKET_id , created AT,sTaTus,Location\n7,2026-09-01 08:30,Open,مدرسة 🏫\n"
    (found,) = tickets(tmp_path, text)
    assert isinstance(found, Ticket)
    assert found.location == "مدرسة 🏫"


def test_emoji_and_right_to_left_headings_can_be_named(tmp_path: Path) -> None:
    text = "רقم 🎫,Created,Status\n🎟️7,2026-09-01 08:30,Open\n"
    (found,) = tickets(tmp_path, text, columns={"key": "רقم 🎫"})
    assert isinstance(found, Ticket)
    assert found.ticket_key == "🎟️7"


def test_all_missing_columns_are_named_at_once_and_no_row(tmp_path: Path) -> None:
    told = refusal(tmp_path, "Number,Topic,School\nsecret-row,secret-row,secret-row\n")
    assert "created" in told
    assert "status" in told
    assert '"Topic"' in told
    assert "secret-row" not in told


def test_a_file_without_headings_is_not_quoted(tmp_path: Path) -> None:
    told = refusal(tmp_path, "17,Jane Pupil,lost laptop\n18,Joe Pupil,lost charger\n")
    assert "Jane" not in told
    assert "lost" not in told


def test_a_column_that_the_district_names_must_be_there(tmp_path: Path) -> None:
    assert 'priority ("Prio")' in refusal(tmp_path, TICKETS, columns={"priority": "Prio"})
    assert len(tickets(tmp_path, TICKETS)) == 1


def test_headings_alone_are_zero_rows_and_zero_bytes_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TICKETS.split("\n")[0])
    connector = TicketCsv(TicketCsv.Settings(file="t.csv"), context(tmp_path))
    assert list(connector.fetch(FetchRequest())) == [Complete("tickets", known_until=NOW)]
    assert "zero bytes" in refusal(tmp_path, b"")


def test_faults_are_named_by_row_and_column_and_stop_everything(tmp_path: Path) -> None:
    rows = "".join(f"{n},2026-09-0{n % 9 + 1} 08:30,Open,Oak\n" for n in range(50))
    told = refusal(tmp_path, f"{TICKETS}{rows}x,=NOW(),Open,Oak\n,secret-row,,\n")
    assert 'row 53 column "Created" is a formula' in told
    assert 'row 54 column "Ticket ID" is empty' in told
    assert "secret-row" not in told


def test_many_faults_are_counted_not_listed(tmp_path: Path) -> None:
    told = refusal(tmp_path, TICKETS + "".join(f"{n},soon,Open,Oak\n" for n in range(500)))
    assert "more" in told
    assert len(told) <= 400


def test_formulas_in_text_stay_text(tmp_path: Path) -> None:
    (found,) = tickets(tmp_path, TICKETS.replace("Oak", "=cmd|' /C calc'!A0"))
    assert isinstance(found, Ticket)
    assert found.location.startswith("=cmd")


def test_a_cell_of_ten_megabytes_is_told_by_its_place(tmp_path: Path) -> None:
    told = refusal(tmp_path, TICKETS + f"8,2026-09-01 08:30,{'secret ' * 1_500_000},Oak\n")
    assert "row 3 column 3 holds more than" in told
    assert "secret" not in told
    quoted = '8,2026-09-01 08:30,"' + "secret, \n" * 1_200_000 + '",Oak\n'
    assert "row 3 column 3 holds more than" in refusal(tmp_path, TICKETS + quoted)


def test_nul_bytes_are_refused_wherever_they_stand(tmp_path: Path) -> None:
    assert "not a text file" in refusal(tmp_path, TICKETS.encode() + b"8,\0,Open,Oak\n")
    late = TICKETS.encode() + b"8,2026-09-01 08:30,Open,Oak\n" * 400 + b"9,\0,Open,Oak\n"
    assert "NUL" in refusal(tmp_path, late)


@pytest.mark.parametrize(
    ("tail", "told"),
    [
        ('8,2026-09-01 08:30,"Op', "quote that is not closed"),
        ("8,2026-09", "has 2 cells where the headings have 4"),
        ("8,2026-09-01 08:30,Open,Oak,more", "has 5 cells"),
    ],
)
def test_a_file_that_is_cut_off_is_not_taken_as_whole(tmp_path: Path, tail: str, told: str) -> None:
    assert told in refusal(tmp_path, TICKETS + tail)


def test_workbooks_and_web_pages_are_told_as_such(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert "save it as CSV" in refusal(tmp_path, packed.getvalue())
    assert "web page" in refusal(tmp_path, b"\xef\xbb\xbf\n<HTML><body>Sign in")


def test_the_newest_match_of_a_pattern_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a [b]"
    folder.mkdir()
    for at, name in enumerate(("z.csv", "a.csv")):
        (folder / name).write_text(TICKETS.replace("7,", f"{at},"))
        os.utime(folder / name, (at, at))
    connector = TicketCsv(TicketCsv.Settings(file="*.csv"), context(folder))
    assert [item.ticket_key for item in connector.fetch(FetchRequest()) if isinstance(item, Ticket)] == ["1"]


def test_an_export_without_a_ticket_is_doubted(tmp_path: Path) -> None:
    tickets(tmp_path, TICKETS.splitlines()[0] + "\n")
    told = TicketCsv(TicketCsv.Settings(file="t.csv"), context(tmp_path)).check()
    assert isinstance(told, Doubtful)
    assert told.endswith("holds headings and no ticket; look at the export's filter.")


@pytest.mark.parametrize(("days_ago", "known"), [(120, datetime(2026, 7, 23, 5, 0, tzinfo=UTC)), (-1, NOW)])
def test_an_export_knows_nothing_after_the_day_it_was_written(tmp_path: Path, days_ago: int, known: datetime) -> None:
    tickets(tmp_path, TICKETS)
    written = (NOW - timedelta(days=days_ago)).timestamp()
    os.utime(tmp_path / "t.csv", (written, written))
    connector = TicketCsv(TicketCsv.Settings(file="t.csv", lists_all_open=True), context(tmp_path))
    ends = [item for item in connector.fetch(FetchRequest()) if isinstance(item, Complete)]
    assert ends == [Complete("tickets", known_until=known), Complete("open_keys", known_until=known)]


def test_an_old_figure_does_not_grow_young_when_its_file_is_written_anew(tmp_path: Path) -> None:
    rows = ("2026-02-01,2026-02-28,7,", "2026-07-01,2027-06-30,8,", "2026-02-01,2026-02-27,9,2026-04-05")
    text = "\n".join(("Start,End,Value,As Of", *rows, ""))
    measures(tmp_path, text, measure="use")
    os.utime(tmp_path / "m.csv", (NOW.timestamp(), NOW.timestamp()))
    connector = MeasuresCsv(MeasuresCsv.Settings(files=[{"file": "m.csv", "measure": "use"}]), context(tmp_path))
    told = {one.numerator: one.as_of for one in connector.fetch(FetchRequest()) if isinstance(one, Measurement)}
    assert told == {
        7: datetime(2026, 3, 1, 6, tzinfo=UTC),
        8: NOW,
        9: datetime(2026, 4, 5, 5, tzinfo=UTC),
    }


def test_a_repeated_ticket_is_a_fault(tmp_path: Path) -> None:
    assert "row 3 repeats an earlier row" in refusal(tmp_path, TICKETS + TICKETS.split("\n")[1] + "\n")


def test_a_file_that_is_written_to_meanwhile_is_not_complete(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TICKETS)
    connector = TicketCsv(TicketCsv.Settings(file="t.csv"), context(tmp_path))
    items = connector.fetch(FetchRequest())
    assert isinstance(next(items), Ticket)
    with (tmp_path / "t.csv").open("a") as handle:
        handle.write("8,2026-09-01 08:30,Open,Oak\n")
    with pytest.raises(ConnectorError, match="written to"):
        list(items)


@pytest.fixture
def sheet() -> Iterator[str]:
    """A published sheet on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/d/hidden-key/pub?output=csv"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(TICKETS.encode() if found else b"")

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/d/hidden-key/pub"
        server.shutdown()
        thread.join()


def test_a_published_sheet_is_read_by_its_link_and_named_by_its_host(tmp_path: Path, sheet: str) -> None:
    connector = TicketCsv(TicketCsv.Settings(file=f"{sheet}?output=csv"), context(tmp_path))
    assert len([item for item in connector.fetch(FetchRequest()) if isinstance(item, Ticket)]) == 1
    assert "hidden-key" not in connector.check()
    gone = TicketCsv(TicketCsv.Settings(file=f"{sheet}?output=pdf"), context(tmp_path))
    with pytest.raises(ConnectorError) as caught:
        gone.check()
    assert "hidden-key" not in str(caught.value)


def test_a_link_without_encryption_is_refused(tmp_path: Path) -> None:
    connector = TicketCsv(TicketCsv.Settings(file="http://example.org/sheet.csv"), context(tmp_path))
    with pytest.raises(SettingsError, match="https"):
        connector.check()


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1234.5", ".", 1234.5),
        ("-1,234,567", ".", -1234567),
        ("$ 1,200.00", ".", 1200),
        ("-$5", ".", -5),
        ("(1 234)", ".", -1234),
        ("1.234,5 €", ",", 1234.5),
        ("1'000", ".", 1000),
    ],
)
def test_numbers_by_rule(text: str, decimal: str, value: float) -> None:
    assert number(text, Reading(CHICAGO, decimal)) == value


@pytest.mark.parametrize(
    "text",
    ["1,5", "1,23,456", "+5", "=2+2", "@SUM", "-A1", "1e5", "NaN", "inf", "#REF!", "5 %", "", "٣", "1_000", "--1"],
)
def test_what_is_no_number_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(CellError) as caught:
        number(text, PLAIN)
    assert len(text) < 2 or text not in str(caught.value)


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_grouped_numbers_read_back(value: Any) -> None:
    assert number(f"{value:,.2f}", PLAIN) == float(value)


@given(st.text(max_size=30))
def test_no_text_breaks_a_cell_rule(text: str) -> None:
    for rule in (number, whole, percentage, day, moment, month):
        with suppress(CellError):
            rule(text, PLAIN)


def test_dates_and_times_by_rule() -> None:
    american = Reading(CHICAGO, date_formats=("%m/%d/%Y %H:%M", "%m/%d/%Y"))
    assert day("2026-09-01", PLAIN) == day("09/01/2026", american) == date(2026, 9, 1)
    assert day("2026-09-01T02:00:00Z", PLAIN) == date(2026, 8, 31)
    assert moment("2026-09-01T08:30:00+02:00", PLAIN) == datetime(2026, 9, 1, 6, 30, tzinfo=UTC)
    assert moment("2026-09-01 08:30", PLAIN) == moment("09/01/2026 08:30", american)
    assert moment("2026-11-01 01:30", PLAIN) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert moment("2026-03-08 02:30", PLAIN) == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert month("2028-02", PLAIN) == (date(2028, 2, 1), date(2028, 2, 29))
    for wrong in ("09/01/2026", "45000", "2026-13-01", "0226-09-01", "=TODAY()"):
        with pytest.raises(CellError):
            day(wrong, PLAIN)
    with pytest.raises(CellError, match="without a time of day"):
        moment("2026-09-01", PLAIN)


def test_a_percentage_needs_its_denominator(tmp_path: Path) -> None:
    head = "Measure,Month,Value,Of\n"
    (share,) = measures(tmp_path, head + "use.teachers,2026-10,45 %,80\n")
    assert (share.numerator, share.denominator) == (36.0, 80.0)
    with pytest.raises(BadReplyError, match="without a denominator"):
        measures(tmp_path, head + "use.teachers,2026-10,45 %,\n")


def test_blank_figures_are_not_zero(tmp_path: Path) -> None:
    assert measures(tmp_path, "Measure,Month,Value\na,2026-10,\nb,2026-10,n/a\nc,2026-10,0\n")[0].measure_key == "c"


def test_periods_may_be_weeks_school_years_or_days(tmp_path: Path) -> None:
    week, year, once = measures(
        tmp_path,
        "Measure,Week of,School Year,Date,Value\na,2026-09-07,,,1\nb,,2026-27,,2\nc,,,2026-09-09,3\n",
        school_year_starts="08-01",
    )
    assert (week.period_start_on, week.period_end_on) == (date(2026, 9, 7), date(2026, 9, 13))
    assert (year.period_start_on, year.period_end_on) == (date(2026, 8, 1), date(2027, 7, 31))
    assert once.period_start_on == once.period_end_on == date(2026, 9, 9)


def test_a_school_that_is_not_mapped_is_a_fault_where_schools_are(tmp_path: Path) -> None:
    text = "Measure,School,Month,Value\na,Elm,2026-10,1\n"
    assert measures(tmp_path, text)[0].scope == "school:Elm"
    with pytest.raises(BadReplyError, match='row 2 column "School"'):
        measures(tmp_path, text, schools={"Oak": "oak"})
