"""What `firstbell init` writes: whole or not at all, valid with the real kinds, and needing no password."""

from __future__ import annotations

import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.cli._place import load_folder
from firstbell.config.answers import (
    AnswerError,
    Answers,
    key_of,
    mail_from,
    meeting_from,
    readers_from_lines,
    schools_from_names,
    schools_from_oneroster,
    services_from_addresses,
    state_from,
    zone_from,
)
from firstbell.config.district import SchoolLevel
from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.config.starter import write_start
from firstbell.config.vendors import sort_out, vendor_pages

TODAY = date(2026, 11, 21)
ORGS = """\
sourcedId,status,name,type,identifier,parentSourcedId
d1,active,Lakeside Schools,district,,
s1,active,Oak Elementary,school,10,d1
s2,,"Elm, Junior High",school,,d1
s3,tobedeleted,Old High,school,30,d1
"""


def answers(**changed: object) -> Answers:
    vendors, running = sort_out(["Canvas", "finance\nserver: 1"])
    content: dict[str, object] = {
        "name": 'Łakeside: "Schools" 🏫 #1',
        "time_zone": "America/Chicago",
        "schools": schools_from_names(["Oak Elementary", "Elm High", "Academy"]),
        "readers": readers_from_lines(
            ["Zoë O'Neil <zoe@example.org> team_leader", "{{ Bo }} <bo@example.org> it_lead,librarian"]
        ),
        "meeting": meeting_from("2026-12-03 16:00"),
        "mail": mail_from("smtp.example.org", "tech@example.org", "tech"),
        "services": services_from_addresses(["www.example.org", "http://127.0.0.1:8080/x", "127.0.0.1"], "example.org"),
        "vendors": vendors,
        "running": running,
        "state": "IL",
        "mail_domain": "example.org",
    }
    return Answers(**{**content, **changed})


def start(folder: Path, given_answers: Answers) -> District:
    return write_start(folder, given_answers, today=TODAY, load=load_folder, schemas={"a.schema.json": "{}\n"})


def test_what_is_written_is_valid_and_says_what_was_answered(tmp_path: Path) -> None:
    district = start(tmp_path / "district", answers())
    assert district.about.name == 'Łakeside: "Schools" 🏫 #1'
    assert [school.level for school in district.schools] == [
        SchoolLevel.ELEMENTARY,
        SchoolLevel.HIGH,
        SchoolLevel.OTHER,
    ]
    assert district.about.installer.email == "bo@example.org"
    assert district.polling.control_name == "www.iana.org"
    assert [person.name for person in district.people] == ["Zoë O'Neil", "{{ Bo }}"]
    assert {str(service.probe["kind"]) for service in district.services} == {"http", "tls", "dns"}
    assert [source.kind for source in district.sources] == ["statuspage"]
    assert district.about.mail.password is not None
    assert district.about.mail.password.get_secret_value() == "env:FIRSTBELL_SMTP_PASSWORD"
    assert [year.name for year in district.about.calendar.years] == ["2025-26", "2026-27"]
    assert [path.name for path in tmp_path.iterdir()] == ["district"]


def test_the_least_that_can_be_answered(tmp_path: Path) -> None:
    least = answers(
        schools=schools_from_names(["Oak"]),
        services=(),
        vendors=(),
        running=(),
        state="",
        mail_domain="",
        mail=mail_from("files", "zoe@example.org"),
        meeting=meeting_from("2026-12-03 16:00", "once"),
    )
    district = start(tmp_path / "district", least)
    assert (district.services, district.sources) == ((), ())
    assert district.series[0].dates == (datetime(2026, 12, 3, 16),)  # noqa: DTZ001  local, as it is written
    assert district.about.mail.transport == "file_drop"


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "district").mkdir()
    with pytest.raises(AnswerError, match="is there already"):
        start(tmp_path / "district", answers())
    assert list((tmp_path / "district").iterdir()) == []


