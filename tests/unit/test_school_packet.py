"""A school's team reads of its own school: one district with two of them, its facts in a real store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from firstbell.briefing.freeze import preview
from firstbell.briefing.gather import gather
from firstbell.briefing.one_school import facts_of_school
from firstbell.briefing.proposals import proposals
from firstbell.knowledge import PROBES
from firstbell.meetings import Meeting, meeting_before, meetings_of, next_meeting
from firstbell.metrics.facts import SourceFacts
from firstbell.metrics.plan_work import Evidence, Verb
from firstbell.packet.agenda_plan import initiatives
from firstbell.packet.agenda_plan_work import evidence_line
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from firstbell.packet.model import Packet
from firstbell.packet.render import render_mail
from firstbell.records import (
    TEAM_SOURCE,
    Measurement,
    ObservationInterval,
    Record,
    ServiceState,
    ServiceWindow,
    TeamAction,
    Ticket,
)
from firstbell.store.interval_history import save_intervals
from firstbell.store.models import metadata
from firstbell.store.save import record_completion, save_facts
from firstbell.store.session import open_store
from firstbell.workplace import Workplace
from tests.unit.packet_material import (
    AS_OF,
    FEEDS,
    FOLDER,
    SINCE,
    district,
    local,
    measured,
    month,
    seen,
    survey,
    ticket,
)

TEAMS = FOLDER["teams.yaml"] + "".join(
    f"""\
  - key: {key}_team
    name: Technology team
    level: school
    school: {key}
    members:
      - {{person: {person}, roles: [team_leader, principal]}}
"""
    for key, person in (("oak", "theo"), ("middle", "ines"))
)
SERVICES = """\
services:
  - {key: sis, name: Student records, probe: {kind: http}}
  - {key: oak_wifi, name: Wi-Fi at Oak, probe: {kind: http}, schools: [oak], depends_on: [hub]}
  - {key: hub, name: Hub in Valley High, probe: {kind: http}, schools: [high]}
  - {key: mid_wifi, name: Wi-Fi at Middle, probe: {kind: http}, schools: [middle]}
"""
MEETINGS = FOLDER["meetings.yaml"] + "".join(
    f"""\
  - key: {key}
    team: {key}_team
    title: Site meeting
    recurrence: {{rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}}
