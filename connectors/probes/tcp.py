"""Opens a TCP connection, and if asked talks: mail, directory and database servers.

A connection proves that something listens. Only an expected text proves that the right thing answers: `SSH-2.0` of an
SSH server, `220` of a mail server. `dialogue` goes step by step, through STARTTLS too. At most 64 kB of an answer are
read, and none of it is kept.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from connectors._base import SourceSettings
from connectors.probes import _certificate
from connectors.probes._address import network_host
from connectors.probes._base import Probe, Round, Target, not_in_time
from connectors.probes._batch import trusted_bundle
from connectors.probes._ip_version import IP_VERSION, IpVersion
from connectors.probes._limits import LIMITS, Limits, held_to
from connectors.probes._sockets import Stopwatch, TroubleError, addresses_of, no_connection, seen_by
from firstbell.clock import utc_now
from firstbell.records import ServiceObservation, ServiceState

ANSWER_BYTES = 65_536
CHUNK_BYTES = 4_096


Verbatim = Annotated[str, StringConstraints(strip_whitespace=False)]
"""Text in which blanks and line ends count."""


class Step(SourceSettings):
    """One step of a dialogue: wait for a text, send one, begin TLS; in this order, each where it is set."""

    expect: Verbatim = Field("", max_length=1000, description="Text to wait for.")
    send: Verbatim = Field("", max_length=1000, description="Text to send then.")
    starttls: bool = Field(False, description="Then go on with TLS, as after a mail server's answer to STARTTLS.")


class TcpSettings(SourceSettings):
    host: str = Field(description="Host name or address to connect to.")
    port: int = Field(ge=1, le=65535, description="Port to connect to.")
    tls: bool = Field(False, description="TLS from the first byte, as on ports 636, 993 and 465.")
    server_name: str = Field(
        "", description="Name the certificate must bear, where TLS is spoken; the host when empty."
    )
    send: Verbatim = Field(
        "", max_length=1000, description=r'Text to send once connected; "QUIT\r\n" in YAML\'s quotes.'
    )
    expect: Verbatim = Field("", max_length=1000, description="Text that the answer must hold, such as 220 or SSH-2.0.")
    dialogue: tuple[Step, ...] = Field(
        (),
        max_length=20,
        description='Steps instead of send and expect: [{expect: "220 ", send: "STARTTLS\\r\\n"}, '
        '{expect: "220 ", starttls: true}, {send: "QUIT\\r\\n"}, {expect: "221 "}].',
    )
    ip_version: IpVersion = Field("any", description=IP_VERSION)
    limits: Limits = Field(default_factory=dict, description=LIMITS)
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")

    @field_validator("host", "server_name")
    @classmethod
    def _name(cls, name: str) -> str:
        return network_host(name) if name else name

    @field_validator("host")
    @classmethod
    def _needed(cls, name: str) -> str:
        if not name:
            raise ValueError("must name a host")
        return name

    @model_validator(mode="after")
    def _one_way_of_talking(self) -> Self:
        if self.dialogue and (self.send or self.expect):
            raise ValueError("takes either send and expect or a dialogue; write them as its steps")
        return self

    @property
    def steps(self) -> tuple[Step, ...]:
        """All that is said and waited for, in its order."""
        return self.dialogue or (Step(send=self.send), Step(expect=self.expect))


@dataclass(slots=True)
class Talk:
    """An open connection and what came over it and was not yet waited for."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: Stopwatch
    answer: bytes = b""
    read: int = 0

    async def wait_for(self, wanted: bytes) -> None:
        """Read until the wanted text came. Raises TroubleError where the server ends or says too much without it."""
        while wanted not in self.answer:
            chunk = await self.reader.read(CHUNK_BYTES)
            if not chunk:
                raise self._ended()
            self.watch.first_byte = self.watch.first_byte or self.watch.now()
            self.answer += chunk
            self.read += len(chunk)
            if self.read > ANSWER_BYTES:
                raise TroubleError(ServiceState.DOWN, "body", "64 kB came without the expected text")
        self.answer = self.answer.partition(wanted)[2]

    def _ended(self) -> TroubleError:
        if self.answer:
            return TroubleError(ServiceState.DOWN, "body", "the answer does not hold the expected text")
        return TroubleError(ServiceState.DOWN, "reset", "the server closed without an answer")

    async def go_on_with_tls(self, context: ssl.SSLContext, name: str) -> None:
        """Agree on TLS; what came in the clear counts no more (RFC 3207, section 6)."""
        self.answer = b""
        try:
            await self.writer.start_tls(context, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            why = _certificate.refusal(error.verify_code, (), utc_now())
            raise TroubleError(ServiceState.DOWN, "certificate", why) from None
        except ssl.SSLError:
            raise TroubleError(ServiceState.DOWN, "tls", "no TLS connection could be agreed on") from None
        self.watch.tls = self.watch.now()


class Tcp(Probe):
    title = "TCP port"
    docs_url = "https://www.rfc-editor.org/rfc/rfc9293"
    Settings: ClassVar[type[SourceSettings]] = TcpSettings

    def host(self, target: Target) -> str:
        settings: TcpSettings = target.settings
        return settings.host

    async def look(self, target: Target, run: Round) -> ServiceObservation:
        settings: TcpSettings = target.settings
        watch = Stopwatch.started()
        seconds, by_deadline = run.allows(settings.timeout_seconds)
        try:
            async with asyncio.timeout(seconds):
                await _talk(settings, watch, run)
        except TroubleError as trouble:
            return seen_by(watch, target, run, *trouble.told)
        except TimeoutError:
            return not_in_time(target, run) if by_deadline else seen_by(watch, target, run, *_too_slow(watch).told)
        return held_to(settings.limits, seen_by(watch, target, run))


async def _talk(settings: TcpSettings, watch: Stopwatch, run: Round) -> None:
    """Connect to the first address that takes us and go through the steps. Raises TroubleError, TimeoutError."""
    secure = settings.tls or any(step.starttls for step in settings.steps)
    context = _trusting(run) if secure else None
    name = settings.server_name or settings.host
    async with _connected(settings, watch) as talk:
        if settings.tls and context:
            await talk.go_on_with_tls(context, name)
        for step in settings.steps:
            if step.expect:
                await talk.wait_for(step.expect.encode())
            if step.send:
                talk.writer.write(step.send.encode())
                await talk.writer.drain()
            if step.starttls and context:
                await talk.go_on_with_tls(context, name)


def _trusting(run: Round) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=trusted_bundle(run))
    except (OSError, ssl.SSLError):
        sentence = "the file of trusted issuers (CA bundle) cannot be read on this machine"
        raise TroubleError(ServiceState.UNKNOWN, "setup", sentence) from None


