"""Hostile text in every name that a source or the district folder gives, followed to the mail: it is only text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from itertools import cycle
from pathlib import Path

import pytest

from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.config.rehearsal import go_live
from firstbell.delivery.file_drop import FileDrop
from firstbell.minutes.model import DecisionWord, Minutes, NewAction, NewDecision
from firstbell.minutes.record import record_minutes
from firstbell.records import TEAM_SOURCE, TeamDecision
from firstbell.store.save import save_facts
from firstbell.workplace import Workplace
from tasks.assess import assess_at, keep_plan
from tasks.collect import read_source
from tasks.place import workplace_at
from tasks.poll import look_round
from tests.faults.cedar import FOLDER, SERVICES, TEAMS, local, write_district
from tests.faults.jobs import NIGHT, SEND, Watch
from tests.faults.world import World
from tests.unit.pdf_text import hidden_text, pages_text

MARKUP = "<script>alert(1)</script><img src=x onerror=alert(1)>"
TYPST = '#read("/etc/passwd") #eval("40+2") $x$ *b* @ref <label> ]['
HEADER = "Hello\r\nBcc: victim@evil.example\r\n\r\n<p>body"
JINJA = "{{ 41+1 }}{% for x in config %}{{ x }}{% endfor %}"
CELL = "=HYPERLINK(0,1)+cmd|' /C calc'!A0"
PATH = "../../../etc/passwd"
RIGHT_TO_LEFT = "שלום \u202eלוח\u202c مرحبا"
EMOJI = "Wi-Fi \N{HOT BEVERAGE} \U0001f469\U0001f3fd\u200d\U0001f4bb caf\u00e9"
HOSTILE = (MARKUP, TYPST, HEADER, JINJA, CELL, PATH, RIGHT_TO_LEFT, EMOJI)

HEADERS = {
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id", "Auto-Submitted",
    "MIME-Version", "Content-Type", "Content-Language",
}  # fmt: skip
EDITIONS = ("leadership", "technical", "representative")


def quoted(text: str) -> str:
    """Text as YAML in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def hostile_folder(folder: Path, world: World) -> Path:
    """The small district, all of its names hostile in turn."""
    turn = cycle(HOSTILE)
    district, teams, services, plan = FOLDER["district.yaml"], TEAMS, SERVICES, FOLDER["plan.yaml"]
    for name in ("Cedar Valley Schools", "Oak Elementary", "Cedar Middle", "Valley High", "Thanksgiving", "Ivy Stone"):
        district = district.replace(f"name: {name}", f"name: {quoted(next(turn))}")
    for name in ("Ruth Hall", "Theo Lund", "Ines Roy", "Pam Diaz", "Tech team"):
        teams = teams.replace(f"name: {name}", f"name: {quoted(next(turn))}")
    for name in ("Sign-in", "Student records"):
        services = services.replace(f"name: {name}", f"name: {quoted(next(turn))}")
    for name in (
        "Technology serves teaching",
        "One gradebook",
        "New gradebook",
        "Teachers trained",
        "Live in both schools",
    ):
        plan = plan.replace(f"title: {name}", f"title: {quoted(next(turn))}")
    systems = "".join(
        f"  - {{key: s{number}, name: {quoted(text)}, recovery_point_hours: 24}}\n"
        for number, text in enumerate(HOSTILE)
    )
    meetings = FOLDER["meetings.yaml"].replace("Monthly meeting", quoted(HEADER)).replace("Board room", quoted(TYPST))
    written = write_district(
        folder,
        web=world.web,
        mail_port=world.mail_port,
        district=district.replace("{sender:", "{transport: file_drop, sender_name: " + quoted(HEADER) + ", sender:"),
        teams=teams,
        services=services.replace("{web}", world.web),
        plan=plan,
        systems="systems:\n" + systems,
        meetings=meetings,
    )
    (written / "exports" / "tickets.csv").write_text(tickets(), encoding="utf-8")
    (written / "exports" / "evidence.yaml").write_text(evidence(), encoding="utf-8")
    return written


def tickets() -> str:
    cells = ["".join(text.split("\r\n")).replace('"', '""') for text in HOSTILE]
    rows = [f'"{text}",x,y,2026-11-0{at + 1} 09:00,,"{text}",High,"{text}","{text}"\n' for at, text in enumerate(cells)]
    return "Ticket ID,Title,Requester,Created,Resolved,Status,Priority,Type,Location\n" + "".join(rows)


def evidence() -> str:
    lines = ["agreements:"]
    for number, text in enumerate(HOSTILE):
        ends = f"signed_on: 2025-02-01, expires_on: 2026-12-{number + 1:02}, annual_cost: 100"
        lines.append(f"  - {{key: {quoted(text)}, vendor: {quoted(text)}, kind: contract, {ends}}}")
    lines.append("incidents:")
    for number, text in enumerate(HOSTILE):
        about = "severity: high, discovered: 2026-11-18T09:00, reader_roles: [superintendent]"
        lines.append(f"  - {{key: i-{number}, title: {quoted(text)}, {about}}}")
    return "\n".join(lines) + "\n"


def decisions() -> Iterator[TeamDecision]:
    for number, text in enumerate(HOSTILE):
        yield TeamDecision(
            team_key="tech",
            decision_key=f"d{number}",
            meeting_key="monthly/2026-12-03T21:30Z",
            title=text,
            state="confirmed",
            confirmed_by="team_leader",
        )


