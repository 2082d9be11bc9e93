"""What the dns probe says of records and of a domain's mail, asked of a real name server."""

from __future__ import annotations

import pytest

from connectors.probes._round import probe_round
from firstbell.kpi import Verdict
from firstbell.records import ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN
DOMAIN = "oak.example"


@pytest.mark.parametrize(
    ("record", "values", "expect", "state"),
    [
        ("A", ["192.0.2.7", "192.0.2.8"], ["192.0.2.7"], UP),
        ("A", ["192.0.2.7"], ["192.0.2.9"], DOWN),
        ("AAAA", ["2001:db8::1"], ["2001:0db8:0:0::1"], UP),
        ("MX", ["10 Mail.oak.example."], ["mail.oak.example"], UP),
        ("MX", ["10 mail.oak.example."], ["10 mail.oak.example."], UP),
        ("MX", ["10 mail.oak.example."], ["20 mail.oak.example"], DOWN),
        ("TXT", ['"verify=" "Abc"'], "verify=Abc", UP),
        ("CNAME", ["pages.host.example."], ["pages.host.example"], UP),
        ("A", ["192.0.2.7"], [], UP),
        ("A", [], [], DOWN),
    ],
)
def test_records(names, a_round, a_target, record, values, expect, state) -> None:
    names.zone = {(DOMAIN, record): values, (DOMAIN, "SOA"): []}
    target = a_target("dns", name=DOMAIN, record=record, expect=expect, resolvers=[names.address])
    [seen] = probe_round([target], a_round())
    assert (seen.state, seen.reason) == (state, "" if state is UP else "record"), seen.detail
    assert seen.total_seconds < 2


def test_a_name_that_does_not_exist_is_down(names, a_round, a_target) -> None:
    [seen] = probe_round([a_target("dns", name=DOMAIN)], a_round(resolvers=(names.address,)))
    assert (seen.state, seen.reason) == (DOWN, "name")


@pytest.mark.parametrize("trouble", ["silent", "broken"])
@pytest.mark.parametrize(("watched", "state", "reason"), [(False, UNKNOWN, "resolver"), (True, DOWN, "timeout")])
def test_a_name_server_in_trouble(names, a_round, a_target, trouble, watched, state, reason) -> None:
    getattr(names, trouble).add(DOMAIN)
    target = a_target(
        "dns", name=DOMAIN, resolvers=[names.address], resolvers_are_the_service=watched, timeout_seconds=0.3
    )
    [seen] = probe_round([target], a_round())
    assert (seen.state, seen.reason) == (state, reason)


