"""A real Dovecot, as Debian packages it: answers delivered into a mailbox, taken in once, put away, over TLS."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from imapclient import IMAPClient

from firstbell.cli._outside import check_inbox
from firstbell.config.rehearsal import go_live
from firstbell.config.secrets import readers
from firstbell.delivery.inbox import Inbox, InboxError, OpenInbox
from firstbell.doctor import Level
from firstbell.intake.collect import collect_replies
from firstbell.intake.replies import Outcome
from firstbell.records import AgendaItem, SectionNote
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tasks.replies import read_inbox
from tests.unit.answers import answer_to, answering, facts, letter_to
from tests.unit.config_folder import FILES, write_folder
from tests.unit.team_workplace import Watch, opened

USER, PASSWORD = "answers", "a long password"
SETTINGS = """\
base_dir = {run}/base
state_dir = {run}/base/state
log_path = {run}/dovecot.log
listen = 127.0.0.1
protocols = imap
mail_location = maildir:~/Maildir
first_valid_uid = 1
ssl = required
ssl_cert = <{run}/server.pem
ssl_key = <{run}/server.key
ssl_dh =
disable_plaintext_auth = yes
auth_mechanisms = plain login
mail_plugins =
imap_capability = {capability}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {run}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={run}/home/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {starttls}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server with one mailbox."""

    run: Path
    tls: int
    starttls: int

    def inbox(self, **changes: Any) -> Inbox:
        settings: dict[str, Any] = {
            "host": "localhost",
            "port": self.tls,
            "security": "tls",
            "username": USER,
            "password": PASSWORD,
            "ca_bundle": str(self.run / "ca.pem"),
            "timeout_seconds": 20,
        }
        return Inbox(**{**settings, **changes})

    def deliver(self, mail: bytes) -> None:
        """Hand a mail to Dovecot's own delivery agent."""
        agent = ["/usr/lib/dovecot/dovecot-lda", "-c", f"{self.run}/dovecot.conf", "-d", USER]
        subprocess.run(agent, input=mail, check=True, timeout=60)

    def folders(self) -> dict[str, int]:
        """How many mails stand in each folder."""
        with self.client() as client:
            names = [name for _, _, name in client.list_folders()]
            return {name: client.folder_status(name, ["MESSAGES"])[b"MESSAGES"] for name in names}

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        context = ssl.create_default_context(cafile=str(self.run / "ca.pem"))
        client = IMAPClient("localhost", self.tls, ssl_context=context)
        client.login(USER, PASSWORD)
        try:
            yield client
        finally:
            client.logout()

    def empty(self) -> None:
        shutil.rmtree(self.run / "home" / USER, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(capability: str = "") -> Iterator[Dovecot]:
    """Dovecot in the foreground, in a folder of its own with a path short enough for its sockets."""
    run = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    run.chmod(0o755)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(run / "ca.pem")
    certificate = authority.issue_cert("localhost")
    certificate.cert_chain_pems[0].write_to_path(run / "server.pem")
    certificate.private_key_pem.write_to_path(run / "server.key")
    (run / "users").write_text(f"{USER}:{PASSWORD}\n")
    (run / "home").mkdir()
    shutil.chown(run / "home", "nobody")
    server = Dovecot(run, free_port(), free_port())
    settings = SETTINGS.format(run=run, tls=server.tls, starttls=server.starttls, capability=capability)
    (run / "dovecot.conf").write_text(settings)
    process = subprocess.Popen(["dovecot", "-F", "-c", run / "dovecot.conf"])
    try:
        wait_for(server.tls, process, run / "dovecot.log")
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        shutil.rmtree(run, ignore_errors=True)


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            raise AssertionError(log.read_text() if log.exists() else "Dovecot ended at once.")
    raise AssertionError("Dovecot did not begin to listen.")


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running() as dovecot:
        yield dovecot


@pytest.fixture
def dovecot(server: Dovecot) -> Iterator[Dovecot]:
    server.empty()
    yield server
    server.empty()


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch()) as workplace:
        yield answering(workplace)


def ideas(work: Workplace, dovecot: Dovecot, *texts: str) -> None:
    """Deliver an answer of Bo's for each text."""
    letter = letter_to(work, "bo")
    for text in texts:
        dovecot.deliver(answer_to(letter, "bo@example.org", text).as_bytes())


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mails_are_taken_in_once_and_put_away(work: Workplace, dovecot: Dovecot, security: str) -> None:
    ideas(work, dovecot, "Idea: A shelf.", "Thanks!")
    dovecot.deliver(answer_to(None, "stranger@example.org", "Idea: Mine.").as_bytes())
    inbox = dovecot.inbox(security=security, port=dovecot.tls if security == "tls" else dovecot.starttls)
    first, second = collect_replies(work, inbox, 100), collect_replies(work, inbox, 100)
    assert first.counts == {Outcome.WORDS: 1, Outcome.FAULT: 1, Outcome.ASIDE: 1}
    assert (second.counts, second.again) == ({}, 0)
    assert dovecot.folders() == {"INBOX": 0, "Taken": 1, "Aside": 2}
    assert [item.text for item in facts(work, AgendaItem)] == ["A shelf."]
    with dovecot.client() as client:
        client.select_folder("Aside", readonly=True)
        flags = client.fetch(client.search(), ["FLAGS"])
    assert all(b"\\Seen" not in one[b"FLAGS"] for one in flags.values())


def test_a_mail_delivered_twice_counts_once(work: Workplace, dovecot: Dovecot) -> None:
    ideas(work, dovecot, "Idea: A shelf.", "Idea: A shelf.")
    read = collect_replies(work, dovecot.inbox(), 100)
    assert (read.counts, read.again) == ({Outcome.WORDS: 1}, 1)
    assert dovecot.folders() == {"INBOX": 0, "Taken": 2, "Aside": 0}


