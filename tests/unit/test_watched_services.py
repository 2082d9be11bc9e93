"""services.yaml: policies by first day, planned work that comes again, dependencies and groups, and their faults."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.config.service_rules import Maintenance
from firstbell.intervals import Window, local_day, total_seconds, union
from firstbell.metrics.uptime_services import GroupRule
from firstbell.policies import GapRule, SlaPolicy, UpWhen, in_force
from firstbell.watched import first_day, planned_work, service_groups, watched_services
from tests.unit.config_folder import FILES, load, write_folder

SERVICES = """\
polling: {confirmation_failures: 3, up_when: any}
policies:
  - name: district
    valid_from: 2026-08-01
    target: 0.99
  - name: district
    valid_from: 2027-01-01
    confirmation_failures: 5
    target: 0.995
    gaps: down
    merge_minutes: 5
    up_when: all
  - {name: gym, minimum_coverage: 0.9, stale_after_intervals: 4, degraded_weight: 0.5}
services:
  - {key: core_switch, name: Core switch, probe: {kind: web, url: "http://core"}, needed: always}
  - key: sis
    name: Records
    probe: {kind: web, url: "http://sis"}
    depends_on: [core_switch]
    maintenance:
      - {starts_at: 2026-01-04T01:30, ends_at: 2026-01-04T03:30, repeats: FREQ=WEEKLY;BYDAY=SU, note: Updates}
  - {key: hall, name: Hall, probe: {kind: web, url: "http://hall"}, policy: gym, schools: [elm], needed: testing}
groups:
  - {key: classroom, name: Classroom systems, rule: any_down, members: [sis, hall]}
