"""Whether a domain's mail can arrive (MX) and whether others can forge it (SPF, DMARC)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from dns.asyncresolver import Resolver

from connectors.probes._resolver import NoAnswerError, NoSuchNameError, ask
from connectors.probes._spf import SpfError, walk_spf
from firstbell.kpi import Verdict

LOOKUP_LIMIT = 10
"""RFC 7208, section 4.6.4."""


@dataclass(frozen=True, slots=True)
class MailFinding:
    code: str
    verdict: Verdict
    reason: str


Judged = tuple[Verdict, str]


async def look_at_mail(resolver: Resolver, domain: str) -> list[MailFinding]:
    """The findings SPF, DMARC and MX of a domain. What name service did not answer is unknown, never failed."""
    return [
        MailFinding(code, *await _or_unknown(judge, resolver, domain))
        for code, judge in (("SPF", _spf), ("DMARC", _dmarc), ("MX", _mx))
    ]


async def _or_unknown(judge: Callable[[Resolver, str], Awaitable[Judged]], resolver: Resolver, domain: str) -> Judged:
    try:
        return await judge(resolver, domain)
    except NoAnswerError as error:
        return Verdict.UNKNOWN, str(error)


async def _spf(resolver: Resolver, domain: str) -> Judged:
    try:
        walked = await walk_spf(resolver, domain, LOOKUP_LIMIT)
    except SpfError as error:
        return Verdict.FAIL, str(error)
    if walked.lookups > LOOKUP_LIMIT:
        return Verdict.FAIL, f"the record needs more than {LOOKUP_LIMIT} lookups, so receivers treat it as broken"
    return {
        "-": (Verdict.OK, f"all other senders are refused; {walked.lookups} of {LOOKUP_LIMIT} lookups"),
        "~": (Verdict.OK, f"all other senders are marked; {walked.lookups} of {LOOKUP_LIMIT} lookups"),
        "?": (Verdict.WARN, "the record ends with ?all, which says nothing of other senders"),
        "+": (Verdict.FAIL, "the record ends with +all, which lets anybody send in this name"),
        "": (Verdict.WARN, "the record has no all at its end, which says nothing of other senders"),
    }[walked.all_qualifier]


async def _texts(resolver: Resolver, name: str) -> list[str]:
    try:
        return await ask(resolver, name, "TXT")
    except NoSuchNameError:
        return []


async def _dmarc(resolver: Resolver, domain: str) -> Judged:
    """The domain's own policy, or the nearest parent's, which binds its subdomains by `sp`."""
    labels = domain.split(".")
    for depth in range(max(1, len(labels) - 1)):
        texts = await _texts(resolver, "_dmarc." + ".".join(labels[depth:]))
        records = [text for text in texts if text.replace(" ", "").startswith("v=DMARC1")]
        if len(records) > 1:
            return Verdict.FAIL, "there are several DMARC records, so receivers ignore all of them"
        if records:
            return _dmarc_judged(records[0], inherited=depth > 0)
    return Verdict.FAIL, "there is no DMARC record, so forged mail is not refused"


def _dmarc_judged(record: str, inherited: bool) -> Judged:
    pairs = (part.partition("=") for part in record.split(";"))
    tags = {name.strip().lower(): value.strip() for name, _, value in pairs}
    policy = (inherited and tags.get("sp")) or tags.get("p", "")
    policy = policy.lower()
    if policy not in ("none", "quarantine", "reject"):
        return Verdict.FAIL, "the DMARC record has no valid policy (p)"
    if policy == "none":
        return Verdict.WARN, "the policy is none: forged mail is counted at most, not refused"
    share = tags.get("pct", "100")
    if share != "100":
        return Verdict.WARN, f"the policy is {policy}, but not for all mail (pct)"
    if not tags.get("rua"):
        return Verdict.WARN, f"the policy is {policy}, but nobody receives the reports (rua)"
    return Verdict.OK, f"the policy is {policy}, and reports are sent"


async def _mx(resolver: Resolver, domain: str) -> Judged:
    try:
        records = await ask(resolver, domain, "MX")
    except NoSuchNameError:
        return Verdict.FAIL, "the domain does not exist"
    if not records:
        return Verdict.FAIL, "there is no MX record, so mail has nowhere to go"
    hosts = [record.rpartition(" ")[2] for record in records]
    if hosts == ["."]:
        return Verdict.NOT_APPLICABLE, "the domain declares that it takes no mail"
    dead = sum([not await _has_address(resolver, host) for host in hosts])
    if dead == len(hosts):
        return Verdict.FAIL, "no mail server of the MX records has an address"
    if dead:
        return Verdict.WARN, f"{dead} of {len(hosts)} mail servers have no address"
    return Verdict.OK, f"mail servers with an address: {len(hosts)}"


async def _has_address(resolver: Resolver, host: str) -> bool:
    try:
        return bool(await ask(resolver, host, "A") or await ask(resolver, host, "AAAA"))
    except NoSuchNameError:
        return False
