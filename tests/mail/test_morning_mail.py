"""The morning mail over a real store and a real mail server: only when something is bad, worst first, once a day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.config.faults import ConfigError
from firstbell.config.rehearsal import back_to_rehearsal
from firstbell.delivery.transport import DeliveryError
from firstbell.kpi import Verdict
from firstbell.records import (
    BackupResult,
    ControlResult,
    ObservationInterval,
    Record,
    ServiceState,
)
from firstbell.store.interval_history import save_intervals
from firstbell.store.ledger import claim
from firstbell.store.models import MessageState
from firstbell.store.save import record_completion, save_facts
from firstbell.store.session import Store
from tests.mail.between_office import Office, open_office
from tests.unit.packet_material import FEEDS, FOLDER, backup, district, local, seen

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
FRIDAY, MONDAY, TUESDAY, WEDNESDAY = (local(11, day, 6, 30) for day in (13, 16, 17, 18))
LEAST = timedelta(hours=3)


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path)


def night(office: Office, at: datetime, *, bad: frozenset[str] = frozenset(), told: Mapping[str, list[Record]]) -> None:
    """Every source read to its end at a moment, but the bad ones, with what they told."""
    with office.store.begin() as connection:
        for source, streams in FEEDS.items():
            save_facts(connection, source, told.get(source, []), at)
            for stream in streams if source not in bad else ():
                record_completion(connection, source, stream, at)
        save_facts(connection, "probes", told.get("probes", []), at)
        record_completion(connection, "probes", "looks", at)
    office.now = at
    with claim(office.store, "nightly_audit", f"{at:%Y-%m-%d}", clock=lambda: office.now):
        pass


def good_backups(at: datetime, *systems: str) -> list[Record]:
    return [backup(system, at) for system in systems or ("finance", "buses", "hr")]


def look(office: Office, *intervals: ObservationInterval, at: datetime) -> None:
    with office.store.begin() as connection:
        save_intervals(connection, "probes", intervals, at)


def well(office: Office, at: datetime) -> None:
    """A good night, and both services answering up to the morning."""
    night(office, at - LEAST, told={"dumps": good_backups(at - LEAST)})
    start = at - timedelta(hours=24) + timedelta(minutes=5)
    look(office, seen("sso", start, at), seen("sis", start, at), at=at)


def certificate(ends: date, state: Verdict = Verdict.OK, why: str = "") -> ControlResult:
    return ControlResult(
        framework="tls",
        edition="",
        code="certificate",
        subject="sso",
        state=state,
        collected_at=local(11, 1),
        expires_on=ends,
        reason=why,
    )


def control(code: str, state: Verdict, expires_on: date | None = None) -> ControlResult:
    return ControlResult(
        framework="cipa",
        edition="",
        code=code,
        subject="district",
        state=state,
        collected_at=local(11, 12, 9),
        expires_on=expires_on,
        owner_role="it_lead",
    )


def mail(office: Office, at: datetime) -> str:
    """The text of the one mail that leaves at a moment; empty where none does."""
    office.mailbox.taken.clear()
    office.run("morning", at)
    assert len(office.mailbox.taken) <= 1
    return office.text() if office.mailbox.taken else ""


def test_nothing_bad_no_mail_but_one_proof_of_life_a_week(office: Office) -> None:
    well(office, MONDAY)
    text = mail(office, MONDAY)
    for part in (
        "Nothing is known to be bad this morning",
        "ended Mon 16 Nov, 3:30 am",
        "Backups: 3 of 3 systems within their limit",
        "Services: 2 of 2 answer",
        "Sources: 7 of 7 read in time",
    ):
        assert part in text
    assert office.taken() == [("ines@cedar.example", "Nothing is known to be bad on Mon 16 Nov")]
    assert list(office.outbox()) == ["morning/2026-11-16/ines"]
    assert mail(office, MONDAY + timedelta(hours=3)) == ""
    well(office, TUESDAY)
    assert mail(office, TUESDAY) == ""


@SQLITE
def test_a_first_morning_has_no_yesterday(office: Office) -> None:
    night(
        office, MONDAY - LEAST, bad=frozenset({"desk"}), told={"dumps": good_backups(MONDAY - LEAST, "finance", "hr")}
    )
    text = mail(office, MONDAY)
    assert "this is the first look, so nothing is compared." in text
    assert "yesterday" not in text
    assert not re.search("New|Still", text)


@SQLITE
def test_what_nobody_knows_is_counted_and_never_called_well(office: Office) -> None:
    night(office, MONDAY - LEAST, told={"dumps": good_backups(MONDAY - LEAST)})
    look(office, seen("sis", MONDAY - timedelta(days=1), MONDAY), at=MONDAY)
    assert "Services: 1 of 2 answer; 1 not known" in mail(office, MONDAY)


def test_a_proof_that_was_missed_on_its_day_comes_on_the_next(office: Office) -> None:
    well(office, TUESDAY)
    assert "Nothing is known to be bad" in mail(office, TUESDAY)
    well(office, WEDNESDAY)
    assert mail(office, WEDNESDAY) == ""


def test_the_worst_stands_first_with_since_when_and_what_is_new(office: Office) -> None:
    well(office, MONDAY)
    assert "Nothing is known to be bad" in mail(office, MONDAY)
    down = local(11, 16, 22)
    night(
        office,
        TUESDAY - LEAST,
        bad=frozenset({"desk", "evidence"}),
        told={
            "dumps": [*good_backups(TUESDAY - LEAST, "hr"), backup("buses", TUESDAY - LEAST, BackupResult.FAILED)],
            "evidence": [control("policy", Verdict.FAIL), control("filter", Verdict.OK, date(2026, 11, 10))],
            "probes": [certificate(date(2026, 11, 14))],
        },
    )
    look(
        office,
        seen("sis", MONDAY + timedelta(minutes=5), TUESDAY),
        seen("sso", MONDAY + timedelta(minutes=5), down - timedelta(minutes=5)),
        seen("sso", down, TUESDAY, ServiceState.DOWN),
        at=TUESDAY,
    )
    first = mail(office, TUESDAY)
    places = [
        first.find(part)
        for part in (
            "6 things are bad; all are new since yesterday.",
            "BACKUPS New Bus routing: no good backup within 1 day Last good one: Mon 16 Nov, 3:30 am.",
            "New Finance: no good backup within 1 day",
            "CERTIFICATES New Sign-in: the certificate ended on 14 Nov 2026 OUTAGES",
            "OUTAGES New Sign-in is down Since Mon 16 Nov, 10 pm.",
            "FAILING CONTROLS New cipa policy: failed Since Thu 12 Nov, 9 am. Owner: IT Lead.",
            "New cipa filter: the evidence expired on 10 Nov 2026 Owner: IT Lead.",
        )
    ]
    assert places == sorted(places), first
    assert -1 not in places, first
    assert office.taken() == [
        ("ines@cedar.example", "Bus routing: no good backup within 1 day; 5 more are bad"),
    ]

    night(
        office,
        WEDNESDAY - LEAST,
        bad=frozenset({"desk", "evidence"}),
        told={"dumps": good_backups(WEDNESDAY - LEAST), "probes": [certificate(date(2027, 2, 14))]},
    )
    look(
        office,
        seen("sis", TUESDAY + timedelta(minutes=5), WEDNESDAY),
        seen("sso", TUESDAY + timedelta(minutes=5), WEDNESDAY),
        at=WEDNESDAY,
    )
    second = mail(office, WEDNESDAY)
    assert "2 things are bad; all are new since yesterday." in second
    assert "New Help desk: not read since Mon 16 Nov, 3:30 am Owner: IT Lead." in second
    assert "New Evidence list: not read since" in second
    again = second[second.index("WELL AGAIN") :]
    for part in ("Finance (backup)", "Bus routing (backup)", "Sign-in (certificate)", "Sign-in (service) It was bad"):
        assert part in again
    assert "cipa" not in again


@SQLITE
def test_what_stays_bad_is_told_every_morning_as_still_bad(office: Office) -> None:
    for day in (16, 17):
        at = local(11, day, 6, 30)
        night(office, at - LEAST, told={"dumps": good_backups(at - LEAST, "finance", "hr")})
        start = at - timedelta(hours=24) + timedelta(minutes=5)
        look(office, seen("sso", start, at), seen("sis", start, at), at=at)
        text = mail(office, at)
        assert "Bus routing: no good backup at all" in text
    assert "1 thing is bad; nothing is new since yesterday. BACKUPS Still Bus routing" in text
    assert office.taken() == [("ines@cedar.example", "Bus routing: no good backup at all")]


@SQLITE
def test_monday_compares_with_friday_and_tells_of_outages_in_between(office: Office) -> None:
    night(office, FRIDAY - LEAST, told={"dumps": good_backups(FRIDAY - LEAST)})
    friday = local(11, 13, 6, 30)
    down, up = local(11, 14, 9), local(11, 14, 11)
    night(office, MONDAY - LEAST, told={"dumps": good_backups(MONDAY - LEAST, "finance", "hr")})
    look(
        office,
        seen("sis", friday - timedelta(days=1), MONDAY),
        seen("sso", friday - timedelta(days=1), down - timedelta(minutes=5)),
        seen("sso", down, up - timedelta(minutes=5), ServiceState.DOWN),
        seen("sso", up, MONDAY),
        at=MONDAY,
    )
    assert mail(office, local(11, 14, 6, 30)) == ""
    assert mail(office, local(11, 15, 6, 30)) == ""
    text = mail(office, MONDAY)
    assert "1 thing is bad; it is new since Fri 13 Nov." in text
    assert "WELL AGAIN - Sign-in was down from Sat 14 Nov, 9 am to Sat 14 Nov, 11 am" in text


@SQLITE
def test_an_outage_in_between_is_told_by_the_rules_of_its_day(office: Office, tmp_path: Path) -> None:
    """From Saturday on two outages that lie closer than an hour are one."""
    rules = "policies:\n  - {name: district}\n  - {name: district, valid_from: 2026-11-14, merge_minutes: 60}\n"
    office.folder = district(tmp_path / "ruled", services=rules + FOLDER["services.yaml"])
    night(office, FRIDAY - LEAST, told={"dumps": good_backups(FRIDAY - LEAST)})
    night(office, MONDAY - LEAST, told={"dumps": good_backups(MONDAY - LEAST)})
    first, minutes = local(11, 13, 6, 30) - timedelta(days=1), timedelta(minutes=5)
    looks, begins, state = [seen("sis", first, MONDAY)], first, ServiceState.UP
    for hour, minute in ((9, 0), (10, 0), (10, 30), (11, 30)):
        ends = local(11, 14, hour, minute)
        looks.append(seen("sso", begins, ends - minutes, state))
        begins, state = ends, ServiceState.UP if state is ServiceState.DOWN else ServiceState.DOWN
    look(office, *looks, seen("sso", begins, MONDAY), at=MONDAY)
    text = mail(office, MONDAY)
    assert "WELL AGAIN - Sign-in was down from Sat 14 Nov, 9 am to Sat 14 Nov, 11:30 am" in text


@SQLITE
def test_a_poller_that_stopped_makes_no_outage_and_no_recovery(office: Office) -> None:
    down = local(11, 16, 22)
    night(office, MONDAY - LEAST, told={"dumps": good_backups(MONDAY - LEAST)})
    look(
        office,
        seen("sis", MONDAY - timedelta(days=1), down),
        seen("sso", MONDAY - timedelta(days=1), down - timedelta(minutes=5)),
        seen("sso", down, down + timedelta(hours=1), ServiceState.DOWN),
        at=TUESDAY,
    )
    night(office, TUESDAY - LEAST, told={"dumps": good_backups(TUESDAY - LEAST)})
    text = mail(office, TUESDAY)
    assert "is down" not in text
    assert "WELL AGAIN" not in text
    assert "1 thing is bad; it is new since yesterday. SOURCES" in text
    assert "Our own looks: not read since Mon 16 Nov, 11 pm" in text


EVERYBODY = "{morning: {roles: [it_lead, superintendent, parent_representative]}}"


def test_security_is_told_only_to_those_whose_edition_may_see_it(office: Office) -> None:
    office.settings(EVERYBODY)
    night(
        office,
        MONDAY - LEAST,
        bad=frozenset({"desk"}),
        told={"dumps": good_backups(MONDAY - LEAST, "hr"), "evidence": [control("policy", Verdict.FAIL)]},
    )
    look(office, seen("sso", MONDAY - LEAST, MONDAY), seen("sis", MONDAY - LEAST, MONDAY), at=MONDAY)
    office.run("morning", MONDAY)
    by_address = {address: content.decode() for address, content in office.mailbox.taken}
    assert set(by_address) == {"ines@cedar.example", "ruth@cedar.example", "pam@cedar.example"}
    for secret in ("Finance", "cipa", "backup"):
        assert secret in by_address["ines@cedar.example"]
        assert secret in by_address["ruth@cedar.example"]
        assert secret not in by_address["pam@cedar.example"]
    assert "Help desk" in by_address["pam@cedar.example"]
    assert dict(office.taken())["pam@cedar.example"] == "Help desk: never read yet"


@SQLITE
@pytest.mark.parametrize(
    ("settings", "days"),
    [
        ("{morning: {send: false}}", []),
        ("{morning: {days: [tue, thu], proof_of_life: never}}", [17, 19]),
        ("{morning: {roles: [librarian]}}", []),
        ("{}", [16, 17, 18, 19, 20]),
    ],
)
def test_who_and_when_are_settings(office: Office, settings: str, days: list[int]) -> None:
    office.settings(settings)
    told = []
    for day in range(14, 23):
        office.run("morning", local(11, day, 6, 30))
        told += [day for _ in office.taken()]
    assert told == days


@SQLITE
def test_no_mail_leaves_while_the_offices_are_closed(office: Office) -> None:
    told = [day for day in range(23, 31) if mail(office, local(11, day, 6, 30))]
    assert told == [23, 24, 30]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("{morning: {days: [tue]}}", "proof_of_life: is none of the days; name one of them, or never"),
        (
            "{morning: {roles: [it_leed]}}",
            'between_meetings.morning.roles.0: names the role "it_leed", which there is not',
        ),
    ],
)
def test_a_setting_that_cannot_be_is_told(tmp_path: Path, settings: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(sentence)):
        district(tmp_path / "wrong", district=FOLDER["district.yaml"] + f"between_meetings: {settings}\n")


def test_rehearsal_and_an_old_morning_that_waits(office: Office) -> None:
    back_to_rehearsal(office.state)
    with pytest.raises(DeliveryError):
        office.run("morning", MONDAY, password="wrong")
    assert list(office.outbox().values()) == [MessageState.PREPARED]
    office.run("morning", TUESDAY)
    ((address, subject),) = office.taken()
    assert address == "ivy@cedar.example"
    assert subject.startswith("[Rehearsal, for Ines Roy] ")
    assert office.outbox() == {
        "rehearsal/morning/2026-11-16/ines": MessageState.FAILED,
        "rehearsal/morning/2026-11-17/ines": MessageState.SENT,
    }


@SQLITE
def test_a_clock_set_back_mails_no_morning_twice(office: Office) -> None:
    for at in (TUESDAY, MONDAY, TUESDAY, MONDAY):
        office.run("morning", at)
    assert len(office.mailbox.taken) == 2


@SQLITE
def test_many_troubles_are_counted_and_the_mail_stays_short(office: Office) -> None:
    well(office, FRIDAY)
    told: list[Record] = [control(f"rule-{number:03}", Verdict.FAIL) for number in range(200)]
    night(office, MONDAY - LEAST, told={"evidence": told, "dumps": good_backups(MONDAY - LEAST)})
    text = mail(office, MONDAY)
    assert "And 192 more of this kind, all of them new." in text
    assert text.count("cipa rule-") == 8


@SQLITE
def test_one_more_of_a_kind_is_told_in_the_singular(office: Office) -> None:
    well(office, FRIDAY)
    told: list[Record] = [control(f"rule-{number}", Verdict.FAIL) for number in range(9)]
    night(office, MONDAY - LEAST, told={"evidence": told, "dumps": good_backups(MONDAY - LEAST)})
    assert "And 1 more of this kind; it is new." in mail(office, MONDAY)
    night(office, TUESDAY - LEAST, told={"evidence": told, "dumps": good_backups(TUESDAY - LEAST)})
    assert "And 1 more of this kind; it is not new." in mail(office, TUESDAY)


@SQLITE
@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        ("{}", "on which nothing is bad, except one a week that says so."),
        ("{morning: {proof_of_life: never}}", "on which nothing is bad."),
    ],
)
def test_the_mail_says_on_which_mornings_another_comes(office: Office, settings: str, rule: str) -> None:
    office.settings(settings)
    told: list[Record] = [control("rule-1", Verdict.FAIL)]
    night(office, MONDAY - LEAST, told={"evidence": told, "dumps": good_backups(MONDAY - LEAST)})
    assert rule in mail(office, MONDAY)


@SQLITE
def test_each_reads_the_morning_in_their_own_language(office: Office) -> None:
    office.settings(EVERYBODY)
    people = tuple(
        one.model_copy(update={"language": "es"}) if one.key == "ruth" else one for one in office.folder.people
    )
    office.folder = replace(office.folder, people=people)
    night(office, MONDAY - LEAST, told={"dumps": good_backups(MONDAY - LEAST, "finance", "hr")})
    look(office, seen("sso", MONDAY - LEAST, MONDAY), seen("sis", MONDAY - LEAST, MONDAY), at=MONDAY)
    office.run("morning", MONDAY)
    assert dict(office.taken()) == {
        "ines@cedar.example": "Bus routing: no good backup at all",
        "ruth@cedar.example": "Bus routing: sin ninguna buena copia de seguridad",
        "pam@cedar.example": "Nothing is known to be bad on Mon 16 Nov",
    }


ENDING = """\
people:
  - {key: ines, name: Ines Roy, email: ines@cedar.example}
  - {key: pam, name: Pam Diaz, email: pam@cedar.example}
