"""A district folder with many faults tells all of them, each where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from firstbell.config.audited import OWN_SOURCES
from firstbell.config.faults import ConfigError
from firstbell.knowledge import FOLDER, PLAN, PROBES
from firstbell.records import TEAM_SOURCE
from tasks.place import read_folder
from tests.unit.config_folder import FILES, load, write_folder

BROKEN = {
    "district": """\
name: Lakeside Schools
time_zone: Chicago
mail_domian: example.org
schools:
  - {key: oak, name: Oak Elementary, level: elementry}
  - {key: oak, name: Elm High, level: high}
  - key: Elm
    level: high
calendar:
  years:
    - {name: 2026-27, first_day: 2027-08-12, last_day: 2027-05-28}
  class_hours:
    monday: {from: 08:00, until: 15:05}
  business_hours:
    mon: {from: 8, until: 16:00}
small_group_minimum: 1
mail:
  sender: tech@example.org
  sender: other@example.org
  password: hunter2-secret
  port: high
installer: {name: Ada Long, email: ada}
""",
    "sources": """\
sources:
  - key: help_desk
    kind: desk
    title: Help desk
    locations: {West wing: wst}
    settings: {url: https://desk.example.org, token: hunter2-secret, queus: [a]}
  - key: help_desk
    kind: dask
    title: Again
    settings: {}
""",
    "services": "services: {file: services.csv}\n",
    "services_csv": """\
key,name,probe.kind,probe.url,probe.codes,schools,colour
portal,Portal,web,htp:/x,200;abc,oak;elmm,red
mail,Mail,wob,https://m.example.org,,,
""",
    "systems": "systems:\n\t- key: a\n",
    "teams": """\
people: {file: people.csv}
teams:
  - key: leadership
    name: Team
    members:
      - {person: ida, roles: [team_leadr], from: 2026-27, until: 2024-25}
""",
    "meetings": """\
series:
  - key: monthly
    team: leadershp
    title: Team
    recurrence: {rule: EVERY MONTH, starts: 2026-09-03T16:00}
    sending: {draft_days: 3}
""",
    "targets": "adopted:\n  - {indicator: IP-1, target: much, adopted_on: 2026-09-01}\n",
    "source": "sources: []\n",
}

TOLD = Path(__file__).with_name("config_faults.txt")
"""What must be told of all that, line by line."""


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return [str(fault) for fault in caught.value.faults]


def test_all_faults_of_all_files_at_once(tmp_path: Path) -> None:
    assert faults_of(write_folder(tmp_path, **BROKEN)) == TOLD.read_text("utf-8").splitlines()


def test_no_secret_is_ever_quoted(tmp_path: Path) -> None:
    assert not any("hunter2" in fault for fault in faults_of(write_folder(tmp_path, **BROKEN)))


def test_a_right_folder_loads(tmp_path: Path) -> None:
    assert load(write_folder(tmp_path)).about.name == "Lakeside Schools"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("name: [Lakeside\n", "district.yaml:2: a quote, bracket or brace is opened and never closed; close it."),
        ("name: Lake: side\n", "district.yaml:1: a colon stands where YAML does not expect one"),
        ("- name\n", "district.yaml:1: must hold keys with values"),
        ("just text\n", "district.yaml:1: must hold keys with values"),
        ("name: *nobody\n", "district.yaml:1: an alias names an anchor that this file does not define"),
        ("a: 1\n---\nb: 2\n", "district.yaml"),
        ("name: \x00\n", "district.yaml: holds a character"),
        ("name: &n [*n]\n", "district.yaml:1: is nested too deeply"),
    ],
)
def test_what_is_not_yaml_says_so(tmp_path: Path, text: str, fault: str) -> None:
    assert faults_of(write_folder(tmp_path, district=text))[0].startswith(fault)


def test_an_address_that_no_mail_can_reach_is_told_when_the_folder_is_read(tmp_path: Path) -> None:
    people = FILES["people.csv"].replace("ada@example.org", "bjørn@example.org").replace("Short,,", "Short,b@a..ø,")
    district_yaml = FILES["district.yaml"].replace("tech@example.org", "téch@example.org")
    told = faults_of(write_folder(tmp_path, people_csv=people, district=district_yaml))
    sentence = "has a letter before the @ that mail servers do not take; write that part with a to z."
    assert told == [
        f"district.yaml:20: mail.sender: {sentence}",
        f"people.csv:2: email: {sentence}",
        "people.csv:3: email: names a domain that cannot exist; mend what stands behind the @.",
    ]


def test_a_domain_beyond_ascii_is_kept_as_dns_spells_it(tmp_path: Path) -> None:
    people = FILES["people.csv"].replace("ada@example.org", "ada@møller.example")
    assert load(write_folder(tmp_path, people_csv=people)).person("ada").email == "ada@xn--mller-vua.example"


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "teams.yaml").write_bytes("teams:\n  - name: Müller".encode("latin-1"))
    assert faults_of(folder) == ["teams.yaml:2: is not UTF-8 text from here on; save it as UTF-8."]


def test_needed_files_and_the_folder_itself(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "district")
    (folder / "teams.yaml").unlink()
    assert faults_of(folder) == ["teams.yaml: is missing from the district folder; firstbell init writes a start."]
    assert "is no folder" in faults_of(tmp_path / "nowhere")[0]


@pytest.mark.parametrize("written", ["20260812", '"20260812"', "2026-8-12", "12.08.2026", "1.5"])
def test_a_number_is_no_date(tmp_path: Path, written: str) -> None:
    """A bare number would be taken for seconds since 1970, without a word."""
    text = FILES["district.yaml"].replace("first_day: 2026-08-12", f"first_day: {written}")
    (told,) = faults_of(write_folder(tmp_path, district=text))
    assert told.startswith("district.yaml:10: calendar.years.1.first_day: must be a date written like 2026-09-01")


def test_merge_keys_and_anchors_work(tmp_path: Path) -> None:
    text = FILES["district.yaml"].replace(
        "    mon: {from: 08:00, until: 15:05}\n",
        "    mon: &day {from: 08:00, until: 15:05}\n    tue: *day\n    wed: {<<: *day, until: '12:00'}\n",
    )
    hours = load(write_folder(tmp_path, district=text)).about.calendar.class_hours
    assert (hours["tue"].closes.hour, hours["wed"].opens.hour, hours["wed"].closes.hour) == (15, 8, 12)


def test_a_broken_file_hides_no_fault_of_another(tmp_path: Path) -> None:
    told = faults_of(write_folder(tmp_path, district="name: [\n", meetings="series: []\n"))
    assert [fault.partition(":")[0] for fault in told] == ["district.yaml", "meetings.yaml"]


def test_a_duty_stands_once(tmp_path: Path) -> None:
    item = "  - {framework: local, code: aup, title: Signed}\n"
    other = "  - {framework: local, code: aup, title: Signed, subject: Oak}\n"
    assert faults_of(write_folder(tmp_path, compliance=f"items:\n{item}{other}{item}")) == [
        "compliance.yaml:4: items.2.code: stands twice for this subject; keep one."
    ]


def test_two_vantages_with_one_key_or_one_pool_are_told(tmp_path: Path) -> None:
    def services(*vantages: str) -> str:
        return f"polling:\n  vantage: office\n  further_vantages: [{', '.join(vantages)}]\n"

    same_key = services("{key: office, name: the office, pool: firstbell_office}")
    assert faults_of(write_folder(tmp_path / "key", services=same_key)) == [
        "services.yaml:1: polling: each vantage needs a key of its own."
    ]
    same_pool = services("{key: annex, name: the annex, pool: firstbell}")
    assert faults_of(write_folder(tmp_path / "pool", services=same_pool)) == [
        "services.yaml:1: polling: each vantage needs a pool of its own."
    ]
    apart = services("{key: annex, name: the annex, pool: firstbell_annex}")
    assert load(write_folder(tmp_path / "apart", services=apart)).polling.vantages == ("office", "annex")


def test_a_monitor_mapped_to_a_service_that_there_is_not_is_told(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path,
        services="services:\n  - {key: portal, name: Portal, probe: {kind: http, url: https://portal.example}}\n",
        sources="""\
sources:
  - key: kuma
    kind: uptime_kuma
    title: Uptime Kuma
    settings: {url: "https://kuma.example", status_page: all, services: {portal: Portal, mails: Mail}}
""",
    )
    with pytest.raises(ConfigError) as caught:
        read_folder(folder)
    (fault,) = caught.value.faults
    assert str(fault) == (
        'sources.yaml:5: sources.0.settings.services.mails: names the service "mails", which there is not; '
        "known here: portal."
    )


@pytest.mark.parametrize("key", sorted({PROBES, PLAN, FOLDER, TEAM_SOURCE}))
def test_a_source_cannot_go_by_the_name_of_our_own_figures(tmp_path: Path, key: str) -> None:
    sources = f"sources:\n  - {{key: {key}, kind: desk, title: Desk, settings: {{url: 'https://x'}}}}\n"
    assert {PROBES, PLAN, FOLDER, TEAM_SOURCE} == OWN_SOURCES
    with pytest.raises(ConfigError) as caught:
        load(write_folder(tmp_path, sources=sources))
    assert str(caught.value) == "sources.yaml:2: sources.0.key: is what our own figures go by; choose another."


def test_a_group_of_services_that_were_all_taken_out_is_told(tmp_path: Path) -> None:
    groups = "services: []\ngroups:\n  - {key: pair, name: Pair, rule: all_down, members: [portal]}\n"
    assert faults_of(write_folder(tmp_path, services=groups)) == [
        'services.yaml:3: groups.0.members.0: names the service "portal", which there is not; look for its spelling.'
    ]
