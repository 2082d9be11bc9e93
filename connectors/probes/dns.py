"""Asks name servers for a record, whether they agree on it, or looks at a domain's mail records (SPF, DMARC, MX).

Silence of the name servers is unknown and never a fault of the domain. The findings about mail carry the rules of
RFC 7208 (SPF), RFC 7489 (DMARC) and RFC 7505 (a domain that takes no mail).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host
from connectors.probes._base import Probe, Round, Target, not_in_time, observed, unknown
from connectors.probes._limits import LIMITS, Limits, held_to
from connectors.probes._mail_dns import MailFinding, look_at_mail
from connectors.probes._resolver import Answer, NoAnswerError, answers_of_each, resolver_of, server_of, timed
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceObservation, ServiceState

RecordType = Literal["A", "AAAA", "MX", "TXT", "CNAME", "NS", "SOA"]


class DnsSettings(SourceSettings):
    name: str = Field(description="Name to ask for; with check: mail the domain after the @.")
    check: Literal["record", "mail"] = Field("record", description="One record, or the domain's SPF, DMARC and MX.")
    record: RecordType = Field("A", description="Record type to ask for.")
    expect: tuple[str, ...] = Field((), description="Values that must be among the answers; any answer when empty.")
    exactly: bool = Field(False, description="The expected values and no others.")
    resolvers: tuple[str, ...] = Field(
        (), description="Name servers to ask instead of this machine's, as address or address:port."
    )
    resolvers_are_the_service: bool = Field(
        False, description="The named servers themselves are watched: their silence is down, not unknown."
    )
    agree: bool = Field(
        False, description="Ask each of the named servers; degraded when they do not all give the same values."
    )
    limits: Limits = Field(default_factory=dict, description=LIMITS)
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")

    @field_validator("expect", "resolvers", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str) else value

    @field_validator("name")
    @classmethod
    def _name(cls, name: str) -> str:
        return network_host(name.rstrip("."))

    @field_validator("resolvers")
    @classmethod
    def _servers(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for host, port in map(server_of, addresses):
                ip_address(host)
                if not 0 < port < 65536:
                    raise ValueError
        except ValueError:
            raise ValueError("must list name servers by IP address, such as 192.0.2.53 or 192.0.2.53:5353") from None
        return addresses

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.agree and (len(self.resolvers) < 2 or self.check == "mail"):
            raise ValueError("agreement needs at least two resolvers and check: record")
        if self.exactly and not self.expect:
            raise ValueError("exactly needs the expected values; write them under expect")
        return self


class Dns(Probe):
    title = "Name service"
    docs_url = "https://dnspython.readthedocs.io/en/stable/async-resolver.html"
    Settings: ClassVar[type[SourceSettings]] = DnsSettings

    def host(self, target: Target) -> str:
        """The name servers asked; the names themselves cost nobody anything."""
        settings: DnsSettings = target.settings
        return " ".join(settings.resolvers)

    async def look(self, target: Target, run: Round) -> ServiceObservation:
        settings: DnsSettings = target.settings
        seconds, by_deadline = run.allows(settings.timeout_seconds)
        if settings.agree:
            answers = await answers_of_each(settings.resolvers, settings.name, settings.record, seconds)
            return not_in_time(target, run) if by_deadline and None in answers else _compared(target, run, answers)
        try:
            resolver = resolver_of(settings.resolvers or run.resolvers, seconds)
            if settings.check == "mail":
                return _mail_seen(target, run, await look_at_mail(resolver, settings.name))
            answer = await timed(resolver, settings.name, settings.record)
        except NoAnswerError as error:
            if by_deadline:
                return not_in_time(target, run)
            return _silent(target, run, str(error))
        return _judged(target, run, answer)


def _silent(target: Target, run: Round, sentence: str) -> ServiceObservation:
    settings: DnsSettings = target.settings
    if settings.resolvers_are_the_service and settings.resolvers:
        return _seen(target, run, ServiceState.DOWN, "timeout", sentence)
    return unknown(target, run, "resolver", sentence)


def _judged(target: Target, run: Round, answer: Answer) -> ServiceObservation:
    """The observation for what a server, or several of one mind, answered."""
    settings: DnsSettings = target.settings
    if answer.values is None:
        return _seen(target, run, ServiceState.DOWN, "name", "the name does not exist")
    wrong = _record_wrong(settings, answer.values)
    if wrong:
        return _seen(target, run, ServiceState.DOWN, "record", wrong, answer.seconds)
    return held_to(settings.limits, _seen(target, run, ServiceState.UP, "", "", answer.seconds))


def _compared(target: Target, run: Round, answers: Sequence[Answer | None]) -> ServiceObservation:
    """The observation for each server's own answer; the slowest counts as the time it took.

    What is wrong at any of them is down. Then they must agree, and all must have answered: a silent one is degraded
    where the servers are what is watched, and otherwise leaves their agreement unknown.
    """
    settings: DnsSettings = target.settings
    heard = sorted((one for one in answers if one is not None), key=lambda one: one.seconds, reverse=True)
    if not heard:
        return _silent(target, run, "none of the name servers gave an answer")
    judged = [_judged(target, run, one) for one in heard]
    worst = next((one for one in judged if one.state is ServiceState.DOWN), judged[0])
    sets = Counter(frozenset(_forms(settings.record, one)[0] for one in heard_of.values or ()) for heard_of in heard)
    others = len(heard) - sets.most_common(1)[0][1]
    silent = len(answers) - len(heard)
    if worst.state is ServiceState.DOWN and not others:
        return worst
    if others:
        state = ServiceState.DOWN if worst.state is ServiceState.DOWN and settings.expect else ServiceState.DEGRADED
        sentence = f"{others} of {len(heard)} name servers give other {settings.record} values than the rest"
        return _seen(target, run, state, "disagree", sentence, heard[0].seconds)
    if silent and settings.resolvers_are_the_service:
        sentence = f"{silent} of {len(answers)} name servers did not answer"
        return _seen(target, run, ServiceState.DEGRADED, "timeout", sentence, heard[0].seconds)
    if silent:
        sentence = f"{silent} of {len(answers)} name servers did not answer, so whether they agree is not known"
        return unknown(target, run, "resolver", sentence)
    return worst


def _record_wrong(settings: DnsSettings, values: Sequence[str]) -> str:
    if not values:
        return f"the name has no {settings.record} record"
    forms = [_forms(settings.record, value) for value in values]
    expected = {_forms(settings.record, wanted)[0] for wanted in settings.expect}
    missing = len(expected - {form for one in forms for form in one})
    if missing:
        return f"{missing} of {len(settings.expect)} expected {settings.record} values are missing"
    others = sum(expected.isdisjoint(one) for one in forms) if settings.exactly else 0
    return f"{others} more {settings.record} values than expected" if others else ""


def _forms(record: RecordType, value: str) -> list[str]:
    """The ways a value may be written, so that an MX may be expected with or without its preference."""
    if record == "TXT":
        return [value]
    plain = value.strip().rstrip(".").lower()
    if record in ("A", "AAAA"):
        try:
            return [str(ip_address(plain))]
        except ValueError:
            return [plain]
    return [plain, plain.rpartition(" ")[2]] if record == "MX" else [plain]


def _seen(
    target: Target,
    run: Round,
    state: ServiceState,
    reason: str,
    detail: str,
    seconds: float | None = None,
    controls: tuple[ControlResult, ...] = (),
) -> ServiceObservation:
    return observed(target, run, state, reason, detail, name_seconds=seconds, total_seconds=seconds, controls=controls)


def _mail_seen(target: Target, run: Round, findings: list[MailFinding]) -> ServiceObservation:
    """Down when mail cannot arrive, degraded when a rule is weak or missing, unknown when not all is known."""
    settings: DnsSettings = target.settings
    controls = tuple(
        ControlResult(
            framework="mail-dns",
            edition="",
            code=finding.code,
            subject=settings.name,
            state=finding.verdict,
            collected_at=run.clock(),
            reason=finding.reason,
        )
        for finding in findings
    )
    verdicts = {finding.code: finding.verdict for finding in findings}
    bad = [f for f in findings if f.verdict in (Verdict.FAIL, Verdict.WARN)]
    state, reason = ServiceState.UP, ""
    if Verdict.UNKNOWN in verdicts.values():
        state, reason = ServiceState.UNKNOWN, "resolver"
        bad = [finding for finding in findings if finding.verdict is Verdict.UNKNOWN]
    elif verdicts["MX"] is Verdict.FAIL:
        state, reason = ServiceState.DOWN, "record"
    elif bad:
        state, reason = ServiceState.DEGRADED, "record"
    detail = "; ".join(f"{finding.code}: {finding.reason}" for finding in bad)
    return _seen(target, run, state, reason, detail, None, controls)