teams:
  - key: tech
    name: Tech team
    members:
      - {person: ines, roles: [it_lead, team_leader]}
      - {person: pam, roles: [parent_representative], until: 2026-27}
"""
APRIL_5, APRIL_6, APRIL_12 = (local(4, day, 6, 30, year=2027) for day in (5, 6, 12))


def ending_year(office: Office, tmp_path: Path, credential: str = "") -> None:
    """The last school year and a term end on 28 May 2027; the mail's password where it is given."""
    password = f"  credential_ends: {credential}\n" if credential else ""
    text = FOLDER["district.yaml"].replace(
        "mail: {sender: packets@cedar.example}\n", "mail:\n  sender: packets@cedar.example\n" + password
    )
    office.folder = district(tmp_path / f"ending{credential}", district=text, teams=ENDING)


@SQLITE
def test_what_ends_is_told_once_and_on_mondays(office: Office, tmp_path: Path) -> None:
    ending_year(office, tmp_path)
    well(office, APRIL_5)
    text = mail(office, APRIL_5)
    assert "Nothing is known to be bad this morning" in text
    assert re.search(r"(?i)ends soon.{0,12}The calendar ends with 2026-27, on 28 May 2027", text)
    assert "1 term ends with the school year, on 28 May 2027: Parent" in text
    assert "Pam" not in text
    well(office, APRIL_6)
    ending_year(office, tmp_path, "2027-05-01")
    assert mail(office, APRIL_6) == ""
    well(office, APRIL_12)
    again = mail(office, APRIL_12)
    assert "its key or password ends on 1 May 2027" in again
    assert "The calendar ends" not in again


