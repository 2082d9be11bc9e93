"""The commands by which people write back, from end to end on a folder of their own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firstbell.briefing.freeze import freeze
from firstbell.cli import app
from firstbell.clock import utc_now
from firstbell.meetings import meetings_of
from firstbell.review import waiting
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, mark_attempting, prepare, settle
from firstbell.store.schema import upgrade
from firstbell.store.session import default_url, open_store
from firstbell.workplace import Workplace
from tasks.brief import teams_of
from tasks.options import OptionError
from tests.unit.config_folder import load, write_folder
from tests.unit.team_workplace import MAIL_TO_FILES, PEOPLE, PLAN, TEAMS, action, decision, no_calendar, tell

TODAY = utc_now().date()
HELD, NEXT = TODAY - timedelta(days=3), TODAY + timedelta(days=20)
MEETINGS = f"""\
series:
  - key: monthly
    team: leadership
    title: Technology leadership team
    dates: [{HELD}T16:00, {NEXT}T16:00]
"""


def run(place: Path, *arguments: str) -> Result:
    environment = {"FIRSTBELL_DISTRICT": str(place / "district"), "FIRSTBELL_STATE": str(place / "state")}
    return CliRunner().invoke(app, arguments, env={**environment, "FIRSTBELL_DATABASE": None})


@contextmanager
def work_at(place: Path) -> Iterator[Workplace]:
    district = load(place / "district")
    store = open_store(default_url(place / "state"))
    upgrade(store)
    try:
        yield Workplace(
            district=district,
            store=store,
            state=place / "state",
            feeds={},
            read_calendar=no_calendar,
            clock=utc_now,
        )
    finally:
        store.close()


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A district with one team's meetings around today, an open action and a draft with two decisions, to copy."""
    place = tmp_path_factory.mktemp("drafted")
    write_folder(
        place / "district",
        district=MAIL_TO_FILES,
        teams=TEAMS,
        people_csv=PEOPLE,
        plan=PLAN,
        meetings=MEETINGS,
    )
    with work_at(place) as work:
        held, coming = meetings_of(work.district, "leadership", utc_now(), no_calendar)
        tell(
            work,
            action(14, due_on=date(2026, 1, 5)),
            decision("contract", meeting_key=held.key),
            decision("filter", meeting_key=coming.key, state="proposed", confirmed_by=""),
            at=utc_now() - timedelta(days=5),
        )
        freeze(work, coming, held, "draft", as_of=utc_now(), known_at=utc_now())
    return place


@pytest.fixture
def place(drafted: Path, tmp_path: Path) -> Path:
    """A district with one team's meetings around today, an open action and a draft with two decisions."""
    shutil.copytree(drafted, tmp_path, dirs_exist_ok=True)
    return tmp_path


def outcome(place: Path) -> str:
    """A message of unknown outcome in the outbox; returns its key."""
    now = utc_now()
    key = "packet/leadership/monthly/final/1/leadership/ada/0"
    new = NewMessage(
        message_key=key,
        kind="packet",
        team_key="leadership",
        meeting_key="monthly",
        stage="final",
        revision=1,
        edition="leadership",
        person_key="ada",
        address="ada@example.org",
        address_expires_on=now.date() + timedelta(days=120),
        message_id="<1@example.org>",
        message=b"Subject: packet\r\n\r\n",
    )
    with work_at(place) as work, work.store.begin() as connection:
        row = prepare(connection, new, now)
        mark_attempting(connection, row.id, "sender", now)
        settle(connection, row.id, "sender", MessageState.UNKNOWN, now)
    return key


def test_a_team_that_is_not_there_is_told_with_those_that_are(place: Path) -> None:
    nope = run(place, "minutes", "--template", "nope")
    assert (nope.exit_code, nope.stdout) == (2, "")
    assert nope.stderr == "There is no team of that name; known are leadership, oak_team.\n"


def test_an_example_is_due_on_no_day_where_no_later_meeting_is_planned(place: Path) -> None:
    assert f"  #   due: {NEXT}\n" in run(place, "minutes", "--template", "leadership").stdout
    assert "  #   due: the day it will be done" in run(place, "minutes", "--template", "leadership", str(NEXT)).stdout


def test_minutes_from_template_to_actions(place: Path, tmp_path: Path) -> None:
    printed = run(place, "minutes", "--template", "leadership")
    assert printed.exit_code == 0
    text = printed.stdout.replace("{action: A-14, word: open}", "{action: A-14, word: done}")
    text = text.replace("  # - {decision: 1, word: decided, outcome: }", "  - {decision: 1, outcome: Yes.}")
    text = text.replace("new_actions:\n", "new_actions:\n  - {title: Call the vendor, owner: it_lead}\n")
    file = tmp_path / "minutes.yaml"
    file.write_text(text, encoding="utf-8")
    first = run(place, "minutes", str(file))
    assert (first.exit_code, first.stderr) == (0, "")
    assert "Opened here: A-15." in first.stdout
    assert "Decisions: 1 decided." in first.stdout
    assert "recorded already" in run(place, "minutes", str(file)).stdout
    listed = json.loads(run(place, "actions", "--json").stdout)
    assert [one["action_key"] for one in listed] == ["A-15"]
    assert "A-14" in run(place, "actions", "--all").stdout


