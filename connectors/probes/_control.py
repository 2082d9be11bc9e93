"""Whether this machine can look at all: what its own network, not a service, keeps from it."""

from __future__ import annotations

import asyncio

from connectors.probes._base import Round
from connectors.probes._resolver import NoAnswerError, NoSuchNameError, ask, resolver_of

CONTROL_SECONDS = 5.0


async def own_trouble(run: Round) -> tuple[str, str]:
    """Why nothing can be said of any service in this round: a reason code and a sentence; empty where all is well."""
    if run.control_name:
        trouble = await control_trouble(run)
        if trouble:
            return "resolver", trouble
    if run.control_address and not await _reached(run):
        return "route", "the control address cannot be reached from here, so nothing can be said of any service"
    return "", ""


async def _reached(run: Round) -> bool:
    """Whether the control address takes a connection."""
    host, _, port = run.control_address.rpartition(":")
    try:
        async with asyncio.timeout(min(CONTROL_SECONDS, run.seconds_left())):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except OSError:
        return False
    writer.transport.abort()
    return True


async def control_trouble(run: Round) -> str:
    """Why name service cannot be relied on in this round, as a sentence; empty when the control name resolves."""
    try:
        resolver = resolver_of(run.resolvers, min(CONTROL_SECONDS, run.seconds_left()))
        for record in ("A", "AAAA"):
            if await ask(resolver, run.control_name, record):
                return ""
    except NoSuchNameError:
        return "name service here denies the control name, so nothing can be said of any service"
    except NoAnswerError:
        return "name service here does not answer, so nothing can be said of any service"
    return "name service here knows no address of the control name, so nothing can be said of any service"
