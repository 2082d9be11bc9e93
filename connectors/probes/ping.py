"""Sends ICMP echo requests and waits for the first answer (RFC 792, RFC 4443).

For what has no better probe: switches, access points, printers, cameras. An answer proves that the network card works,
not that anything else does. Linux lets a user ping where `net.ipv4.ping_group_range` holds one of the user's groups, as
most distributions set it; without that right every look is unknown, and says so.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from contextlib import suppress
from typing import Any, ClassVar

from pydantic import Field, field_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host
from connectors.probes._base import Probe, Round, Target, not_in_time
from connectors.probes._ip_version import IP_VERSION, IpVersion
from connectors.probes._limits import LIMITS, Limits, held_to
from connectors.probes._sockets import OUR_OWN, Address, Stopwatch, TroubleError, addresses_of, seen_by
from firstbell.records import ServiceObservation, ServiceState

ECHO = {socket.AF_INET: (8, 0, socket.IPPROTO_ICMP), socket.AF_INET6: (128, 129, socket.IPPROTO_ICMPV6)}
"""Type of the request and of its answer, and the protocol, by family."""

HEADER = struct.Struct("!BBHHH")
"""Type, code, checksum, identifier, sequence number."""

IPV4_HEADER_UNIT = 4


class PingSettings(SourceSettings):
    host: str = Field(description="Host name or address.")
    packets: int = Field(3, ge=1, le=10, description="Requests sent at most; the first answer counts.")
    ip_version: IpVersion = Field("any", description=IP_VERSION)
    limits: Limits = Field(default_factory=dict, description=LIMITS)
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")

    @field_validator("host")
    @classmethod
    def _name(cls, name: str) -> str:
        return network_host(name)


class Ping(Probe):
    title = "Ping (ICMP echo)"
    docs_url = "https://www.rfc-editor.org/rfc/rfc792"
    Settings: ClassVar[type[SourceSettings]] = PingSettings

    def host(self, target: Target) -> str:
        settings: PingSettings = target.settings
        return settings.host

    async def look(self, target: Target, run: Round) -> ServiceObservation:
        settings: PingSettings = target.settings
        watch = Stopwatch.started()
        limit, by_deadline = run.allows(settings.timeout_seconds)
        try:
            async with asyncio.timeout(limit):
                found = await addresses_of(settings.host, 0, settings.ip_version)
                watch.name = watch.now()
                await _echoed(found[0], settings.packets, limit / settings.packets)
        except TroubleError as trouble:
            return seen_by(watch, target, run, *trouble.told)
        except TimeoutError:
            if by_deadline:
                return not_in_time(target, run)
            if watch.name is None:
                return seen_by(watch, target, run, ServiceState.UNKNOWN, "resolver", "name service did not answer")
            return seen_by(watch, target, run, ServiceState.DOWN, "timeout", "no answer to a ping in time")
        return held_to(settings.limits, seen_by(watch, target, run))


async def _echoed(address: Address, packets: int, pause: float) -> None:
    """Send a request every `pause` seconds until one is answered. Raises TimeoutError, TroubleError."""
    family, place = address
    identifier = int.from_bytes(os.urandom(2), "big")
    with _socket(family) as icmp:
        for number in range(packets):
            try:
                await _send(icmp, request(family, identifier, number), place)
            except OSError as error:
                raise _unsent(error) from None
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await _answer(icmp, family, place[0], identifier)
                    return
    raise TimeoutError


def _socket(family: socket.AddressFamily) -> socket.socket:
    """A non-blocking socket for echoes: the kind that users may open, else the raw kind of privileged ones."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        with suppress(PermissionError):
            icmp = socket.socket(family, kind, ECHO[family][2])
            icmp.setblocking(False)
            return icmp
    raise TroubleError(
        ServiceState.UNKNOWN, "setup", "this user may not ping; let net.ipv4.ping_group_range hold the user's group"
    )


async def _send(icmp: socket.socket, packet: bytes, place: tuple[Any, ...]) -> None:
    await asyncio.get_running_loop().sock_sendto(icmp, packet, (place[0], 0, *place[2:]))


async def _answer(icmp: socket.socket, family: socket.AddressFamily, whom: Any, identifier: int) -> None:
    """Wait for the answer of the one we asked to one of our requests; a raw socket hears everybody's."""
    loop = asyncio.get_running_loop()
    while True:
        told, sender = await loop.sock_recvfrom(icmp, 2048)
        raw = icmp.type == socket.SOCK_RAW
        if raw and family == socket.AF_INET:
            told = told[(told[0] & 0x0F) * IPV4_HEADER_UNIT :]
        if len(told) < HEADER.size or sender[0] != whom:
            continue
        kind, _, _, whose, _ = HEADER.unpack_from(told)
        # The system chooses the identifier of a user's socket and hands over only the answers to it.
        if kind == ECHO[family][1] and (not raw or whose == identifier):
            return


def request(family: socket.AddressFamily, identifier: int, number: int) -> bytes:
    """An echo request with the Internet checksum (RFC 1071); for IPv6 the system computes it."""
    payload = b"firstbell"
    bare = HEADER.pack(ECHO[family][0], 0, 0, identifier, number) + payload
    return HEADER.pack(ECHO[family][0], 0, checksum(bare), identifier, number) + payload


def checksum(packet: bytes) -> int:
    """The ones' complement of the ones' complement sum of all 16-bit words.

    >>> hex(checksum(bytes.fromhex("0001f203f4f5f6f7")))
    '0x220d'
    """
    padded = packet + b"\0" * (len(packet) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _unsent(error: OSError) -> TroubleError:
    if error.errno in OUR_OWN:
        return TroubleError(ServiceState.UNKNOWN, "network", "this machine could not send of its own")
    if error.errno in (errno.EACCES, errno.EPERM):
        return TroubleError(ServiceState.UNKNOWN, "setup", "this machine does not let a ping out; look at its firewall")
    return TroubleError(ServiceState.DOWN, "unreachable", "no way to the host")