def minutes() -> Minutes:
    return Minutes(
        team="tech",
        meeting="2026-11-05",
        decisions=(DecisionWord(decision="d0", outcome=JINJA),),
        new_decisions=tuple(NewDecision(title=text, outcome=text) for text in HOSTILE),
        new_actions=tuple(NewAction(title=text, owner="it_lead", due="2026-11-20") for text in HOSTILE),
        ideas=HOSTILE,
        note=MARKUP,
    )


def audited(work: Workplace) -> list[str]:
    """A night; the sentences of sources that could not be read."""
    keep_plan(work)
    reads = [read_source(work, source.key) for source in work.district.sources]
    look_round(work)
    assess_at(work, NIGHT)
    return [read.problem for read in reads if read.problem]


def sent(work: Workplace) -> dict[str, EmailMessage]:
    """The packet's mails by the address on the envelope."""
    drop = FileDrop(work.state / "mail")
    at_send = Workplace(**{**vars(work), "clock": Watch(SEND)})
    brief(at_send, drop, BriefingWish(team_key="tech", as_of=SEND))
    found = {}
    for path in drop.folder.iterdir():
        envelope, _, content = path.read_bytes().partition(b"\r\n")
        mail = message_from_bytes(content, policy=SMTP)
        assert isinstance(mail, EmailMessage)
        found[envelope.decode().removeprefix("X-Envelope-To: ")] = mail
    return found


@pytest.fixture(scope="module")
def mails(world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, EmailMessage]]:
    """The packet of the hostile district as it was mailed, and the folder that all of it lies in."""
    place = tmp_path_factory.mktemp("hostile")
    folder, state = hostile_folder(place / "district", world), place / "state"
    go_live(state, NIGHT)
    with workplace_at(folder, state, clock=Watch(NIGHT)) as work:
        with work.store.begin() as connection:
            save_facts(connection, TEAM_SOURCE, list(decisions()), local(11, 1))
        record_minutes(work, minutes())
        assert audited(work) == []
        return place, sent(work)


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_everybody_gets_one_mail_with_no_header_of_a_strangers(mails: tuple[Path, dict[str, EmailMessage]]) -> None:
    _, found = mails
    assert set(found) == {f"{person}@cedar.example" for person in ("ruth", "theo", "ines", "pam")}
    for address, mail in found.items():
        assert set(mail.keys()) == HEADERS
        assert [one.addr_spec for one in mail["To"].addresses] == [address]
        assert [one.addr_spec for one in mail["From"].addresses] == ["packets@cedar.example"]
        assert "\n" not in str(mail["Subject"])
        assert mail.defects == []


def test_markup_and_templates_are_only_text_in_the_mail(mails: tuple[Path, dict[str, EmailMessage]]) -> None:
    for mail in mails[1].values():
        html, text = body(mail, "html"), body(mail, "plain")
        assert "<script" not in html
        assert "<img" not in html
        assert "onerror=" not in html.replace("onerror=alert(1)&gt;", "")
        assert "&lt;script&gt;" in html
        assert "victim@evil.example" not in [line.partition(": ")[2].strip() for line in text.splitlines()]
        for said in (html, text):
            assert "root:" not in said
            assert "41+1" in said


def test_typst_markup_is_only_text_on_every_page(mails: tuple[Path, dict[str, EmailMessage]]) -> None:
    for mail in mails[1].values():
        pdfs = [bytes(part.get_content()) for part in mail.iter_attachments()]
        assert pdfs
        for pdf in pdfs:
            everything = pages_text(pdf) + hidden_text(pdf)
            assert "root:x:0:0" not in everything
            assert "daemon:" not in everything
        assert "#read(" in "".join(pages_text(pdf) for pdf in pdfs)


def test_every_edition_is_drawn_and_nothing_is_written_elsewhere(mails: tuple[Path, dict[str, EmailMessage]]) -> None:
    place, found = mails
    packets = place / "state" / "packets" / "tech-monthly-2026-12-03-final-1"
    names = {path.name for path in packets.iterdir()}
    assert names >= {f"{edition}.{form}" for edition in EDITIONS for form in ("pdf", "html", "txt")}
    assert {path.name for path in place.iterdir()} == {"district", "state"}
    assert {path.name for path in (place / "state").iterdir()} - {"firstbell.db.locks"} == {
        "firstbell.db",
        "letters.seal",
        "live",
        "mail",
        "packets",
    }
    attached = [str(part.get_filename()) for mail in found.values() for part in mail.iter_attachments()]
    assert all(name.startswith("tech-2026-12-03-") and "/" not in name for name in attached)


def test_ten_megabytes_in_one_field_stop_neither_night_nor_packet(world: World, tmp_path: Path) -> None:
    folder = write_district(tmp_path / "district", web=world.web, mail_port=world.mail_port)
    flood = "many words " * 1_000_000
    listed = (folder / "exports" / "evidence.yaml").read_text().replace("Filter Co", quoted(flood))
    (folder / "exports" / "evidence.yaml").write_text(listed)
    (folder / "exports" / "tickets.csv").write_text(f"Ticket ID,Created,Status\n1,2026-11-01 09:00,{flood}\n")
    go_live(tmp_path / "state", NIGHT)
    with workplace_at(folder, tmp_path / "state", clock=Watch(NIGHT)) as work:
        problems = audited(work)
        found = sent(work)
    assert all(len(problem) < 400 and "many words" not in problem for problem in problems)
    assert len(found) == 4
    assert all(len(bytes(mail)) < 5_000_000 for mail in found.values())
