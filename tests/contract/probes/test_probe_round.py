"""A round: one deadline over all kinds, limits, the control name, and an answer for every service."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest
from pydantic import ValidationError

from connectors._errors import SettingsError
from connectors.probes import get, kinds
from connectors.probes._base import Round, Target
from connectors.probes._http_settings import HttpSettings
from connectors.probes._round import look_at_all, probe_round
from firstbell.records import ServiceState

UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def test_every_kind_is_described() -> None:
    assert {"dns", "http", "tls"} <= set(kinds())
    for kind in kinds():
        probe = get(kind)
        assert probe.title
        assert probe.docs_url.startswith("https://")
        properties = probe.Settings.model_json_schema()["properties"]
        assert all(field.get("description") for field in properties.values()), kind


def test_an_unknown_kind_names_the_kinds_there_are() -> None:
    with pytest.raises(SettingsError, match="dns, http, ping, tcp, tls"):
        get("carrier-pigeon")


def test_all_kinds_together_in_the_order_given(web, names, closed_port, a_round, a_target) -> None:
    names.zone = {("oak.example", "A"): ["192.0.2.7"]}
    seen = probe_round(
        [
            a_target("dns", "name", name="oak.example", resolvers=[names.address]),
            a_target("http", "page", url=web.address),
            a_target("tls", "port", host="127.0.0.1", port=closed_port),
            a_target("http", "gone", url=f"http://127.0.0.1:{closed_port}"),
        ],
        a_round(),
    )
    assert [(one.service_key, one.state) for one in seen] == [
        ("name", UP),
        ("page", UP),
        ("port", DOWN),
        ("gone", DOWN),
    ]


def test_nothing_to_look_at_is_no_trouble(a_round) -> None:
    assert probe_round([], a_round(control_name="oak.example", resolvers=("127.0.0.1:1",))) == []


def test_what_the_deadline_cut_off_is_unknown_and_the_round_ends(web, names, a_round, a_target) -> None:
    names.silent.add("*")
    targets = [a_target("http", f"slow{number}", url=f"{web.address}/slow") for number in range(20)]
    targets += [a_target("dns", f"dns{number}", name="oak.example", resolvers=[names.address]) for number in range(20)]
    targets.append(a_target("tls", "plain", host="127.0.0.1", port=web.port))
    began = monotonic()
    seen = probe_round(targets, a_round(0.4, timeout_seconds=30.0))
    assert monotonic() - began < 1.5
    assert [(one.state, one.reason) for one in seen[:20]] == [(UNKNOWN, "deadline")] * 20
    assert {(one.state, one.reason) for one in seen[20:40]} <= {(UNKNOWN, "deadline"), (UNKNOWN, "resolver")}
    assert seen[40].reason == "tls"
    assert {one.observed_at.tzinfo for one in seen} == {UTC}


def test_a_round_whose_deadline_has_passed_looks_at_nothing(web, a_round, a_target) -> None:
    seen = probe_round([a_target("http", url=web.address)], a_round(-1))
    assert [(one.state, one.reason) for one in seen] == [(UNKNOWN, "deadline")]
    assert web.most_at_once == 0


@pytest.mark.parametrize("trouble", ["silent", "broken", "denying", "empty"])
def test_without_name_service_nothing_is_said_of_any_service(web, names, a_round, a_target, trouble) -> None:
    if trouble == "empty":
        names.zone = {("control.example", "SOA"): []}
    elif trouble != "denying":
        getattr(names, trouble).add("control.example")
    targets = [a_target("http", url=web.address), a_target("tls", host="127.0.0.1", port=web.port)]
    seen = probe_round(targets, a_round(0.8, control_name="control.example", resolvers=(names.address,)))
    assert [(one.state, one.reason) for one in seen] == [(UNKNOWN, "resolver")] * 2
    assert web.most_at_once == 0


def test_with_a_control_name_that_resolves_the_round_goes_on(web, names, a_round, a_target) -> None:
    names.zone = {("control.example", "AAAA"): ["2001:db8::1"]}
    run = a_round(control_name="control.example", resolvers=(names.address,))
    assert [one.state for one in probe_round([a_target("http", url=web.address)], run)] == [UP]


def test_jitter_spreads_the_starts(web, a_round, a_target) -> None:
    targets = [a_target("http", f"s{number}", url=web.address) for number in range(10)]
    at_once = [one.observed_at for one in probe_round(targets, a_round(per_host_limit=99))]
    spread = [one.observed_at for one in probe_round(targets, a_round(jitter_seconds=0.5, per_host_limit=99))]
    assert max(at_once) - min(at_once) < timedelta(seconds=0.2)
    assert max(spread) - min(spread) > timedelta(seconds=0.25)


def test_a_clock_given_is_the_clock_used(web, a_target) -> None:
    noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    run = Round("library", deadline=noon + timedelta(seconds=5), clock=lambda: noon)
    [seen] = probe_round([a_target("http", url=web.address)], run)
    assert (seen.observed_at, seen.vantage, seen.state) == (noon, "library", UP)


def test_single_looks_and_rounds_inside_a_running_loop(web, a_round, a_target) -> None:
    kind, target = a_target("http", url=web.address)

    async def both() -> list[ServiceState]:
        one = await get(kind)().look(target, a_round())
        many = await look_at_all([(kind, target)] * 3, a_round())
        return [one.state, *(seen.state for seen in many)]

    assert asyncio.run(both()) == [UP] * 4


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "https://\N{SCHOOL}.example/"}, "DNS cannot carry"),
        ({"url": "https://a b.example/"}, "blanks"),
        ({"url": "ftp://files.example/"}, "http://"),
        ({"url": "https://user:secret@portal.example/"}, "user name or password"),
        ({"url": "https://portal.example:99999/"}, "cannot be read"),
        ({"url": "https://portal.example/", "expect_status": ["2xx"]}, "200-299"),
        ({"url": "https://portal.example/", "text_matches": "(open"}, "regular expression"),
        ({"url": "https://portal.example/", "json_equals": {"a[x]": 1}}, r"a\.b\[0\]\.c"),
    ],
)
def test_settings_that_cannot_work_are_refused_with_a_sentence(settings, words) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        get("http").Settings(**settings)
    assert "secret" not in refused.value.errors()[0]["msg"]


def test_international_names_are_brought_into_the_form_of_dns() -> None:
    assert get("http").Settings(url="https://Schüler.example/früh?a=ü").url == (
        "https://xn--schler-5ya.example/fr%C3%BCh?a=%C3%BC"
    )


def test_a_fault_in_one_probe_blinds_nobody_else(web, a_round, a_target, caplog) -> None:
    broken = ("dns", Target("broken", None, 60))
    odd, fine = probe_round([broken, a_target("http", "page", url=web.address)], a_round())
    assert (odd.state, odd.reason, fine.state) == (UNKNOWN, "probe", UP)
    assert caplog.messages == ["the dns probe of broken broke off with AttributeError"]


@pytest.mark.parametrize("kind", ["dns", "http", "ping", "tcp", "tls"])
def test_a_fault_in_one_look_blinds_no_other_of_its_kind(web, names, a_round, a_target, caplog, kind) -> None:
    names.silent.add("*")
    settings = {
        "dns": {"name": "oak.example", "resolvers": [names.address], "resolvers_are_the_service": True},
        "http": {"url": web.address + "/broken"},
        "ping": {"host": "127.0.0.1", "limits": {"total": {"down_seconds": 1e-9}}},
        "tcp": {"host": "127.0.0.1", "port": web.port, "expect": "SSH"},
        "tls": {"host": "127.0.0.1", "port": web.port},
    }[kind] | {"timeout_seconds": 0.3}
    dead = [a_target(kind, f"dead {number}", **settings) for number in range(3)]
    broken, *others = probe_round([(kind, Target("broken", None, 60)), *dead], a_round())
    assert (broken.state, broken.reason) == (UNKNOWN, "probe")
    assert [one.reason for one in others if one.state is DOWN] == [others[0].reason] * 3
    assert caplog.messages == [f"the {kind} probe of broken broke off with AttributeError"]


class WithoutMethod(HttpSettings):
    """Settings that no question can be made of."""

    def __getattribute__(self, name: str) -> object:
        if name == "method":
            raise KeyError(name)
        return super().__getattribute__(name)


class WithoutStatus(HttpSettings):
    """Settings that no answer can be judged by."""

    def __getattribute__(self, name: str) -> object:
        if name == "fine":
            raise KeyError(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("unfit", [WithoutMethod, WithoutStatus])
def test_a_fault_in_asking_or_judging_one_page_leaves_the_slower_ones_their_own_word(
    web, closed_port, a_round, a_target, caplog, unfit
) -> None:
    broken = [("http", Target(f"broken {n}", unfit(url=web.address + "/fine"), 60)) for n in range(5)]
    others = [
        a_target("http", "brief", url=web.address + "/brief"),
        a_target("http", "hangs", url=web.address + "/slow", timeout_seconds=0.5),
        a_target("http", "gone", url=f"http://127.0.0.1:{closed_port}"),
    ]
    # Two at a host: each fault has to give its place back, or nobody after it is looked at.
    seen = probe_round([*broken, *others], a_round(per_host_limit=2))
    assert [(one.state, one.reason) for one in seen[:5]] == [(UNKNOWN, "probe")] * 5
    assert [(one.state, one.reason) for one in seen[5:]] == [(UP, ""), (DOWN, "timeout"), (DOWN, "refused")]
    assert sorted(caplog.messages) == [f"the http probe of broken {n} broke off with KeyError" for n in range(5)]


def test_a_charset_that_cannot_be_read_by_masks_no_outage(web, closed_port, a_round, a_target) -> None:
    odd = ["/undefined", "/idna", "/punycode", "/accent"]
    pages = [a_target("http", path, url=web.address + path, text_contains=["is fine"]) for path in odd]
    others = [
        a_target("http", "brief", url=web.address + "/brief"),
        a_target("http", "hangs", url=web.address + "/slow", timeout_seconds=0.5),
        a_target("http", "gone", url=f"http://127.0.0.1:{closed_port}"),
        a_target("http", "wrong", url=web.address + "/undefined", text_contains=["all is well"]),
    ]
    seen = probe_round([*pages, *others], a_round())
    assert [(one.state, one.reason) for one in seen] == [
        *[(UP, "")] * 5,
        (DOWN, "timeout"),
        (DOWN, "refused"),
        (DOWN, "body"),
    ]


def test_where_the_way_out_is_gone_nothing_is_said_of_any_service(web, closed_port, a_round, a_target) -> None:
    targets = [a_target("http", "page", url=web.address), a_target("tls", "port", host="127.0.0.1", port=closed_port)]
    seen = probe_round(targets, a_round(control_address=f"127.0.0.1:{closed_port}"))
    assert [(one.state, one.reason) for one in seen] == [(UNKNOWN, "route")] * 2
    assert "cannot be reached from here" in seen[0].detail
    reached = web.address.removeprefix("http://").rstrip("/")
    seen = probe_round(targets, a_round(control_address=reached))
    assert [one.state for one in seen] == [UP, DOWN]
