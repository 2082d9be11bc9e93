"""Agenda item 3, the services: outages one by one, budgets, other monitors, several vantages, what ends soon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.metrics.uptime_services import GroupRule, ServiceGroup
from firstbell.packet.agenda_endings import endings_table
from firstbell.packet.agenda_groups import group_table
from firstbell.packet.agenda_monitors import monitor_table
from firstbell.packet.agenda_outages import outage_table
from firstbell.packet.agenda_service_table import service_table
from firstbell.packet.agenda_services import service_events, service_lines_told, vendor_table, watched
from firstbell.packet.material import Material
from firstbell.packet.model import Table
from firstbell.policies import GapRule
from firstbell.records import ControlResult, ObservationInterval, Record, ServiceState, ServiceWindow, VendorIncident
from tests.unit.packet_material import AS_OF, FOLDER, SINCE, district, local, looks, material, month, seen, ticket

FIVE = timedelta(minutes=5)
DOWN, UP = local(11, 17, 8, 10), local(11, 17, 9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("district"))


def of(folder: District, told: Iterable[Record] = (), **sources: Iterable[Record]) -> Material:
    return material(folder, {"probes": tuple(told) or looks(), **sources})


def under(found: Material, **rules: Any) -> Material:
    """The same with other rules for every service."""
    services = tuple(replace(one, policy=replace(one.policy, **rules)) for one in found.facts.services)
    return replace(found, facts=replace(found.facts, services=services))


def hanging(found: Material) -> Material:
    """The same where student records hang on sign-in."""
    services = tuple(
        replace(one, depends_on=("sso",)) if one.service_key == "sis" else one for one in found.facts.services
    )
    return replace(found, facts=replace(found.facts, services=services))


def both_down() -> tuple[Record, ...]:
    return (
        seen("sis", SINCE - FIVE, DOWN - FIVE),
        seen("sis", DOWN, UP - FIVE, ServiceState.DOWN),
        seen("sis", UP, AS_OF),
        *(one for one in looks() if isinstance(one, ObservationInterval) and one.service_key == "sso"),
    )


def cells(table: Table | None) -> list[tuple[str, ...]]:
    assert table is not None
    return [row.cells for row in table.rows]


def test_an_outage_is_told_with_the_tickets_meanwhile_and_no_word_of_cause(folder: District) -> None:
    desk = (ticket(1, DOWN), ticket(2, UP - FIVE), ticket(3, UP), ticket(4, DOWN - FIVE))
    found = of(folder, desk=desk)
    table = outage_table(found, watched(found))
    assert cells(table) == [("Sign-in", "Tue 17 Nov, 8:10 am", "50 min", "50 min", "no good answer", "2")]
    (change,) = service_events(found, watched(found))
    assert change.text.endswith("Meanwhile 2 tickets were opened.")


def test_where_the_help_desk_is_silent_nothing_is_counted(folder: District) -> None:
    found = material(folder, {"probes": looks(), "desk": (ticket(1, DOWN),)}, silent={"desk": local(11, 10, 9)})
    table = outage_table(found, watched(found))
    assert cells(table) == [("Sign-in", "Tue 17 Nov, 8:10 am", "50 min", "50 min", "no good answer")]


def test_one_root_cause_is_one_change_and_not_one_for_each_service(folder: District) -> None:
    found = of(folder, both_down())
    assert len(service_events(found, watched(found))) == 2
    found = hanging(found)
    (change,) = service_events(found, watched(found))
    assert change.text.startswith("Sign-in was down")
    assert "With it Student records could not be reached." in change.text
    seen_as = {row[0]: row[4] for row in cells(outage_table(found, watched(found)))}
    assert seen_as["Student records"] == "no good answer; Sign-in was down"


def test_what_hangs_on_a_service_that_lost_no_class_time_is_told_itself(folder: District) -> None:
    found = hanging(of(folder, both_down()))
    alone = [one for one in watched(found) if one.service.service_key == "sis"]
    assert [change.text.split(" was")[0] for change in service_events(found, alone)] == ["Student records"]


def test_the_table_says_for_how_long_a_service_may_still_be_away(folder: District) -> None:
    found = of(folder)
    assert all(len(row) == 5 for row in cells(service_table(found, watched(found))))
    generous = under(found, target_ratio=0.99)
    left = {row[0]: row[5] for row in cells(service_table(generous, watched(generous)))}
    strict = under(found, target_ratio=0.9999)
    over = {row[0]: row[5] for row in cells(service_table(strict, watched(strict)))}
    assert over["Sign-in"].endswith(" over")
    assert not left["Sign-in"].endswith(" over")
    assert left["Sign-in"] != left["Student records"] != "not known"


def test_work_planned_until_the_meeting_earns_no_budget(folder: District) -> None:
    """Four weeks lie between the meetings: half of them may be spent, and of two days of planned work nothing."""
    found = under(of(folder), target_ratio=0.5)
    work = Window(local(11, 28), local(11, 30))
    services = tuple(replace(one, maintenance=(work,)) for one in found.facts.services)
    planned = replace(found, facts=replace(found.facts, services=services))
    left = [[row[5] for row in cells(service_table(each, watched(each)))] for each in (found, planned)]
    # Sign-in spent 50 minutes of them.
    assert left == [["13 days", "14 days"], ["12 days", "13 days"]]


def test_what_was_answered_is_judged_by_the_services_own_rules(folder: District) -> None:
    """Of 84 hours of class three and a half were not watched, and one agreement counts them as down."""
    seen_until = local(11, 20, 11, 30)
    rows = (seen("sis", SINCE - FIVE, seen_until - FIVE), seen("sis", local(11, 20, 15), AS_OF))
    found = of(folder, rows)
    strict = under(found, gap_rule=GapRule.DOWN, stale_after_intervals=1.0)
    answered = [
        next(row[2] for row in cells(service_table(one, watched(one))) if row[0] == "Student records")
        for one in (found, strict)
    ]
    assert answered == ["100.00 %", "95.83 %"]


def test_a_service_that_was_hardly_watched_is_not_among_those_that_lost_nothing(folder: District) -> None:
    found = of(folder, (seen("sis", SINCE - FIVE, AS_OF), seen("sso", SINCE - FIVE, local(11, 6, 12))))
    (line,) = service_lines_told(found, watched(found))
    assert line.text == "The 1 service that was watched lost no class time."


def test_pupils_are_not_added_up_where_a_schools_are_not_known(tmp_path: Path) -> None:
    some = FOLDER["district.yaml"].replace("level: middle, enrolment: 640", "level: middle")
    found = of(district(tmp_path, district=some))
    (change,) = service_events(found, watched(found))
    assert "1,250" not in change.text
    assert "pupils" not in change.text


def test_what_was_hardly_watched_has_no_budget_left_to_tell(folder: District) -> None:
    found = under(of(folder, [seen("sis", AS_OF - timedelta(hours=2), AS_OF), *looks()[1:]]), target_ratio=0.9)
    left = {row[0]: row[5] for row in cells(service_table(found, watched(found)))}
    assert left["Student records"] == "not known"


def window(service: str, start: Any, end: Any, **figures: Any) -> ServiceWindow:
    return ServiceWindow(
        service_key=service, started_at=start, ended_at=end, accounting_policy="beats up of all beats", **figures
    )


def test_another_monitors_word_stands_beside_ours_and_is_never_mixed(folder: District) -> None:
    told = [
        window("sso", SINCE, AS_OF, up_ratio=0.98765),
        window("sso", SINCE, AS_OF - timedelta(days=1), up_ratio=0.5),
        window("sis", SINCE - timedelta(days=30), AS_OF, up_seconds=900.0, down_seconds=100.0),
        window("nobody", SINCE, AS_OF, up_ratio=0.1),
        window("sso", SINCE - timedelta(days=9), AS_OF, down_seconds=60.0),
    ]
    found = of(folder, vendors=told)
    rows = cells(monitor_table(found))
    assert [(row[0], row[3], row[5]) for row in rows] == [
        ("Student records", "90.00 %", "beats up of all beats"),
        ("Sign-in", "98.76 %", "beats up of all beats"),
    ]
    assert rows[0][4] == "another time"
    assert rows[1][4] == "99.81 %"
    assert watched(found)[0].lost_seconds == 50 * 60


def test_a_vendor_of_something_we_do_not_look_at_goes_by_its_pages_name(folder: District) -> None:
    (told,) = month()["vendors"]
    assert isinstance(told, VendorIncident)
    found = of(folder, vendors=[replace(told, service_key="somewhere_else")])
    assert cells(vendor_table(found))[0][0] == found.names.sources["vendors"]


def test_a_vendors_word_stands_beside_what_we_saw(folder: District) -> None:
    """Declared from 8:30 to 9:10 while we saw it down until 9; and for a time in which nobody looked."""
    (told,) = month()["vendors"]
    assert isinstance(told, VendorIncident)
    hit = replace(told, service_key="sso", started_at=local(11, 17, 8, 30), resolved_at=local(11, 17, 9, 10))
    fine = replace(told, incident_key="v2")
    blind = replace(told, incident_key="v3", service_key="elsewhere")
    found = of(folder, vendors=[hit, fine, blind])
    assert [row[3] for row in cells(vendor_table(found))] == ["30 min", "0", "not known"]


def test_a_monitor_that_knows_nothing_says_so(folder: District) -> None:
    found = of(folder, vendors=[window("sso", SINCE, AS_OF, last_seen_at=SINCE)])
    assert cells(monitor_table(found))[0][3] == "not known"


def since(found: Material, at: datetime) -> Material:
    """The same where we look at services only from a moment on."""
    services = tuple(replace(one, since=at) for one in found.facts.services)
    return replace(found, facts=replace(found.facts, services=services))


@pytest.mark.parametrize(
    ("began", "ours"),
    [
        (timedelta(days=2, minutes=-1), "we looked 1 minute of 2,880"),
        (timedelta(days=2, minutes=-2), "we looked 2 minutes of 2,880"),
        (timedelta(hours=12), "100.00 %; we looked 2,160 minutes of 2,880"),
        (timedelta(minutes=20), "100.00 %"),
    ],
)
def test_what_we_saw_is_compared_over_the_monitors_own_time(folder: District, began: timedelta, ours: str) -> None:
    span = Window(local(11, 10), local(11, 12))
    found = of(folder, vendors=[window("sis", span.start, span.end, up_ratio=0.9)])
    assert cells(monitor_table(since(found, span.start + began)))[0][4] == ours


def test_of_time_that_a_monitor_knows_nothing_of_only_our_period_is_told(folder: District) -> None:
    year = window("sso", SINCE - timedelta(days=300), local(11, 12), unknown_seconds=9.0)
    before = window("sis", SINCE - timedelta(days=300), SINCE - timedelta(days=9), unknown_seconds=9.0)
    (row,) = cells(monitor_table(of(folder, vendors=[year, before])))
    assert (row[0], *row[2:5]) == ("Sign-in", "5 Nov 2026 to 11 Nov 2026", "not known", "100.00 %")


def monitored(found: Material, looks_told: Iterable[Record]) -> Material:
    """The same with another monitor's looks, by the source of the vendors' pages."""
    sources = tuple(
        replace(one, records=tuple(looks_told), beside=frozenset({ObservationInterval}))
        if one.source_key == "vendors"
        else one
        for one in found.facts.sources
    )
    return replace(found, facts=replace(found.facts, sources=sources))


def test_rules_that_held_before_a_monitors_first_look_have_no_row_of_it(folder: District) -> None:
    begun = replace(seen("sso", local(11, 18, 8), AS_OF), source_key="kuma")
    cut_off = replace(begun, first_at=SINCE, last_at=SINCE, count=1, state=ServiceState.UNKNOWN)
    for told in ([begun], [cut_off, begun]):
        found = monitored(changing(of(folder, vendors=[]), local(11, 17), confirmation_failures=1), told)
        assert [row[2] for row in cells(monitor_table(found))] == ["17 Nov 2026 to 24 Nov 2026"]
    found = monitored(changing(of(folder, vendors=[]), local(11, 17), confirmation_failures=1), [cut_off])
    first, *_ = cells(monitor_table(found))
    assert first[2:4] == ("5 Nov 2026 to 16 Nov 2026", "not known")


def test_another_monitors_looks_are_counted_by_our_rules(folder: District) -> None:
    theirs = tuple(replace(one, source_key="kuma") for one in looks() if isinstance(one, ObservationInterval))
    found = monitored(of(folder, vendors=[]), theirs)
    assert [(row[0], row[3], row[4], row[5]) for row in cells(monitor_table(found))] == [
        ("Student records", "100.00 %", "100.00 %", "its looks, counted by our rules"),
        ("Sign-in", "99.81 %", "99.81 %", "its looks, counted by our rules"),
    ]


def test_a_monitor_that_tells_some_minutes_a_night_has_no_figure_and_the_row_says_why(folder: District) -> None:
    """Twelve minutes of one night: twenty looks, the last of which speaks for two and a half of its intervals."""
    night = local(11, 23, 2)
    few = replace(seen("sso", night, night), last_at=night + timedelta(minutes=9.5), count=20, source_key="kuma")
    told = replace(few, expected_interval_seconds=60)
    found = monitored(of(folder, vendors=[]), [told])
    (row,) = cells(monitor_table(found))
    assert (row[0], row[3]) == ("Sign-in", "not known")
    assert row[5].endswith("it told 12 of 26,790 minutes, which is too little for a figure")


def test_no_other_monitor_is_no_table(folder: District) -> None:
    assert monitor_table(of(folder)) is None


def test_a_group_is_judged_by_its_own_rule(folder: District) -> None:
    found = of(folder)
    policy = found.facts.services[0].policy
    names = replace(found.names, services={**found.names.services, "pair": "The pair", "chain": "The chain"})
    groups = tuple(
        ServiceGroup(group_key=key, rule=rule, members=("sis", "sso"), policy=policy)
        for key, rule in (("pair", GroupRule.ALL_DOWN), ("chain", GroupRule.ANY_DOWN))
    )
    assert group_table(found) is None
    found = replace(found, names=names, facts=replace(found.facts, groups=groups))
    assert cells(group_table(found)) == [
        ("The chain", "Student records and Sign-in", "when any of them is", "50 min", "99.81 %"),
        ("The pair", "Student records and Sign-in", "when all of them are", "0", "100.00 %"),
    ]


def changing(found: Material, at: datetime, **rules: Any) -> Material:
    """The same with other rules for every service from a moment on."""
    services = tuple(replace(one, later=((at, replace(one.policy, **rules)),)) for one in found.facts.services)
    return replace(found, facts=replace(found.facts, services=services))


def test_where_rules_changed_each_part_of_the_time_has_a_row_of_its_own(folder: District) -> None:
    found = changing(under(of(folder), target_ratio=0.999), local(11, 17, 8, 30), target_ratio=0.5)
    table = service_table(found, watched(found))
    rows = {row[0]: row[1:] for row in cells(table)}
    before, after = "Sign-in, 5 Nov 2026 to 17 Nov 2026", "Sign-in, 17 Nov 2026 to 3 Dec 2026"
    assert sorted(rows) == sorted(
        [before, after, before.replace("Sign-in", "Student records"), after.replace("Sign-in", "Student records")]
    )
    # Down from ten past eight until nine; of the rules that hold no more nothing is left.
    assert (rows[before][0], rows[before][4]) == ("20 min", "")
    assert rows[after][0] == "30 min"
    assert rows[after][4].endswith("days")
    assert table.caption.endswith("each part of the time stands under its own")


def beginning(found: Material, since: datetime, **rules: Any) -> Material:
    """The same where student records were first looked at then."""
    services = tuple(
        replace(one, since=since, **rules) if one.service_key == "sis" else one for one in found.facts.services
    )
    return replace(found, facts=replace(found.facts, services=services))


def records(found: Material) -> list[tuple[str, ...]]:
    """The rows of student records, without the name."""
    return [row[1:] for row in cells(service_table(found, watched(found))) if row[0].startswith("Student records")]


def test_class_days_before_the_first_look_were_not_watched_yet_and_are_no_days_without_class(folder: District) -> None:
    """Student records are first looked at ten minutes before six in the morning, after twelve days of class."""
    late = AS_OF - 2 * FIVE
    found = of(folder, (seen("sis", late, AS_OF), *looks()[1:]))
    assert records(beginning(found, late)) == [("not watched yet",) * 4]
    no_class = [("no class hours", "no class hours", "no class hours", "0 %")]
    assert records(beginning(found, late, maintenance=(Window(SINCE, AS_OF),))) == no_class
    tuesday = local(11, 17)
    turned = changing(of(folder, (seen("sis", tuesday, AS_OF), *looks()[1:])), tuesday, confirmation_failures=1)
    before, after = records(beginning(turned, tuesday))
    assert before == ("not watched yet",) * 4
    assert after == ("0", "100.00 %", "0", "0 %")


def two_down() -> tuple[Record, ...]:
    """Sign-in down in class on the 17th from ten past eight to nine, and in the night before."""
    night, day = local(11, 17, 1), local(11, 17, 2)
    return (
        seen("sis", SINCE - FIVE, AS_OF),
        seen("sso", SINCE - FIVE, night - FIVE),
        seen("sso", night, day - FIVE, ServiceState.DOWN),
        seen("sso", day, DOWN - FIVE),
        seen("sso", DOWN, UP - FIVE, ServiceState.DOWN),
        seen("sso", UP, AS_OF),
    )


@pytest.mark.parametrize(("hours", "number"), [("school", "1"), ("all", "2")])
def test_outages_are_those_of_agreed_hours_and_one_over_a_change_of_rules_counts_once(
    folder: District, hours: str, number: str
) -> None:
    found = of(folder, two_down())
    services = tuple(replace(one, agreed_hours=hours) for one in found.facts.services)
    found = replace(found, facts=replace(found.facts, services=services))
    assert [row[3] for row in cells(service_table(found, watched(found))) if row[0] == "Sign-in"] == [number]
    turned = changing(found, local(11, 17, 8, 30), target_ratio=0.5)
    rows = {row[0]: row[3] for row in cells(service_table(turned, watched(turned))) if row[0].startswith("Sign-in")}
    assert rows == {"Sign-in, 5 Nov 2026 to 17 Nov 2026": number, "Sign-in, 17 Nov 2026 to 3 Dec 2026": "0"}


def test_a_change_of_rules_that_lies_ahead_ends_the_budget_of_those_in_force(folder: District) -> None:
    found = changing(under(of(folder), target_ratio=0.5), local(11, 28), target_ratio=0.999)
    ((name, *_, left),) = (row for row in cells(service_table(found, watched(found))) if row[0].startswith("Sign-in"))
    assert name == "Sign-in, 5 Nov 2026 to 27 Nov 2026"
    assert left == "11 days"


def test_other_monitors_are_counted_by_the_rules_of_each_part_too(folder: District) -> None:
    at = local(11, 17, 8, 30)
    told = [window("sso", at - FIVE, at + FIVE, up_ratio=0.5), window("sis", at, at + FIVE, up_ratio=0.5)]
    found = changing(of(folder, vendors=told), at, confirmation_failures=1)
    assert [row[4] for row in cells(monitor_table(found))] == ["100.00 %", "our rules changed within it"]
    theirs = tuple(replace(one, source_key="kuma") for one in looks() if isinstance(one, ObservationInterval))
    found = monitored(found, theirs)
    rows = [row for row in cells(monitor_table(found)) if row[0] == "Sign-in"]
    assert [(row[2], row[3] == row[4]) for row in rows] == [
        ("5 Nov 2026 to 17 Nov 2026", True),
        ("17 Nov 2026 to 24 Nov 2026", True),
    ]


def test_a_groups_budget_until_the_meeting_leaves_out_what_its_members_planned(folder: District) -> None:
    """Two days of work on the second of a pair take nothing from the pair, and two days from the chain."""
    found = of(folder)
    limits = replace(found.facts.services[0].policy, target_ratio=0.5)
    groups = tuple(
        ServiceGroup(group_key=rule.value, rule=rule, members=("sis", "sso"), policy=policy)
        for rule, policy in ((GroupRule.ALL_DOWN, limits), (GroupRule.ANY_DOWN, limits))
    )
    free, kept = found.facts.services
    work = (Window(local(11, 28), local(11, 30)),)
    left = []
    for services in ((free, kept), (free, replace(kept, maintenance=work))):
        each = replace(found, facts=replace(found.facts, groups=groups, services=services))
        left.append({row[0]: row[5] for row in cells(group_table(each))})
    assert left == [{"any_down": "13 days", "all_down": "14 days"}, {"any_down": "12 days", "all_down": "14 days"}]


def test_of_a_groups_rules_that_hold_no_more_nothing_is_left(folder: District) -> None:
    found = under(of(folder), target_ratio=0.5)
    pair = ServiceGroup(
        group_key="pair", rule=GroupRule.ALL_DOWN, members=("sis", "sso"), policy=found.facts.services[0].policy
    )
    pair = replace(pair, later=((local(11, 17), replace(pair.policy, target_ratio=0.6)),))
    found = replace(found, facts=replace(found.facts, groups=(pair,)))
    left = {row[0].split(", ")[1]: row[5] for row in cells(group_table(found))}
    assert left["5 Nov 2026 to 16 Nov 2026"] == ""
    assert left["17 Nov 2026 to 3 Dec 2026"].endswith("days")


def test_what_ends_before_the_third_meeting_is_listed_with_the_last_one_in_time(folder: District) -> None:
    def certificate(subject: str, on: date) -> ControlResult:
        return ControlResult(
            framework="tls",
            edition="",
            code="certificate",
            subject=subject,
            state=Verdict.OK,
            collected_at=AS_OF,
            expires_on=on,
        )

    sso, late = certificate("sso", date(2026, 12, 10)), certificate("sis", date(2027, 6, 1))
    found = replace(of(folder, [*looks(), sso, late]), coming=(date(2026, 12, 3), date(2027, 1, 7), date(2027, 2, 4)))
    assert cells(endings_table(found)) == [("Certificate of Sign-in", "10 Dec 2026", "Thu 3 Dec", "IT Lead")]
    assert endings_table(replace(found, coming=())) is None
    assert endings_table(replace(found, coming=(date(2026, 12, 3),))) is None
