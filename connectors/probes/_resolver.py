"""Questions to name servers, without threads and within a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.rdatatype
import dns.resolver


class NoAnswerError(Exception):
    """No name server gave a usable answer: nothing is known about the name."""


class NoSuchNameError(Exception):
    """The name servers say that the name does not exist."""


def resolver_of(addresses: Sequence[str], seconds: float) -> dns.asyncresolver.Resolver:
    """A resolver over the given servers ("192.0.2.53", "192.0.2.53:5353", "[2001:db8::1]:5353"), or this machine's.

    Raises NoAnswerError when this machine names no server.
    """
    try:
        resolver = dns.asyncresolver.Resolver(configure=not addresses)
    except dns.resolver.NoResolverConfiguration:
        raise NoAnswerError("this machine has no name server configured") from None
    if addresses:
        resolver.nameservers = [dns.nameserver.Do53Nameserver(*server_of(address)) for address in addresses]
    resolver.lifetime = seconds
    resolver.timeout = max(0.05, min(2.0, seconds / 2))
    return resolver


def server_of(address: str) -> tuple[str, int]:
    """Host and port of a name server's address; 53 when it names none."""
    if address.startswith("["):
        host, _, port = address[1:].partition("]")
        return host, int(port.lstrip(":") or 53)
    if address.count(":") == 1:
        host, _, port = address.partition(":")
        return host, int(port)
    return address, 53


async def ask(resolver: dns.asyncresolver.Resolver, name: str, record: str) -> list[str]:
    """The values of a name's records in text form, TXT strings joined; empty when the name has none of this type.

    Raises NoSuchNameError, and NoAnswerError for silence, refusal or a server's own failure.
    """
    try:
        answer = await resolver.resolve(name, record, search=False)
    except dns.resolver.NoAnswer:
        return []
    except dns.resolver.NXDOMAIN:
        raise NoSuchNameError(name) from None
    except (dns.exception.DNSException, OSError) as error:
        raise NoAnswerError(f"no name server gave an answer ({type(error).__name__})") from None
    if answer.rdtype == dns.rdatatype.TXT:
        return [b"".join(data.strings).decode("utf-8", "replace") for data in answer]
    return [data.to_text() for data in answer]


@dataclass(frozen=True, slots=True)
class Answer:
    """A name's values, None where the name does not exist, and the seconds that the answer took."""

    values: tuple[str, ...] | None
    seconds: float


async def timed(resolver: dns.asyncresolver.Resolver, name: str, record: str) -> Answer:
    """The values of a name's records and how long it took. Raises NoAnswerError."""
    began = monotonic()
    values: tuple[str, ...] | None = None
    with suppress(NoSuchNameError):
        values = tuple(await ask(resolver, name, record))
    return Answer(values, monotonic() - began)


async def answers_of_each(servers: Sequence[str], name: str, record: str, seconds: float) -> list[Answer | None]:
    """What each server by itself answers, asked at the same time; None for one that gives no answer."""

    async def of(server: str) -> Answer | None:
        try:
            return await timed(resolver_of((server,), seconds), name, record)
        except NoAnswerError:
            return None

    return list(await asyncio.gather(*map(of, servers)))
