"""Agenda item 3, where several places look: what is said of one that could not, did not, or did not yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.packet.agenda_vantages import vantage_lines
from firstbell.packet.material import Material
from firstbell.records import Record, ServiceState
from tests.unit.packet_material import AS_OF, SINCE, district, local, looks, material, seen

FIVE = timedelta(minutes=5)
OURS = looks()
LOST, BACK = local(11, 16, 12), local(11, 19)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> District:
    return district(tmp_path_factory.mktemp("district"))


def annex(service: str, first: datetime, last: datetime, state: ServiceState = ServiceState.UP) -> Record:
    return replace(seen(service, first, last, state), vantage="annex")


def of(folder: District, told: Iterable[Record], ours: Iterable[Record] = OURS) -> Material:
    """Our looks from here, and others, where the annex is to look too."""
    found = material(folder, {"probes": (*ours, *told)})
    return replace(found, names=replace(found.names, vantages={"here": "this site", "annex": "the annex"}))


def said(found: Material) -> list[str]:
    return [line.text for line in vantage_lines(found)]


def test_one_place_alone_is_not_told(folder: District) -> None:
    assert vantage_lines(material(folder, {"probes": (*looks(), annex("sso", SINCE, AS_OF))})) == []


def test_a_place_that_looked_at_one_service_all_the_time_could_look(folder: District) -> None:
    """It passed the other over for seven days; and of what it looked at it saw no outage."""
    found = of(folder, [annex("sis", SINCE - FIVE, LOST), annex("sso", SINCE - FIVE, AS_OF)])
    told = [
        "Not looked at from the annex, while it looked at other services: Student records (7 days).",
        "Down as seen from this site alone, while another place saw an answer: Sign-in (50 min).",
    ]
    assert said(found) == told
    services = tuple(
        replace(one, later=((local(11, 17, 8, 30), replace(one.policy, target_ratio=0.9)),))
        for one in found.facts.services
    )
    assert said(replace(found, facts=replace(found.facts, services=services))) == told


def test_a_place_that_saw_nothing_could_not_look(folder: District) -> None:
    both = ("sis", "sso")
    gone = [annex(key, *ends) for key in both for ends in ((SINCE - FIVE, LOST), (BACK, AS_OF))]
    assert said(of(folder, gone)) == [
        "Services were seen from this site only, 2 days in all since Mon 16 Nov, 12:12 pm; the annex could not look."
    ]


def test_a_place_that_is_new_was_not_blind_before(folder: District) -> None:
    assert said(of(folder, [annex(key, BACK, AS_OF) for key in ("sis", "sso")])) == []
    (text,) = said(of(folder, [annex("sis", BACK, AS_OF)]))
    assert text == "Not looked at from the annex, while it looked at other services: Sign-in (5 days)."


def test_what_a_place_passed_over_for_minutes_is_not_told(folder: District) -> None:
    ours = (*OURS[:1], seen("sso", SINCE, AS_OF))
    told = [annex("sso", SINCE, AS_OF), annex("sis", SINCE, LOST), annex("sis", LOST + 9 * FIVE, AS_OF)]
    assert said(of(folder, told, ours)) == []
    told[2] = annex("sis", LOST + 18 * FIVE, AS_OF)
    assert len(said(of(folder, told, ours))) == 1


def test_where_nobody_looks_no_place_is_singled_out(folder: District) -> None:
    assert said(of(folder, [], ())) == []


def test_a_place_that_never_looked_has_not_looked_yet(folder: District) -> None:
    assert said(of(folder, [])) == ["Nothing has been looked at from the annex yet."]


def test_under_planned_work_nothing_is_passed_over(folder: District) -> None:
    found = of(
        folder,
        [
            annex("sis", SINCE - FIVE, LOST),
            annex("sso", SINCE - FIVE, local(11, 17)),
            annex("sso", local(11, 17, 10), AS_OF),
        ],
    )
    work = (Window(LOST, AS_OF),)
    services = tuple(
        replace(one, maintenance=work) if one.service_key == "sis" else one for one in found.facts.services
    )
    texts = said(replace(found, facts=replace(found.facts, services=services)))
    assert [text.split(",")[0] for text in texts] == ["Services were seen from this site only"]