@SQLITE
def test_what_ends_stands_below_what_is_bad(office: Office, tmp_path: Path) -> None:
    ending_year(office, tmp_path)
    night(office, APRIL_5 - LEAST, told={"dumps": good_backups(APRIL_5 - LEAST, "finance", "hr")})
    text = mail(office, APRIL_5)
    assert text.index("Bus routing") < text.index("The calendar ends")


@SQLITE
def test_without_a_proof_of_life_what_ends_is_a_mail_of_its_own(office: Office, tmp_path: Path) -> None:
    ending_year(office, tmp_path)
    never = district(
        tmp_path / "never",
        teams=ENDING,
        district=FOLDER["district.yaml"] + "between_meetings: {morning: {proof_of_life: never}}\n",
    )
    office.folder = never
    well(office, APRIL_5)
    text = mail(office, APRIL_5)
    assert office.taken() == [("ines@cedar.example", "2 things end soon")]
    assert "told once, on the first look of a week" in text
    well(office, APRIL_12)
    assert mail(office, APRIL_12) == ""


@SQLITE
def test_what_was_in_a_mail_that_never_left_is_told_on_the_next_monday(office: Office, tmp_path: Path) -> None:
    ending_year(office, tmp_path)
    well(office, APRIL_5)
    office.mailbox.defer = frozenset({"ines@cedar.example"})
    assert mail(office, APRIL_5) == ""
    office.mailbox.defer = frozenset()
    night(office, APRIL_6 - LEAST, bad=frozenset({"desk"}), told={"dumps": good_backups(APRIL_6 - LEAST, "hr")})
    assert "The calendar ends" not in mail(office, APRIL_6)
    well(office, APRIL_12)
    assert "The calendar ends with 2026-27" in mail(office, APRIL_12)