GOOD = {
    (DOMAIN, "TXT"): ['"v=spf1 mx include:send.example -all"', '"other"'],
    ("send.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 ~all"'],
    (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=reject; rua=mailto:reports@oak.example"'],
    (DOMAIN, "MX"): ["10 mail.oak.example."],
    ("mail.oak.example", "A"): ["192.0.2.25"],
}


def mail(names, a_round, a_target, changes=(), domain=DOMAIN):
    names.zone = GOOD | dict(changes)
    target = a_target("dns", name=domain, check="mail", resolvers=[names.address], timeout_seconds=0.5)
    [seen] = probe_round([target], a_round())
    assert {(control.framework, control.subject) for control in seen.controls} == {("mail-dns", domain)}
    return seen, {control.code: control for control in seen.controls}


def test_good_mail_records(names, a_round, a_target) -> None:
    seen, controls = mail(names, a_round, a_target)
    assert seen.state is UP
    assert {code: control.state for code, control in controls.items()} == dict.fromkeys(
        ("SPF", "DMARC", "MX"), Verdict.OK
    )
    assert "2 of 10 lookups" in controls["SPF"].reason


def chain(length: int) -> dict[tuple[str, str], list[str]]:
    """An SPF record whose includes are nested so deep."""
    links = {(f"i{n}.example", "TXT"): [f'"v=spf1 include:i{n + 1}.example ~all"'] for n in range(1, length)}
    links[f"i{length}.example", "TXT"] = ['"v=spf1 -all"']
    return links | {(DOMAIN, "TXT"): ['"v=spf1 include:i1.example -all"']}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({(DOMAIN, "TXT"): ['"nothing"']}, Verdict.FAIL, "no SPF record"),
        ({(DOMAIN, "TXT"): ['"v=spf1 -all"', '"v=spf1 ~all"']}, Verdict.FAIL, "2 SPF records"),
        ({(DOMAIN, "TXT"): ['"v=spf10 -all"']}, Verdict.FAIL, "no SPF record"),
        ({(DOMAIN, "TXT"): ['"v=spf1 +all"']}, Verdict.FAIL, "anybody"),
        ({(DOMAIN, "TXT"): ['"v=spf1 all"']}, Verdict.FAIL, "anybody"),
        ({(DOMAIN, "TXT"): ['"v=spf1 ?all"']}, Verdict.WARN, "?all"),
        ({(DOMAIN, "TXT"): ['"v=spf1 mx"']}, Verdict.WARN, "no all"),
        ({(DOMAIN, "TXT"): ['"v=spf1 ipv4:192.0.2.1 -all"']}, Verdict.FAIL, "does not know"),
        ({(DOMAIN, "TXT"): ['"v=spf1 redirect=send.example"']}, Verdict.OK, "1 of 10"),
        ({(DOMAIN, "TXT"): ['"v=spf1 exists:%{i}.x.example -all"']}, Verdict.OK, "1 of 10"),
        ({(DOMAIN, "TXT"): ['"v=spf1 include:gone.example -all"']}, Verdict.FAIL, "included domain has no SPF"),
        ({(DOMAIN, "TXT"): [f'"v=spf1 include:{DOMAIN} -all"']}, Verdict.FAIL, "more than 10"),
        (chain(10), Verdict.OK, "10 of 10"),
        (chain(11), Verdict.FAIL, "more than 10"),
    ],
)
def test_spf(names, a_round, a_target, changes, verdict, words) -> None:
    seen, controls = mail(names, a_round, a_target, changes)
    assert controls["SPF"].state is verdict, controls["SPF"].reason
    assert words in controls["SPF"].reason
    assert seen.state is (UP if verdict is Verdict.OK else DEGRADED)


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ([], Verdict.FAIL, "no DMARC record"),
        (['"v=DMARC1; p=reject"', '"v=DMARC1; p=none"'], Verdict.FAIL, "several"),
        (['"v=DMARC1; rua=mailto:a@oak.example"'], Verdict.FAIL, "no valid policy"),
        (['"v=DMARC1; p=none; rua=mailto:a@oak.example"'], Verdict.WARN, "none"),
        (['"v=DMARC1; p=reject; pct=5; rua=mailto:a@oak.example"'], Verdict.WARN, "not for all"),
        (['"v=DMARC1; p=quarantine"'], Verdict.WARN, "nobody receives"),
        (['"v=DMARC1;p=Quarantine;rua=mailto:a@oak.example"'], Verdict.OK, "quarantine"),
    ],
)
def test_dmarc(names, a_round, a_target, record, verdict, words) -> None:
    _, controls = mail(names, a_round, a_target, {(f"_dmarc.{DOMAIN}", "TXT"): record})
    assert controls["DMARC"].state is verdict, controls["DMARC"].reason
    assert words in controls["DMARC"].reason


def test_a_subdomain_is_bound_by_its_parents_dmarc(names, a_round, a_target) -> None:
    parent = {(f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=reject; sp=none; rua=mailto:a@oak.example"']}
    _, controls = mail(names, a_round, a_target, parent, domain=f"mail.{DOMAIN}")
    assert (controls["DMARC"].state, controls["SPF"].state) == (Verdict.WARN, Verdict.FAIL)


@pytest.mark.parametrize(
    ("records", "verdict", "state"),
    [
        ([], Verdict.FAIL, DOWN),
        (["0 ."], Verdict.NOT_APPLICABLE, UP),
        (["10 gone.example."], Verdict.FAIL, DOWN),
        (["10 gone.example.", "20 mail.oak.example."], Verdict.WARN, DEGRADED),
    ],
)
def test_mx(names, a_round, a_target, records, verdict, state) -> None:
    seen, controls = mail(names, a_round, a_target, {(DOMAIN, "MX"): records})
    assert (controls["MX"].state, seen.state) == (verdict, state)


@pytest.mark.parametrize("trouble", ["silent", "broken"])
def test_a_dns_outage_is_unknown_and_never_a_failure(names, a_round, a_target, trouble) -> None:
    getattr(names, trouble).update({"*", DOMAIN, f"_dmarc.{DOMAIN}"})
    seen, controls = mail(names, a_round, a_target)
    assert (seen.state, seen.reason) == (UNKNOWN, "resolver")
    assert {control.state for control in controls.values()} == {Verdict.UNKNOWN}


def test_a_silent_include_makes_only_spf_unknown(names, a_round, a_target) -> None:
    names.silent.add("send.example")
    seen, controls = mail(names, a_round, a_target)
    assert [controls[code].state for code in ("SPF", "DMARC", "MX")] == [Verdict.UNKNOWN, Verdict.OK, Verdict.OK]
    assert seen.state is UNKNOWN