"""
    for key in ("oak", "middle")
)
PLAN = FOLDER["plan.yaml"].replace(
    "              - {key: gb-live,",
    "              - {key: gb-high, title: Live in Valley High, due: 2026-11-20, school: high}\n"
    "              - {key: gb-live,",
)


def look(work: Workplace) -> None:
    """All services watched since the last meeting; the Wi-Fi at Oak was down on Tue 17 Nov from 8:10 to 9:00."""
    five = timedelta(minutes=5)
    down, up = local(11, 17, 8, 10), local(11, 17, 9)
    looks = [
        seen("sis", SINCE - five, AS_OF),
        seen("mid_wifi", SINCE - five, AS_OF),
        seen("hub", SINCE - five, AS_OF),
        seen("oak_wifi", SINCE - five, down - five),
        seen("oak_wifi", down, up - five, ServiceState.DOWN),
        seen("oak_wifi", up, AS_OF),
    ]
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, looks, AS_OF)
        record_completion(connection, PROBES, "looks", AS_OF)


def desk() -> list[Ticket]:
    """Eleven tickets from Oak of which none is done, and one from the middle school."""
    oak = [ticket(number, local(11, 9, 9)) for number in range(11)]
    return [*oak, replace(ticket(99, local(11, 10, 9)), location="Cedar Middle")]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    folder = tmp_path_factory.mktemp("schools")
    store = open_store(f"sqlite:///{folder / 'firstbell.db'}")
    metadata.create_all(store.engine)
    found = Workplace(
        district=district(folder / "district", teams=TEAMS, services=SERVICES, meetings=MEETINGS, plan=PLAN),
        store=store,
        state=folder / "state",
        feeds=FEEDS,
        read_calendar=lambda _: b"",
        clock=lambda: AS_OF,
    )
    told = month() | {
        "desk": desk(),
        "counts": (
            measured("weekly_active_teachers", 241, 284),
            measured("weekly_active_teachers", 12, 40, "school:oak"),
            measured("weekly_active_teachers", 60, 60, "school:middle"),
            measured("rollout.gradebook", 40, 40, "school:middle"),
            measured("rollout.gradebook", 30, 80, "school:high"),
        ),
        "surveys": (
            survey("staff", (4, 10, 40, 60), 180),
            replace(survey("staff", (9, 9, 2, 0)), scope="school:oak"),
            survey("families", (20, 20, 20, 20)),
            replace(survey("families", (3, 3, 3, 3)), scope="school:oak"),
            replace(survey("families", (1, 1, 1, 1)), scope="school:middle"),
        ),
    }
    look(found)
    streams = {source: next(iter(kinds)) for source, kinds in FEEDS.items()}
    with store.begin() as connection:
        for source, records in told.items():
            if source in streams and source != "dumps":
                save_facts(connection, source, records, AS_OF)
                for stream in FEEDS[source]:
                    record_completion(connection, source, stream, AS_OF)
        own = TeamAction(team_key="oak_team", action_key="A-1", meeting_key="", title="Move the cart", state="open")
        other = TeamAction(team_key="tech", action_key="A-1", meeting_key="", title="Renew the filter", state="open")
        save_facts(connection, TEAM_SOURCE, (own, other), AS_OF)
    yield found
    store.close()


def meeting(work: Workplace, team: str) -> tuple[Meeting, Meeting | None]:
    found = meetings_of(work.district, team, AS_OF, work.read_calendar)
    following = next_meeting(found, AS_OF)
    assert following is not None
    return following, meeting_before(found, following)


def packet(work: Workplace, team: str) -> Packet:
    return preview(work, *meeting(work, team), "final", AS_OF, AS_OF)


def gathered(work: Workplace, team: str) -> Material:
    return gather(work, *meeting(work, team), stage="final", revision=1, as_of=AS_OF, known_at=AS_OF)


def words(found: Packet, number: int | None = None) -> str:
    """All that a packet says, or one of its agenda items."""
    return (found if number is None else found.sections[number - 1]).model_dump_json()


def test_an_outage_at_one_school_is_not_in_the_others_packet(work: Workplace) -> None:
    oak, middle, whole = (packet(work, team) for team in ("oak_team", "middle_team", "tech"))
    assert [change.text for change in oak.changes if change.item.startswith("outage:oak_wifi")] != []
    assert "Wi-Fi at Oak" in words(oak, 3)
    assert "Wi-Fi at Middle" not in words(oak)
    assert "Wi-Fi at Oak" not in words(middle)
    assert "oak_wifi" not in words(middle)
    assert "Wi-Fi at Middle" in words(middle, 3)
    assert {"Wi-Fi at Oak", "Wi-Fi at Middle"} <= {
        name for name in ("Wi-Fi at Oak", "Wi-Fi at Middle") if name in words(whole)
    }
    assert "Student records" in words(oak, 3)
    assert "Student records" in words(middle, 3)


def test_what_a_schools_service_hangs_on_is_the_schools_too(work: Workplace) -> None:
    assert "Hub in Valley High" in words(packet(work, "oak_team"), 3)
    assert "Hub in Valley High" not in words(packet(work, "middle_team"))
    assert "1 of 3 services cost class time" in words(packet(work, "oak_team"), 3)


def test_what_another_monitor_tells_of_one_school_is_not_the_others(work: Workplace) -> None:
    window = ServiceWindow(
        service_key="oak_wifi", started_at=SINCE, ended_at=AS_OF, accounting_policy="theirs", up_ratio=0.99
    )
    whole = replace(gathered(work, "tech").facts, sources=(monitor(seen("oak_wifi", SINCE, AS_OF), window),))
    oak, middle = (facts_of_school(whole, work.district, school) for school in ("oak", "middle"))
    assert oak.of(ServiceWindow) == (window,)
    assert oak.known_until == {"kuma": AS_OF}
    assert middle.sources == ()


def test_a_source_that_counts_for_others_is_none_of_the_schools(work: Workplace) -> None:
    rows = (measured("budget_spent", 1, 2), measured("rollout.gradebook", 40, 40, "school:middle"))
    budget = SourceFacts(
        source_key="counts", feeds=frozenset({Measurement}), known_until=SINCE, stale_after=timedelta(1), records=rows
    )
    whole = replace(gathered(work, "tech").facts, sources=(budget,))
    assert facts_of_school(whole, work.district, "oak").sources == ()
    assert facts_of_school(whole, work.district, "middle").of(Measurement) == (rows[1],)


def monitor(*records: Record) -> SourceFacts:
    """Another monitor of which nothing makes a figure of ours."""
    return SourceFacts(
        source_key="kuma",
        feeds=frozenset({ObservationInterval, ServiceWindow}),
        known_until=AS_OF,
        records=records,
        beside=frozenset({ObservationInterval}),
    )


def test_an_outage_tells_of_the_own_school_alone(work: Workplace) -> None:
    [outage] = [change.text for change in packet(work, "oak_team").changes if change.item.startswith("outage:")]
    assert "Oak Elementary" in outage
    assert "410" in outage


def test_the_lights_are_the_schools_own_and_the_rest_is_told_once(work: Workplace) -> None:
    oak, middle = packet(work, "oak_team"), packet(work, "middle_team")
    assert [line.area for line in oak.lights] == ["Classroom use", "Services", "Feedback"]
    assert [line.light.value for line in oak.lights] == ["MISSED", "MISSED", "NOT KNOWN"]
    assert [line.light.value for line in middle.lights] == ["MET", "MET", "NOT KNOWN"]
    assert "12 of 40" in oak.lights[0].model_dump_json()
    assert "241" not in words(oak)
    assert words(oak).count("counted for the whole district only") == 1
    assert oak.lights_adopted.startswith("against the district's targets, the newest adopted on 1 Oct 2026; ")
    assert oak.lights_adopted.endswith("counted for the whole district only: Security and Budget")
    assert not packet(work, "tech").lights_adopted.count("district only")


def test_tickets_surveys_and_findings_are_those_of_the_school(work: Workplace) -> None:
    oak, middle = packet(work, "oak_team"), packet(work, "middle_team")
    assert "11" in next(line.text for line in oak.sections[2].sentences if line.item == "desk.flow")
    assert "1 " in next(line.text for line in middle.sections[2].sentences if line.item == "desk.flow")
    assert oak.sections[3].tables
    staff, families = oak.sections[3].tables[0].rows[1], oak.sections[3].tables[0].rows[0]
    assert staff.cells[2:4] == ("20", "10 %")
    assert families.cells[2:4] == ("not shown", "not shown")
    assert middle.sections[4].quiet == "Agreements and the budget are with the district team."


def test_a_school_that_nobody_asked_says_so(work: Workplace) -> None:
    told = gathered(work, "middle_team")
    sources = tuple(one for one in told.facts.sources if one.source_key != "surveys")
    unasked = replace(told, facts=replace(told.facts, sources=sources))
    assert compose(unasked).sections[3].quiet == "No survey of this school was collected."


def test_nothing_of_the_districts_own_business_is_in_a_schools_packet(work: Workplace) -> None:
    oak, whole = words(packet(work, "oak_team")), words(packet(work, "tech"))
    for secret in ("Filter Co", "Lost laptop", "Renew the filter", "Dump folder", "Finance"):
        assert secret in whole or secret == "Lost laptop"
        assert secret not in oak
    assert "Move the cart" in oak
    assert "Move the cart" not in whole
    assert proposals(gathered(work, "oak_team")) == []


def test_a_school_has_the_initiatives_that_name_its_site(work: Workplace) -> None:
    oak, middle = packet(work, "oak_team"), packet(work, "middle_team")
    assert "New gradebook" not in words(oak)
    assert "New gradebook" in words(middle, 2)
    assert "Valley High" not in words(middle)
    assert "Live in both schools" in words(middle, 2)


def test_evidence_of_initiatives_that_a_school_is_not_told_of_is_not_counted_for_it(work: Workplace) -> None:
    evidence = tuple(Evidence(initiative_key="gradebook", verb=verb, on=AS_OF.date()) for verb in list(Verb)[:3])

    def told(team: str) -> str:
        found = gathered(work, team)
        plan = replace(found.facts.team.work, evidence=evidence)
        facts = replace(found.facts, team=replace(found.facts.team, work=plan))
        return evidence_line(replace(found, facts=facts), initiatives(found)).text

    assert "3 of 10" in told("middle_team")
    assert "0 of 10" in told("oak_team")


def test_page_one_and_the_subject_name_the_school(work: Workplace) -> None:
    oak = packet(work, "oak_team")
    assert oak.heading.team == "Oak Elementary, Technology team"
    shown = cut(oak, "leadership")
    mail = render_mail(shown, "leadership", oak.covers[0], {})
    assert "Oak Elementary, Technology team, Thu 3 Dec" in mail.subject
    assert "Oak Elementary, Technology team" in mail.text
    assert "Oak Elementary, Technology team" in mail.html
    assert packet(work, "tech").heading.team == "Tech team"