def test_a_server_that_cannot_move_gets_copies_and_deletions(work: Workplace) -> None:
    with running("IMAP4rev1 UIDPLUS AUTH=PLAIN") as dovecot:
        ideas(work, dovecot, "Idea: A shelf.")
        assert collect_replies(work, dovecot.inbox(), 100).counts == {Outcome.WORDS: 1}
        assert dovecot.folders() == {"INBOX": 0, "Taken": 1, "Aside": 0}


def test_no_more_than_asked_for_is_read_at_once(work: Workplace, dovecot: Dovecot) -> None:
    ideas(work, dovecot, "Idea: One.", "Idea: Two.", "Idea: Three.")
    assert collect_replies(work, dovecot.inbox(), 2).left == 1
    assert collect_replies(work, dovecot.inbox(), 2).counts == {Outcome.WORDS: 1}
    assert [item.text for item in facts(work, AgendaItem)] == ["One.", "Two.", "Three."]


class DyingBox(OpenInbox):
    """Its process dies when the first mail is to be put away: after it was taken in."""

    def put_away(self, number: int, *, aside: bool) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


class DyingInbox(Inbox):
    @contextmanager
    def open(self) -> Iterator[OpenInbox]:
        with super().open() as box:
            yield DyingBox(box._client, self)


def test_a_run_killed_after_taking_does_nothing_twice(work: Workplace, dovecot: Dovecot) -> None:
    ideas(work, dovecot, "Idea: A shelf.", "Idea: A lamp.")
    settings = {name: getattr(dovecot.inbox(), name) for name in Inbox.__dataclass_fields__}
    work.store.close()
    child = os.fork()
    if child == 0:
        collect_replies(work, DyingInbox(**settings), 100)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert dovecot.folders()["INBOX"] == 2
    assert len(facts(work, AgendaItem)) == 1
    read = collect_replies(work, dovecot.inbox(), 100)
    assert (read.counts, read.again) == ({Outcome.WORDS: 1}, 1)
    assert dovecot.folders() == {"INBOX": 0, "Taken": 2, "Aside": 0}
    assert [item.text for item in facts(work, AgendaItem)] == ["A shelf.", "A lamp."]


def test_a_mail_beyond_the_limit_is_put_aside_unfetched(work: Workplace, dovecot: Dovecot) -> None:
    letter = letter_to(work, "bo")
    large = answer_to(letter, "bo@example.org", "Idea: Large.")
    large.add_attachment(os.urandom(8_000_000), maintype="application", subtype="pdf", filename="large.pdf")
    dovecot.deliver(large.as_bytes())
    assert collect_replies(work, dovecot.inbox(), 100).counts == {Outcome.ASIDE: 1}
    assert (dovecot.folders()["Aside"], facts(work, AgendaItem)) == (1, [])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "refused the login"),
        ({"username": "größe"}, "beyond ASCII"),
        ({"ca_bundle": ""}, "certificate of localhost"),
        ({"folder": "Nowhere"}, "no folder Nowhere"),
        ({"port": 1}, "No connection"),
    ],
)
def test_what_is_wrong_with_the_mailbox_is_one_sentence(
    work: Workplace, dovecot: Dovecot, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InboxError, match=sentence) as caught:
        collect_replies(work, dovecot.inbox(**changes), 100)
    assert PASSWORD not in f"{caught.value}{caught.value!r}{dovecot.inbox()!r}"


DISTRICT = """\
mail:
  inbox:
    address: answers@example.org
    host: localhost
    port: {port}
    username: answers
    password: env:INBOX_PASSWORD
    ca_bundle: {ca}
  transport: file_drop
"""


def test_the_flows_own_step_reads_the_mailbox_of_the_district(
    tmp_path: Path, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DISTRICT.format(port=dovecot.tls, ca=dovecot.run / "ca.pem")
    district = FILES["district.yaml"].replace("  password: env:SMTP_PASSWORD\n", "").replace("mail:\n", text)
    folder = write_folder(tmp_path / "district", district=district)
    for name, value in {"DISTRICT": folder, "STATE": tmp_path / "state"}.items():
        monkeypatch.setenv(f"FIRSTBELL_{name}", str(value))
    monkeypatch.setenv("INBOX_PASSWORD", PASSWORD)
    with workplace_at(folder, tmp_path / "state") as work:
        go_live(work.state, work.clock())
        letter = letter_to(work, "ada")
        (right,) = check_inbox(work.district, readers(folder))
        (wrong,) = check_inbox(work.district, readers(folder, {"INBOX_PASSWORD": "wrong"}))
        (unset,) = check_inbox(work.district, readers(folder, {}))
    assert (right.level, wrong.level, unset.level) == (Level.OK, Level.WRONG, Level.WRONG)
    assert "INBOX_PASSWORD" in unset.sentence
    dovecot.deliver(answer_to(letter, "ada@example.org", "Question: Why?").as_bytes())
    dovecot.deliver(answer_to(letter, "ada@example.org", "Hello").as_bytes())
    read = read_inbox.fn(200)
    assert (read.counts, read.answered) == ({"words": 1, "fault": 1}, 1)
    with workplace_at(folder, tmp_path / "state") as work:
        assert [item.kind for item in facts(work, AgendaItem)] == ["question"]
        assert facts(work, SectionNote) == []
    assert len(list((tmp_path / "state" / "mail").glob("*.eml"))) == 1


def test_a_district_without_a_mailbox_has_nothing_to_check(work: Workplace) -> None:
    about = work.district.about
    mail = about.mail.model_copy(update={"inbox": None})
    without = replace(work.district, about=about.model_copy(update={"mail": mail}))
    assert list(check_inbox(without, {})) == []
