"""What sockets of our own share: a host's addresses within a limit, and what a broken connection says."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic
from typing import Any

from connectors.probes._base import Round, Target, observed
from connectors.probes._thread import in_thread
from firstbell.records import ServiceObservation, ServiceState

OUR_OWN = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
)
"""Errors that say something of this machine and nothing of the target."""

Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family and what connects to it."""


class TroubleError(Exception):
    """Why a look ended early: the state, a short reason code and a sentence."""

    def __init__(self, state: ServiceState, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.told = (state, reason, sentence)


@dataclass(slots=True)
class Stopwatch:
    """The phases of one look, in seconds from its start; None where a phase was not reached."""

    began: float
    name: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None

    @classmethod
    def started(cls) -> Stopwatch:
        return cls(monotonic())

    def now(self) -> float:
        return monotonic() - self.began


IPV4 = 4
FAMILIES = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}


async def addresses_of(host: str, port: int, ip_version: str = "any") -> list[Address]:
    """Where a host is, in the order of the system's preference.

    Raises TroubleError: down where the name does not exist, unknown where name service here does not answer.
    """
    with suppress(ValueError):
        version = ip_address(host).version
        family = socket.AF_INET if version == IPV4 else socket.AF_INET6
        if ip_version not in ("any", str(version)):
            raise TroubleError(ServiceState.DOWN, "name", f"the host has no IPv{ip_version} address")
        return [(family, (host, port) if version == IPV4 else (host, port, 0, 0))]
    found: list[Address] = []
    failed: list[socket.gaierror] = []

    def resolve() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(host, port, FAMILIES[ip_version], socket.SOCK_STREAM):
                found.append((family, address))
        except socket.gaierror as error:
            failed.append(error)

    await in_thread(resolve)
    if failed:
        if failed[0].errno in (socket.EAI_NONAME, socket.EAI_NODATA, socket.EAI_ADDRFAMILY):
            raise TroubleError(ServiceState.DOWN, "name", "the host name does not resolve")
        raise TroubleError(ServiceState.UNKNOWN, "resolver", "name service here did not answer in time")
    return found


def no_connection(number: int | None) -> TroubleError:
    """The trouble of a connection that was not made, by the system's error number."""
    if number in OUR_OWN:
        return TroubleError(ServiceState.UNKNOWN, "network", "this machine could not open a connection of its own")
    if number == errno.ECONNREFUSED:
        return TroubleError(ServiceState.DOWN, "refused", "the connection was refused")
    if number == errno.ECONNRESET:
        return TroubleError(ServiceState.DOWN, "reset", "the connection broke as soon as it was made")
    return TroubleError(ServiceState.DOWN, "unreachable", "no connection to the server")


def seen_by(
    watch: Stopwatch,
    target: Target,
    run: Round,
    state: ServiceState = ServiceState.UP,
    reason: str = "",
    detail: str = "",
) -> ServiceObservation:
    """The observation of a look that has ended, with the phases it reached."""
    return observed(
        target,
        run,
        state,
        reason,
        detail,
        name_seconds=watch.name,
        connect_seconds=watch.connect,
        tls_seconds=watch.tls,
        first_byte_seconds=watch.first_byte,
        total_seconds=watch.now(),
    )
