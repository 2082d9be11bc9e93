"""Walks an SPF record through its includes. https://www.rfc-editor.org/rfc/rfc7208"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dns.asyncresolver import Resolver

from connectors.probes._resolver import NoSuchNameError, ask

_TERM = re.compile(r"^(?P<qualifier>[-+~?]?)(?P<name>[a-z][a-z0-9_.-]*)(?P<rest>[:=/].*)?$", re.IGNORECASE)
_COUNTED = frozenset({"include", "a", "mx", "ptr", "exists"})
_MECHANISMS = _COUNTED | {"all", "ip4", "ip6"}


class SpfError(Exception):
    """What makes receivers treat the record as missing or broken, as a sentence."""


@dataclass(slots=True)
class Walk:
    """What is known of a record so far: the lookups it costs, and the qualifier of its `all` ("" without one)."""

    limit: int
    lookups: int = 0
    all_qualifier: str = ""


async def walk_spf(resolver: Resolver, domain: str, limit: int) -> Walk:
    """Count the lookups of a domain's SPF record, includes and redirects among them, and find its `all`.

    Stops one above the limit, which ends every loop. Raises SpfError, and NoAnswerError when a name server is silent.
    """
    walk = Walk(limit)
    walk.all_qualifier = await _follow(resolver, domain, walk, "the domain")
    return walk


async def _record(resolver: Resolver, domain: str, place: str) -> str:
    try:
        texts = await ask(resolver, domain, "TXT")
    except NoSuchNameError:
        texts = []
    records = [text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 ")]
    if not records:
        raise SpfError(f"{place} has no SPF record")
    if len(records) > 1:
        raise SpfError(f"{place} has {len(records)} SPF records, so receivers treat them as broken")
    return records[0]


async def _follow(resolver: Resolver, domain: str, walk: Walk, place: str) -> str:
    """Count one record's terms into `walk`; the qualifier of the `all` that ends it, or its redirect's."""
    redirect = ""
    for term in (await _record(resolver, domain, place)).split()[1:]:
        match = _TERM.match(term)
        name, rest = (match["name"].lower(), match["rest"] or "") if match else ("", "")
        if match and rest.startswith("=") and not match["qualifier"]:
            redirect = rest[1:] if name == "redirect" else redirect
            continue
        if not match or name not in _MECHANISMS:
            raise SpfError(f"{place} has an SPF record with a term that SPF does not know")
        if name == "all":
            return match["qualifier"] or "+"
        if name in _COUNTED:
            walk.lookups += 1
        if name == "include":
            await _nested(resolver, rest[1:], walk)
        if walk.lookups > walk.limit:
            return ""
    if not redirect:
        return ""
    walk.lookups += 1
    return await _nested(resolver, redirect, walk)


async def _nested(resolver: Resolver, domain: str, walk: Walk) -> str:
    # A macro ("%{i}._spf.example.org") depends on the mail at hand; it costs its lookup and leads nowhere from here.
    if walk.lookups > walk.limit or "%" in domain:
        return ""
    return await _follow(resolver, domain.rstrip("."), walk, "an included domain")