"""
SUNDAYS = {"spring": date(2026, 3, 8), "summer": date(2026, 7, 5), "autumn": date(2026, 11, 1)}


def folder(path: Path, services: str = SERVICES) -> District:
    about = FILES["district.yaml"].replace("known_as: [", "enrolment: 300, known_as: [")
    about = about.replace("level: high}", "level: high, enrolment: 500}")
    about = about.replace("mail:\n", "  terms: [{name: Fall, first_day: 2026-08-12, last_day: 2026-12-18}]\nmail:\n", 1)
    testing = (
        '  testing: [{name: State, first: 2026-10-05, last: 2026-10-09, hours: {from: "09:00", until: "11:00"}}]\n'
    )
    about = about.replace("mail:\n", f"{testing}  fiscal_year_starts: 10-01\nmail:\n", 1)
    return load(write_folder(path, district=about, services=services))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> District:
    return load(write_folder(tmp_path_factory.mktemp("district")))


def month(year: int, number: int) -> Window:
    return Window(datetime(year, number, 1, 6, tzinfo=UTC), datetime(year, number, 28, 6, tzinfo=UTC))


def test_policies_hold_from_their_first_day_on_and_the_first_one_before(tmp_path: Path) -> None:
    district = folder(tmp_path)
    found = {
        when: watched_services(district, month(*when), since={})[1].policy
        for when in ((2026, 2), (2026, 9), (2027, 1), (2027, 6))
    }
    assert [one.valid_from.year for one in found.values()] == [2026, 2026, 2027, 2027]
    assert found[2026, 2] is not found[2027, 6]
    old, new = found[2026, 9], found[2027, 1]
    assert (old.confirmation_failures, old.target_ratio, old.up_when) == (3, 0.99, UpWhen.ANY)
    assert (new.confirmation_failures, new.target_ratio, new.up_when) == (5, 0.995, UpWhen.ALL)
    assert (new.gap_rule, new.merge_outages_closer_than_seconds) == (GapRule.DOWN, 300)
    assert old.hash != new.hash
    assert found[2026, 2].hash == old.hash


def test_a_past_period_can_be_counted_under_the_rules_of_another_day(tmp_path: Path) -> None:
    district = folder(tmp_path)
    autumn, later = month(2026, 9), date(2027, 3, 1)
    assert watched_services(district, autumn, since={}, under=later)[1].policy.target_ratio == 0.995
    assert service_groups(district, autumn, under=later)[0].policy.target_ratio == 0.995
    assert first_day(district, Window(datetime(2026, 9, 1, 4, tzinfo=UTC), autumn.end)) == date(2026, 8, 31)


def test_a_window_over_a_change_of_policy_holds_both_versions_and_from_when(tmp_path: Path) -> None:
    district = folder(tmp_path)
    turn = Window(datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2027, 2, 1, 6, tzinfo=UTC))
    core, _, hall = watched_services(district, turn, since={})
    ((begins, new),) = core.later
    assert (core.policy.target_ratio, new.target_ratio) == (0.99, 0.995)
    assert begins == datetime(2027, 1, 1, 6, tzinfo=UTC)  # midnight in the district's zone
    assert [one.later for one in service_groups(district, turn)] == [core.later]
    assert hall.later == ()
    assert watched_services(district, turn, since={}, under=date(2026, 12, 5))[0].later == ()
    for month_of in ((2026, 2), (2026, 9), (2027, 1)):
        assert watched_services(district, month(*month_of), since={})[0].later == ()


def test_what_a_service_says_of_itself_arrives(tmp_path: Path) -> None:
    since = {"sis": datetime(2026, 9, 3, tzinfo=UTC)}
    core, sis, hall = watched_services(folder(tmp_path), month(2026, 9), since=since)
    assert (core.agreed_hours, sis.agreed_hours, hall.agreed_hours) == ("all", "school", "testing")
    assert (core.students, hall.students) == (800, 500)
    assert (core.depends_on, sis.depends_on) == ((), ("core_switch",))
    assert (core.since, sis.since) == (None, since["sis"])
    assert hall.policy == SlaPolicy(
        name="gym",
        confirmation_failures=3,
        stale_after_intervals=4,
        degraded_weight=0.5,
        minimum_coverage_ratio=0.9,
        up_when=UpWhen.ANY,
    )
    (group,) = service_groups(folder(tmp_path), month(2026, 9))
    assert (group.rule, group.members, group.students) == (GroupRule.ANY_DOWN, ("sis", "hall"), 800)


def test_pupils_are_not_known_where_a_schools_are_not(tmp_path: Path) -> None:
    assert (
        watched_services(load(write_folder(tmp_path, services=SERVICES)), month(2026, 9), since={})[0].students is None
    )


def test_the_year_of_the_folder(tmp_path: Path) -> None:
    calendar = folder(tmp_path).calendar
    assert [term.name for term in calendar.terms] == ["Fall"]
    assert calendar.fiscal_year_starts == "10-01"
    monday = local_day(date(2026, 10, 5), calendar.zone)
    assert total_seconds(calendar.hours("testing", monday)) == 2 * 3600


@pytest.mark.parametrize(("season", "expected"), [("spring", 1), ("summer", 2), ("autumn", 3)])
def test_work_that_comes_again_keeps_to_the_clock_on_the_wall(tmp_path: Path, season: str, expected: float) -> None:
    """From half past one to half past three: an hour in the spring night, three in the autumn one."""
    district = folder(tmp_path)
    sunday = local_day(SUNDAYS[season], district.zone)
    (night,) = planned_work(district, district.service("sis").maintenance, sunday)
    assert night.seconds == expected * 3600
    assert night.start.astimezone(district.zone).strftime("%H:%M") == "01:30"
    assert night.end.astimezone(district.zone).strftime("%H:%M") == "03:30"


def test_work_that_comes_again_comes_each_week_and_not_before_the_first(tmp_path: Path) -> None:
    district = folder(tmp_path)
    planned = district.service("sis").maintenance
    assert len(planned_work(district, planned, month(2026, 9))) == 4
    assert planned_work(district, planned, month(2025, 9)) == ()


def test_a_window_that_begins_within_the_work_has_it(tmp_path: Path) -> None:
    district = folder(tmp_path)
    night = planned_work(district, district.service("sis").maintenance, month(2026, 9))[0]
    inside = Window(night.start + timedelta(minutes=30), night.start + timedelta(minutes=40))
    assert planned_work(district, district.service("sis").maintenance, inside) == (night,)
    friday = datetime(2026, 1, 3, 0, tzinfo=UTC)  # six in the evening in Chicago
    long = Maintenance(starts_at=friday, ends_at=friday + timedelta(hours=60), repeats="FREQ=MONTHLY;BYDAY=1FR")
    sunday = local_day(date(2026, 9, 6), district.zone)
    assert total_seconds(planned_work(district, [long], sunday)) == 60 * 3600


@given(st.lists(st.tuples(st.integers(0, 600), st.integers(1, 300)), max_size=4))
def test_overlapping_work_is_one(plain: District, spans: list[tuple[int, int]]) -> None:
    begin = datetime(2026, 9, 1, tzinfo=UTC)
    work = [
        Maintenance(starts_at=begin + timedelta(minutes=start), ends_at=begin + timedelta(minutes=start + length))
        for start, length in spans
    ]
    everything = Window(begin - timedelta(days=1), begin + timedelta(days=2))
    expected = union(Window(one.starts_at, one.ends_at) for one in work)
    assert planned_work(plain, work, everything) == expected


def told(path: Path, services: str) -> list[str]:
    with pytest.raises(ConfigError) as wrong:
        folder(path, services)
    return [str(fault) for fault in wrong.value.faults]


def test_everything_that_cannot_be_is_told_at_once(tmp_path: Path) -> None:
    probe = 'probe: {kind: web, url: "http://a"}'
    services = f"""\
