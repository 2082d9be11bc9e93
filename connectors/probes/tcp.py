"""Opens a TCP connection, and if asked says something and waits for a text: mail, directory and database servers.

A connection proves that something listens. Only an expected text proves that the right thing answers: `SSH-2.0` of an
SSH server, `220` of a mail server. At most 64 kB of an answer are read, and none of it is kept.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints, field_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host
from connectors.probes._base import Probe, Round, Target
from connectors.probes._sockets import Stopwatch, TroubleError, addresses_of, no_connection, seen_by
from firstbell.records import ServiceObservation, ServiceState

ANSWER_BYTES = 65_536
CHUNK_BYTES = 4_096


Verbatim = Annotated[str, StringConstraints(strip_whitespace=False)]
"""Text in which blanks and line ends count."""


class TcpSettings(SourceSettings):
    host: str = Field(description="Host name or address to connect to.")
    port: int = Field(ge=1, le=65535, description="Port to connect to.")
    send: Verbatim = Field(
        "", max_length=1000, description=r'Text to send once connected; "QUIT\r\n" in YAML\'s quotes.'
    )
    expect: Verbatim = Field("", max_length=1000, description="Text that the answer must hold, such as 220 or SSH-2.0.")
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")

    @field_validator("host")
    @classmethod
    def _name(cls, name: str) -> str:
        return network_host(name)


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
        try:
            async with asyncio.timeout(min(settings.timeout_seconds or run.timeout_seconds, run.seconds_left())):
                await _talk(settings, watch)
        except TroubleError as trouble:
            return seen_by(watch, target, run, *trouble.told)
        except TimeoutError:
            return seen_by(watch, target, run, *_too_slow(watch).told)
        return seen_by(watch, target, run)


async def _talk(settings: TcpSettings, watch: Stopwatch) -> None:
    """Connect to the first address that takes us, send, and wait for the text. Raises TroubleError, TimeoutError."""
    reader, writer = await _connected(settings, watch)
    try:
        if settings.send:
            writer.write(settings.send.encode())
            await writer.drain()
        if settings.expect:
            await _answered(reader, settings.expect.encode(), watch)
    except OSError:
        raise TroubleError(ServiceState.DOWN, "reset", "the connection broke while we talked") from None
    finally:
        writer.transport.abort()


async def _connected(settings: TcpSettings, watch: Stopwatch) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    found = await addresses_of(settings.host, settings.port)
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


async def _answered(reader: asyncio.StreamReader, wanted: bytes, watch: Stopwatch) -> None:
    """Read until the wanted text came. Raises TroubleError where the server ends or says too much without it."""
    answer = b""
    while wanted not in answer:
        chunk = await reader.read(CHUNK_BYTES)
        if not chunk:
            sentence = "the answer does not hold the expected text" if answer else "the server closed without an answer"
            raise TroubleError(ServiceState.DOWN, "body" if answer else "reset", sentence)
        watch.first_byte = watch.first_byte or watch.now()
        answer += chunk
        if len(answer) > ANSWER_BYTES:
            raise TroubleError(ServiceState.DOWN, "body", "64 kB came without the expected text")


def _too_slow(watch: Stopwatch) -> TroubleError:
    if watch.name is None:
        return TroubleError(ServiceState.UNKNOWN, "resolver", "name service here did not answer in time")
    phase = "the connection was still being made"
    if watch.connect is not None:
        phase = "the expected text had not come" if watch.first_byte else "connected, but the answer had not begun"
    return TroubleError(ServiceState.DOWN, "timeout", f"no full answer in time: {phase}")