def test_wrong_minutes_are_told_line_by_line_with_exit_code_2(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "minutes.yaml"
    file.write_text(f"team: leadership\nmeeting: {HELD}\nattended: [adda]\nby: nobody\n")
    told = run(place, "minutes", str(file))
    assert told.exit_code == 2
    assert told.stderr.startswith("minutes.yaml:3: attended.0: is no person's key and no role; did you mean ada?")
    assert "minutes.yaml:4: by: names no role there is" in told.stderr


def test_an_action_is_moved_handed_over_closed_and_reopened(place: Path) -> None:
    for arguments in (
        ("move", "A-14", "2027-01-08", "--why", "Parts are late."),
        ("hand-over", "A-14", "--to", "bo"),
        ("close", "A-14", "--on", "2026-11-04"),
    ):
        assert run(place, "actions", *arguments).exit_code == 0
    (kept,) = json.loads(run(place, "actions", "--all", "--json").stdout)
    assert (kept["state"], kept["closed_on"], kept["person_key"]) == ("done", "2026-11-04", "bo")
    assert (kept["first_due_on"], kept["due_on"], kept["times_moved"]) == ("2026-11-01", "2027-01-08", 1)
    refused = run(place, "actions", "drop", "A-14", "--why", "No.")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "A-14 is done; reopen it first: `firstbell actions reopen A-14`.\n",
    )
    assert "A-14 is open" in run(place, "actions", "reopen", "A-14").stdout
    assert "A-14 is dropped" in run(place, "actions", "drop", "A-14", "--why", "No.").stdout
    assert "No action is open." in run(place, "actions").stdout


def test_no_open_action_of_the_teams_own_is_not_none_at_all_where_a_tracker_is_connected(place: Path) -> None:
    assert run(place, "actions", "drop", "A-14", "--why", "No.").exit_code == 0
    assert run(place, "actions").stdout == "No action is open.\n"
    source = "sources:\n  - {key: list, kind: actions_csv, title: List, settings: {file: actions.csv}}\n"
    (place / "district" / "sources.yaml").write_text(source, encoding="utf-8")
    assert run(place, "actions").stdout.startswith("No action of the team's own is open;")


def test_all_of_a_leavers_is_handed_over_and_the_list_says_who_left(place: Path) -> None:
    with work_at(place) as work:
        tell(work, action(15, person_key="zoe"), action(16, owner_role="librarian"), at=utc_now())
    listed = run(place, "actions").stdout
    assert ("(zoe)" in listed, "left" in listed, "nobody" in listed) == (True, True, True)
    moved = run(place, "actions", "hand-over", "--all-of", "zoe", "--to", "bo")
    assert (moved.exit_code, moved.stdout) == (0, "A-15 is open, due 2026-11-01: Promise 15\n")
    told = run(place, "actions", "history", "A-15").stdout.splitlines()
    assert [line[18:] for line in told] == [
        "open, due 2026-11-01, it_lead (zoe)",
        "open, due 2026-11-01, teacher_representative (bo)",
    ]
    assert len(json.loads(run(place, "actions", "history", "A-15", "--json").stdout)) == 2
    refused = run(place, "actions", "hand-over", "--to", "bo")
    assert (refused.exit_code, refused.stderr) == (2, "Name the action by its number, for example A-14.\n")


def test_a_draft_is_listed_confirmed_held_and_approved(place: Path) -> None:
    assert "proposed  filter  Decide filter" in run(place, "review").stdout
    named = ("--team", "leadership")
    assert "Decisions: 2 will be printed" in run(place, "review", "confirm", "filter", *named).stdout
    added = run(place, "review", "add-decision", "Buy a generator?", "--cost", "12000", "--option", "Yes", *named)
    assert "Decisions: 3 will be printed" in added.stdout
    assert run(place, "review", "drop", "filter", *named).exit_code == 0
    assert run(place, "review", "note", "Asked the vendor.", *named).exit_code == 0
    assert run(place, "review", "hold", "--note", "Wait for the budget.", *named).stdout.startswith("Held")
    assert "team_leader says: Wait for the budget." in run(place, "review").stdout
    assert run(place, "review", "approve", *named).stdout.startswith("Approved")
    (one,) = json.loads(run(place, "review", "--json").stdout)
    line, _ = one["lines"][0]
    assert run(place, "review", "note", "It is mended.", "--line", line, *named).exit_code == 0


def test_review_says_which_team_or_field_is_wrong(place: Path) -> None:
    assert run(place, "review", "approve").stderr == "Name a team with --team: leadership, oak_team.\n"
    late = run(place, "review", "add-decision", "Buy?", "--deadline", "soon", "--team", "leadership")
    assert (late.exit_code, late.stderr) == (2, "add.0.deadline: must be a date written like 2026-11-20.\n")