policies:
  - {{name: district, valid_from: 2026-08-01}}
  - {{name: district, valid_from: 2026-08-01}}
services:
  - {{key: a, name: A, {probe}, depends_on: [b]}}
  - {{key: b, name: B, {probe}, depends_on: [c, nowhere]}}
  - {{key: c, name: C, {probe}, depends_on: [a]}}
  - {{key: self, name: S, {probe}, depends_on: [self], policy: distrct}}
groups:
  - {{key: a, name: Pair, rule: all_down, members: [a, b, a]}}
  - {{key: pair, name: Pair, rule: all_down, members: [a, nothing], policy: other}}
  - {{key: pair, name: Pair, rule: best, members: []}}
"""
    known = "known here: a, b, c, self."
    assert told(tmp_path, services) == [
        "services.yaml:3: policies.1.valid_from: begins on the same day as another version of it; mend valid_from.",
        "services.yaml:5: services.0.depends_on: goes round in a circle (a -> b -> c -> a); take one of these out.",
        f'services.yaml:6: services.1.depends_on.1: names the service "nowhere", which there is not; {known}',
        "services.yaml:8: services.3.depends_on: goes round in a circle (self -> self); take one of these out.",
        'services.yaml:8: services.3.policy: names the policy "distrct", which there is not; did you mean district?',
        "services.yaml:10: groups.0.key: is the key of a service as well; choose another.",
        "services.yaml:10: groups.0.members.2: stands twice in this group; keep one.",
        f'services.yaml:11: groups.1.members.1: names the service "nothing", which there is not; {known}',
        'services.yaml:11: groups.1.policy: names the policy "other", which there is not; known here: district.',
        "services.yaml:12: groups.2.rule: must be one of 'all_down', 'any_down', 'worst' or 'weighted'.",
        "services.yaml:12: groups.2.members: must not be empty (the services).",
        "services.yaml:12: groups.2.key: is taken, first by services.yaml:11; choose another.",
    ]


@pytest.mark.parametrize("rule", ["FREQ=HOURLY", "every Sunday", "FREQ=DAILY;INTERVAL=0", "FREQ=YEARLY;BYMONTHDAY=32"])
def test_a_rule_that_gives_no_dates_is_told(tmp_path: Path, rule: str) -> None:
    (sentence,) = told(tmp_path, SERVICES.replace("FREQ=WEEKLY;BYDAY=SU", f'"{rule}"'))
    assert "repeats: cannot be read or gives no date within ten years; write it like FREQ=WEEKLY;BYDAY=SU." in sentence


def test_services_of_a_table_may_depend_on_several(tmp_path: Path) -> None:
    rows = "key,name,probe.kind,probe.url,depends_on\na,A,web,http://a,b;c\nb,B,web,http://b,\nc,C,web,http://c,b\n"
    district = load(write_folder(tmp_path, services="services: {file: services.csv}\n", services_csv=rows))
    assert [one.depends_on for one in district.services] == [("b", "c"), (), ("b",)]


def test_the_example_of_the_docs_is_a_folder_that_loads(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "service-levels.md").read_text("utf-8")
    lines = [line[4:] for line in page.splitlines() if line.startswith("    ")]
    example = re.sub(r"probe: \{.*\}", 'probe: {kind: web, url: "http://a"}', "\n".join(lines))
    district = load(write_folder(tmp_path, services=example))
    core, sis = watched_services(district, month(2027, 9), since={})
    assert (core.policy.target_ratio, sis.depends_on, sis.agreed_hours) == (0.9995, ("core_switch",), "school")
    assert len(planned_work(district, district.service("sis").maintenance, month(2026, 9))) == 4
    assert service_groups(district, month(2026, 9))[0].policy.target_ratio == 0.999


def test_versions_in_any_order() -> None:
    late, early = SlaPolicy(name="x", valid_from=date(2027, 1, 1)), SlaPolicy(name="x", valid_from=date(2026, 1, 1))
    assert in_force([late, early], date(2026, 12, 31)) == early
    assert in_force([early, late], date(2027, 1, 1)) == late
    assert in_force([late], date(2020, 1, 1)) == late
    with pytest.raises(ValueError, match="at least one"):
        in_force([], date(2026, 1, 1))
