"""Odd and hostile mails are read without harm, and the writer's own words are told from all else."""

from __future__ import annotations

from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.delivery.inbox import MOST_BYTES
from firstbell.intake.reading import UnreadableMailError, identity_of, read_mail
from firstbell.intake.words import KEPT, lines_of_html, lines_of_text, two_sentences


def own(raw: bytes) -> list[str]:
    return [line.text for line in read_mail(raw).lines if line.text and not line.quoted]


def plain(text: str, **headers: str) -> bytes:
    mail = EmailMessage()
    for name, value in {"From": "bo@example.org", **headers}.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


@pytest.mark.parametrize(
    "history",
    [
        "On Mon, 2 Nov 2026 at 06:00, Lakeside <tech@example.org> wrote:\n> Old words\n",
        "On Mon, 2 Nov 2026 at 06:00, Lakeside Schools\n<tech@example.org> wrote:\n\n> Old words\n> more\n",
        "El lun, 2 nov 2026 a las 6:00, Lakeside escribió:\n> Old words\n",
        "-----Original Message-----\nFrom: Lakeside <tech@example.org>\nSubject: x\n\nOld words\n",
        "________________________________\nFrom: Lakeside <tech@example.org>\n\nOld words\n",
        "From: Lakeside <tech@example.org>\nSent: Monday\n\nOld words\n",
        "*De:* Lakeside Schools\n*Enviado:* lunes\n\nOld words\n",
        "-- \nBo Short\nOld words\n",
        "Sent from my telephone\nOld words\n",
        "> Old words\n>> older\n| > oldest\n",
    ],
)
def test_only_own_words_are_own(history: str) -> None:
    assert own(plain(f"New words.\n\n{history}")) == ["New words."]


def test_words_between_quotes_stay_own() -> None:
    text = "> [a] One\nMine one.\n\n> [b] Two\nMine two.\n"
    assert [(line.text, line.quoted) for line in read_mail(plain(text)).lines if line.text] == [
        ("[a] One", True),
        ("Mine one.", False),
        ("[b] Two", True),
        ("Mine two.", False),
    ]


def test_own_words_may_begin_like_a_header() -> None:
    assert own(plain("From: my classroom\nNothing works.\n")) == ["From: my classroom", "Nothing works."]
    assert own(plain("On Monday we wrote\nOn paper.\n")) == ["On Monday we wrote", "On paper."]


def test_html_alone_is_read_with_its_quotes() -> None:
    mail = EmailMessage()
    mail.set_content(
        "<html><head><title>no</title><style>p{color:red}</style></head><body><!-- hidden --><p>Yes &amp; no.</p>"
        "<table><tr><td>left</td><td>right</td></tr></table><blockquote><p>Old words</p></blockquote>"
        "<div id='divRplyFwdMsg'>From: tech@example.org</div><div>older</div></body></html>",
        subtype="html",
    )
    assert own(mail.as_bytes()) == ["Yes & no.", "left right"]


def test_an_empty_text_part_gives_way_to_the_html() -> None:
    mail = EmailMessage()
    mail.set_content("\n")
    mail.add_alternative("<p>Here.</p>", subtype="html")
    assert own(mail.as_bytes()) == ["Here."]


@pytest.mark.parametrize(
    ("charset", "content", "shown"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("no-such-charset", "Grüße".encode(), "Grüße"),
        ("us-ascii", "Grüße".encode("cp1252"), "Grüße"),
        ("utf-16", b"\xff", "ÿ"),
        ("hex", b"6869", "6869"),
    ],
)
def test_a_charset_that_lies_costs_nothing(charset: str, content: bytes, shown: str) -> None:
    head = f'From: bo@example.org\nContent-Type: text/plain; charset="{charset}"\nContent-Transfer-Encoding: 8bit\n\n'
    assert own(head.encode() + content) == [shown]


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"Precedence": "bulk"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
    ],
)
def test_what_a_program_wrote_by_itself_is_known(headers: dict[str, str]) -> None:
    assert read_mail(plain("I am away.", **headers)).automatic
    assert not read_mail(plain("I am here.", Auto_Submitted="no")).automatic


@pytest.mark.parametrize("headers", [{"List_Id": "<list.example.org>"}, {"Precedence": "list"}])
def test_what_a_list_sent_on_is_known(headers: dict[str, str]) -> None:
    read = read_mail(plain("I am here.", **headers))
    assert (read.listed, read.automatic) == (True, False)
    assert not read_mail(plain("I am here.")).listed


@pytest.mark.parametrize("declaration", ["<!DOCTYPE html>\n", "<![if !mso]>", "<!doctype html PUBLIC '-//W3C//DTD'>"])
def test_a_declaration_is_not_said(declaration: str) -> None:
    assert [line.text for line in lines_of_html(f"{declaration}<p>Idea: carts<![endif]></p>") if line.text] == [
        "Idea: carts"
    ]