@asynccontextmanager
async def _connected(settings: TcpSettings, watch: Stopwatch) -> AsyncIterator[Talk]:
    """A connection to the first address that takes us, cut at the end. Raises TroubleError."""
    reader, writer = await _first_that_takes_us(settings, watch)
    try:
        yield Talk(reader, writer, watch)
    except OSError:
        raise TroubleError(ServiceState.DOWN, "reset", "the connection broke while we talked") from None
    finally:
        writer.transport.abort()


async def _first_that_takes_us(
    settings: TcpSettings, watch: Stopwatch
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    found = await addresses_of(settings.host, settings.port, settings.ip_version)
    watch.name = watch.now()
    trouble = no_connection(None)
    for family, address in found:
        try:
            streams = await asyncio.open_connection(str(address[0]), settings.port, family=family)
        except OSError as error:
            trouble = no_connection(error.errno)
        else:
            watch.connect = watch.now()
            return streams
    raise trouble


def _too_slow(watch: Stopwatch) -> TroubleError:
    if watch.name is None:
        return TroubleError(ServiceState.UNKNOWN, "resolver", "name service here did not answer in time")
    phase = "the connection was still being made"
    if watch.connect is not None:
        phase = "the expected text had not come" if watch.first_byte else "connected, but the answer had not begun"
    return TroubleError(ServiceState.DOWN, "timeout", f"no full answer in time: {phase}")