def test_an_answer_that_does_not_pass_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="recurrence"):
        start(tmp_path / "district", answers(meeting=meeting_from("2026-12-03 16:00", "now and then")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("shape", ["folder", "file", "zip"])
def test_schools_from_a_oneroster_export(tmp_path: Path, shape: str) -> None:
    (tmp_path / "orgs.csv").write_text("\ufeff" + ORGS, encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.write(tmp_path / "orgs.csv", "oneroster/orgs.csv")
    place = {"folder": tmp_path, "file": tmp_path / "orgs.csv", "zip": tmp_path / "export.zip"}[shape]
    oak, elm = schools_from_oneroster(place)
    assert (oak.key, oak.name, oak.level, oak.known_as) == (
        "oak_elementary",
        "Oak Elementary",
        "elementary",
        ("s1", "10"),
    )
    assert (elm.name, elm.level, elm.known_as) == ("Elm, Junior High", "middle", ("s2",))


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "sourcedId,name,type\nd,D,district\n", "\x00\xff"])
def test_an_export_without_schools(tmp_path: Path, text: str) -> None:
    (tmp_path / "orgs.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(AnswerError, match=r"orgs\.csv"):
        schools_from_oneroster(tmp_path / "orgs.csv")


@pytest.mark.parametrize(
    ("next_at", "rule"),
    [
        ("2026-12-03 16:00", "FREQ=MONTHLY;BYDAY=1TH"),
        ("2026-12-31 16:00", "FREQ=MONTHLY;BYDAY=-1TH"),
        ("2026-12-28T08:15", "FREQ=MONTHLY;BYDAY=4MO"),
    ],
)
def test_monthly_keeps_the_weekday(next_at: str, rule: str) -> None:
    assert meeting_from(next_at).rule == rule


@pytest.mark.parametrize("text", ["", "soon", "2026-12-03", "2026-12-03T16:00+01:00", "03.12.2026 16:00"])
def test_a_meeting_without_a_local_hour(text: str) -> None:
    with pytest.raises(AnswerError, match="2026-12-03 16:00"):
        meeting_from(text)


@pytest.mark.parametrize("line", ["Ada", "Ada ada@example.org", "Ada <ada@example.org> king", "<a@b> team_leader", ""])
def test_a_reader_needs_name_address_and_role(line: str) -> None:
    with pytest.raises(AnswerError):
        readers_from_lines([line])


@pytest.mark.parametrize(
    ("server", "security"), [("m.example.org", "starttls"), ("m.example.org:465", "tls"), ("m:25", "none")]
)
def test_the_port_chooses_the_protection(server: str, security: str) -> None:
    assert mail_from(server, "a@b.org").security == security


@pytest.mark.parametrize("server", ["smtp://m", "m:port", "m example", "m:99999", "m:0"])
def test_a_mail_server_that_is_none(server: str) -> None:
    with pytest.raises(AnswerError):
        mail_from(server, "a@b.org")


def test_a_single_meeting_lies_ahead() -> None:
    now = datetime(2026, 12, 3, 16, 1)  # noqa: DTZ001  local, as it is written
    with pytest.raises(AnswerError, match="past"):
        meeting_from("2026-12-03 16:00", "once", now=now)
    assert meeting_from("2026-12-03 16:00", "weekly", now=now).rule == "FREQ=WEEKLY"


def test_a_state_is_one() -> None:
    assert (state_from("il"), state_from("")) == ("IL", "")
    with pytest.raises(AnswerError, match="ZZ"):
        state_from("ZZ")


@pytest.mark.parametrize("address", ["ftp://x.org", "https://", "http:///x"])
def test_a_web_address_that_is_none(address: str) -> None:
    with pytest.raises(AnswerError):
        services_from_addresses([address], "")


@pytest.mark.parametrize("zone", ["", "Chicago", "../etc/passwd"])
def test_a_zone_that_is_none(zone: str) -> None:
    with pytest.raises(AnswerError):
        zone_from(zone)


def test_vendor_pages_are_https_and_distinct() -> None:
    pages = vendor_pages()
    assert all(page.url.startswith("https://") for page in pages)
    assert len({page.key for page in pages}) == len(pages)


@given(st.lists(st.text(max_size=80), max_size=8))
def test_keys_are_valid_and_distinct(names: list[str]) -> None:
    keys: list[str] = []
    for name in names:
        keys.append(key_of(name, keys))
    assert len(set(keys)) == len(keys)
    assert all(key[0].isalpha() and key.replace("_", "a").isalnum() and len(key) <= 60 for key in keys)


def test_microsoft_365_is_written_with_its_app_and_where_the_secret_is(tmp_path: Path) -> None:
    mail = mail_from("microsoft365 contoso.onmicrosoft.com 0a1b-2c3d", "tech@example.org")
    district = write_start(
        tmp_path / "district", answers(mail=mail), today=TODAY, load=load_folder, schemas={}
    ).about.mail
    assert (district.transport, district.tenant, district.client_id) == (
        "graph",
        "contoso.onmicrosoft.com",
        "0a1b-2c3d",
    )
    assert district.client_secret is not None
    assert district.client_secret.get_secret_value() == "env:FIRSTBELL_GRAPH_SECRET"


@pytest.mark.parametrize("server", ["microsoft365", "microsoft365 contoso", "microsoft365 con;toso app"])
def test_an_answer_on_microsoft_365_that_lacks_something_shows_an_example(server: str) -> None:
    with pytest.raises(AnswerError, match=r"written like \"microsoft365 contoso\.onmicrosoft\.com"):
        mail_from(server, "tech@example.org")


def test_a_relay_takes_no_login() -> None:
    assert mail_from("relay.example.org:25", "tech@example.org").username == ""
    with pytest.raises(AnswerError, match="takes no login"):
        mail_from("relay.example.org:25", "tech@example.org", "tech")
