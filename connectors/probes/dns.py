"""Asks name servers for a record, or looks at a domain's mail records (SPF, DMARC, MX).

Silence of the name servers is unknown and never a fault of the domain. The findings about mail carry the rules of
RFC 7208 (SPF), RFC 7489 (DMARC) and RFC 7505 (a domain that takes no mail).
"""

from __future__ import annotations

from ipaddress import ip_address
from time import monotonic
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host
from connectors.probes._base import Probe, Round, Target, observed, unknown
from connectors.probes._mail_dns import MailFinding, look_at_mail
from connectors.probes._resolver import NoAnswerError, NoSuchNameError, ask, resolver_of, server_of
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceObservation, ServiceState

RecordType = Literal["A", "AAAA", "MX", "TXT", "CNAME"]


class DnsSettings(SourceSettings):
    name: str = Field(description="Name to ask for; with check: mail the domain after the @.")
    check: Literal["record", "mail"] = Field("record", description="One record, or the domain's SPF, DMARC and MX.")
    record: RecordType = Field("A", description="Record type to ask for.")
    expect: tuple[str, ...] = Field((), description="Values that must be among the answers; any answer when empty.")
    resolvers: tuple[str, ...] = Field(
        (), description="Name servers to ask instead of this machine's, as address or address:port."
    )
    resolvers_are_the_service: bool = Field(
        False, description="The named servers themselves are watched: their silence is down, not unknown."
    )
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
        seconds = min(settings.timeout_seconds or run.timeout_seconds, run.seconds_left())
        began = monotonic()
        try:
            resolver = resolver_of(settings.resolvers or run.resolvers, seconds)
            if settings.check == "mail":
                return _mail_seen(target, run, await look_at_mail(resolver, settings.name))
            values = await ask(resolver, settings.name, settings.record)
        except NoSuchNameError:
            return _seen(target, run, ServiceState.DOWN, "name", "the name does not exist")
        except NoAnswerError as error:
            if settings.resolvers_are_the_service and settings.resolvers:
                return _seen(target, run, ServiceState.DOWN, "timeout", str(error))
            return unknown(target, run, "resolver", str(error))
        took = monotonic() - began
        wrong = _record_wrong(settings, values)
        if wrong:
            return _seen(target, run, ServiceState.DOWN, "record", wrong, took)
        return _seen(target, run, ServiceState.UP, "", "", took)


def _record_wrong(settings: DnsSettings, values: list[str]) -> str:
    if not values:
        return f"the name has no {settings.record} record"
    found = {form for value in values for form in _forms(settings.record, value)}
    missing = sum(_forms(settings.record, wanted)[0] not in found for wanted in settings.expect)
    return f"{missing} of {len(settings.expect)} expected {settings.record} values are missing" if missing else ""


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
