"""Host names and addresses of the district folder, brought into the form that the network uses."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import quote, urlsplit, urlunsplit

import idna

_HOST_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?")


def network_host(host: str) -> str:
    """A host name in ASCII (`xn--` form), or an IP address, both in lower case.

    Raises ValueError with a sentence that does not quote the name.
    """
    try:
        return str(ip_address(host.strip("[]")))
    except ValueError:
        pass
    try:
        name = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode()
    except UnicodeError:
        raise ValueError(
            "has a host name that DNS cannot carry (an emoji, an empty or an over-long part); write it in its xn-- form"
        ) from None
    if not _HOST_NAME.fullmatch(name):
        raise ValueError("has a host name with characters that no host name may have; check the spelling")
    return name


def web_address(url: str) -> str:
    """An http or https address in ASCII, without credentials.

    Raises ValueError with a sentence that does not quote the address.
    """
    if any(not character.isprintable() or character.isspace() for character in url):
        raise ValueError("holds blanks or control characters; write the address without them")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("cannot be read as an address; write it like https://www.example.org/") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must begin with http:// or https:// and a host name")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or password; a probe looks at pages that need none")
    host = network_host(parts.hostname)
    place = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    path, query = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~"), quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return urlunsplit((parts.scheme, place, path, query, ""))