def test_a_read_receipt_and_a_calendar_answer_are_automatic() -> None:
    receipt = MIMEMultipart("report")
    receipt.attach(MIMEText("Your message was read."))
    calendar = MIMEMultipart()
    calendar.attach(MIMEText("BEGIN:VCALENDAR", "calendar"))
    assert read_mail(receipt.as_bytes()).automatic
    assert read_mail(calendar.as_bytes()).automatic


def test_a_file_of_minutes_is_found_under_any_type() -> None:
    mail = EmailMessage()
    mail["From"] = "Ada Long <Ada@Example.org>"
    mail.set_content("Attached.")
    mail.add_attachment(b"team: leadership\n", maintype="application", subtype="octet-stream", filename="Größe.YAML")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="other.pdf")
    read = read_mail(mail.as_bytes())
    assert [(one.name, one.text) for one in read.files] == [("Größe.YAML", "team: leadership\n")]
    assert read.sender == "ada@example.org"
    assert not read.winmail


def test_winmail_is_told() -> None:
    mail = MIMEMultipart()
    mail.attach(MIMEApplication(b"\x78\x9f\x3e\x22", "ms-tnef", name="winmail.dat"))
    assert read_mail(mail.as_bytes()).winmail


@pytest.mark.parametrize("sender", ["", "bo@example.org, ada@example.org", "nobody", "undisclosed:;"])
def test_a_sender_is_one_address_or_none(sender: str) -> None:
    assert read_mail(f"From: {sender}\n\nHello".encode()).sender == ""
    assert read_mail(b"From: a@example.org\nFrom: b@example.org\n\nHello").sender == ""


def test_a_mail_within_a_mail_is_not_opened() -> None:
    inner = EmailMessage()
    inner["From"] = "x@example.org"
    inner.set_content("Inner words")
    outer = EmailMessage()
    outer.set_content("See below.")
    outer.add_attachment(inner)
    assert own(outer.as_bytes()) == ["See below."]


def test_the_nearest_letter_comes_first() -> None:
    raw = plain("x", In_Reply_To="<c@x>", References="<a@x> <b@x> <c@x>")
    assert read_mail(raw).answers == ("<c@x>", "<b@x>", "<a@x>")


def nested(depth: int) -> bytes:
    parts = (f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(depth))
    return b"From: bo@example.org\n" + "".join(parts).encode() + b"\nHello\n"


def crowded() -> bytes:
    return b'Content-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nHello\n" * 500 + b"--b--\n"


@pytest.mark.parametrize(
    "raw", [b"", b"x" * (MOST_BYTES + 1), nested(3_000), crowded(), b"From: " + b"(" * 100_000], ids=range(5)
)
def test_a_mail_built_to_be_trouble_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(UnreadableMailError, match="not read"):
        read_mail(raw)


@pytest.mark.parametrize(
    "evil",
    [
        b"Subject: " + b"=?utf-8?q?" * 20_000,
        b"References: " + b"<" * 300_000,
        b"Content-Type: text/html\n\n" + b"<!--" * 50_000,
        b"Content-Type: text/html\n\n" + b"<a href='" * 22_000,
        b"Content-Type: text/plain\n\n" + b"On " + b"wrote " * 30_000,
        b"Content-Type: text/plain\n\n" + b"> " * 90_000,
        b'Content-Type: text/plain; charset="' + b"=?" * 9_000 + b'"\n\nHello',
        b"Content-Disposition: attachment; filename*0*=nope''%FF; filename*1=x\n\nHello",
    ],
    ids=range(8),
)
def test_no_mail_takes_long_or_breaks_the_reader(evil: bytes) -> None:
    read_mail(evil)


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read = read_mail(raw)
    except UnreadableMailError:
        return
    assert read.identity == identity_of(raw)


def test_a_mail_is_named_by_its_message_id() -> None:
    first, second = plain("a", Message_ID="<one@x>"), plain("b", Message_ID="<one@x>", X_Way="alias")
    assert identity_of(first) == identity_of(second)
    assert identity_of(plain("a")) != identity_of(plain("b"))


@given(st.text(max_size=3_000))
def test_what_is_kept_is_one_line_of_two_sentences(text: str) -> None:
    kept = two_sentences(text)
    assert len(kept) <= KEPT
    assert kept.isprintable()
    assert two_sentences(kept) == kept


def test_two_sentences_are_counted_by_their_ends() -> None:
    assert two_sentences("It cost 3.50 dollars. We paid it.\nNobody minded.") == "It cost 3.50 dollars. We paid it."
    assert two_sentences("¿Cuándo? El lunes. Gracias.") == "¿Cuándo? El lunes."
    assert two_sentences("word " * 200).endswith("…")


@given(st.text(max_size=500))
def test_lines_never_raise(text: str) -> None:
    lines_of_text(text)
    lines_of_html(text)