def test_what_nobody_knows_stands_on_top_and_is_settled_by_hand(place: Path) -> None:
    key = outcome(place)
    listed = run(place, "outbox")
    assert "1 message may or may not have arrived: ask the reader" in " ".join(listed.stdout.split())
    assert "ada@example.org" not in listed.stdout
    assert f"  {key}" in listed.stdout.splitlines()
    assert "address" not in json.loads(run(place, "outbox", "--json").stdout)[0]
    assert json.loads(run(place, "outbox", "--addresses", "--json").stdout)[0]["address"] == "ada@example.org"
    assert run(place, "outbox", "settle", key, "failed").stdout == f"{key} is failed.\n"
    assert run(place, "outbox", "settle", key, "sent").exit_code == 2
    assert "no such message" in run(place, "outbox", "--state", "unknown").stdout
    bogus = run(place, "outbox", "--state", "bogus")
    assert (bogus.exit_code, bogus.stdout) == (2, "")
    assert bogus.stderr == (
        "No message is ever in that state; ask for one of prepared, attempting, sent, refused, failed, unknown.\n"
    )


def test_a_packet_goes_once_more_to_one_reader(place: Path) -> None:
    for number in range(2):
        assert run(place, "outbox", "resend", "ada").exit_code == 0
        rows = json.loads(run(place, "outbox", "--json").stdout)
        assert [(row["person_key"], row["resend_number"], row["state"]) for row in rows] == [
            ("ada", resent, "sent") for resent in range(number + 1)
        ]
    mails = [path.read_bytes() for path in (place / "state" / "mail").glob("*.eml")]
    assert len({mail.partition(b"Message-ID: ")[2][:40] for mail in mails}) == 2
    assert run(place, "outbox", "resend", "nobody", "--team", "leadership").exit_code == 2
    assert "does not lead the team" in run(place, "outbox", "resend", "bo", "--team", "leadership").stderr
    several = run(place, "outbox", "resend", "bo")
    assert (several.exit_code, several.stderr) == (2, "Name a team with --team: leadership, oak_team.\n")


def test_a_packet_is_asked_for_once_more_of_the_persons_own_teams(place: Path) -> None:
    with work_at(place) as work:
        assert teams_of(work, "", "ada") == ["leadership"]
        assert teams_of(work, "", "bo") == ["leadership", "oak_team"]
        assert teams_of(work, "oak_team", "bo") == ["oak_team"]
        with pytest.raises(OptionError, match="'eve' sits in no team; the members are ada, bo, cy"):
            teams_of(work, "", "eve")


def test_a_word_on_no_decision_is_told_once_and_said_twice_is_kept_once(place: Path) -> None:
    wrong = run(place, "review", "drop", "nokey", "--team", "leadership")
    assert (wrong.exit_code, len(wrong.stderr.splitlines())) == (2, 1)
    for _ in range(2):
        assert run(place, "review", "confirm", "filter", "--team", "leadership").exit_code == 0


def test_a_note_of_four_sentences_is_refused(place: Path) -> None:
    with work_at(place) as work:
        line = next(iter(waiting(work)[0].lines))[0]
    say = ("review", "note", "--team", "leadership", "--line", line)
    refused = run(place, *say, "It broke. We asked. They came. It works.")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "lines.0.text: may be two sentences at most; keep the rest for the meeting.\n",
    )
    assert run(place, *say, "Dr. Lee ordered it on Nov. 3 for St. Mary. It comes soon.").exit_code == 0


def test_a_date_that_is_none_is_one_sentence(place: Path) -> None:
    moved = run(place, "actions", "move", "A-14", "soon", "--why", "late")
    assert (moved.exit_code, moved.stderr) == (2, "'soon' is no date; write it like 2026-12-18.\n")


def test_the_watchdog_tells_mails_and_exits_with_1(place: Path) -> None:
    told = run(place, "watchdog")
    assert told.exit_code == 1
    assert told.stdout.startswith("No night was ever completed")
    assert len(list((place / "state" / "mail").glob("*.eml"))) == 1
    assert [one["key"] for one in json.loads(run(place, "watchdog", "--no-mail", "--json").stdout)] == ["night"]


def test_the_watchdog_tells_of_a_lost_database(place: Path) -> None:
    (place / "state" / "firstbell.db").unlink()
    told = run(place, "watchdog")
    assert told.exit_code == 1
    assert told.stdout.startswith("There is no database at")


def test_service_writes_units_and_says_what_to_do(place: Path, tmp_path: Path) -> None:
    told = run(place, "service", "--user", "audits", "--folder", str(tmp_path / "units"), "--port", "4300")
    assert told.exit_code == 0
    assert "systemctl enable --now" in told.stdout
    worker = (tmp_path / "units" / "firstbell-worker.service").read_text()
    assert "User=audits\n" in worker
    assert "PREFECT_API_URL=http://127.0.0.1:4300/api" in worker
    assert f"FIRSTBELL_STATE={place / 'state'}" in worker
