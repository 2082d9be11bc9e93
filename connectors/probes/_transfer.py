"""One libcurl easy handle, used for many looks, one after the other. https://curl.se/libcurl/c/"""

from __future__ import annotations

from collections import deque
from enum import Enum, auto
from typing import Any, NamedTuple

import pycurl

from connectors.probes._base import Target
from firstbell.records import ServiceObservation

DISCARD = deque[Any](maxlen=0).append
"""Takes what libcurl hands over and keeps nothing; in C, so that an unread body costs no Python code."""

IP_VERSIONS = {"any": pycurl.IPRESOLVE_WHATEVER, "4": pycurl.IPRESOLVE_V4, "6": pycurl.IPRESOLVE_V6}

SHARED = (
    (pycurl.NOSIGNAL, 1),
    (pycurl.FRESH_CONNECT, 1),
    (pycurl.FORBID_REUSE, 1),
    # A resumed session shows no whole chain, and is no test of the handshake that a newcomer makes.
    (pycurl.SSL_SESSIONID_CACHE, 0),
    (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    (pycurl.REDIR_PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
    # An empty proxy overrules the environment: what stands between us and the target is to be the target's own.
    (pycurl.PROXY, ""),
    (pycurl.OPT_CERTINFO, 1),
    (pycurl.MAXREDIRS, 5),
    (pycurl.USERAGENT, "Firstbell (service check)"),
)


class Timings(NamedTuple):
    """Seconds from the start of the transfer; None where that phase was not reached."""

    name: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    total: float | None


class Second(Enum):
    """What a second handshake with the same server is made for."""

    CERTIFICATE = auto()
    """To read the certificate that was refused."""
    OLD_PROTOCOLS = auto()
    """To hear whether the server agrees to TLS 1.0 or 1.1."""


class Transfer:
    """One easy handle, and what it has collected for the target it serves now."""

    __slots__ = (
        "_bundle",
        "body",
        "curl",
        "headers",
        "host",
        "index",
        "noted",
        "profile",
        "refused",
        "second",
        "stopped",
        "target",
    )

    def __init__(self, ca_bundle: str) -> None:
        self.curl = pycurl.Curl()
        self._bundle = ca_bundle
        self.body = bytearray()
        self.headers: list[bytes] = []
        self.target: Target
        self.host = ""
        self.index = 0
        self.profile: object = None
        self.refused = 0
        """OpenSSL's code of the refusal, once the first handshake was refused."""
        self.second: Second | None = None
        self.noted: ServiceObservation | None = None
        """What the first handshake told; it stands where the second one tells nothing."""
        self.stopped = ""
        """Why we ourselves broke the transfer off, as a reason code."""
        self._set_shared()

    def _set_shared(self) -> None:
        for option, value in SHARED:
            self.curl.setopt(option, value)
        self.curl.setopt(pycurl.CAINFO, self._bundle)

    def fits(self, profile: object) -> bool:
        """Whether the handle is set up for an equal profile already; otherwise it is bare again, secrets too."""
        if profile is not None and profile == self.profile:
            return True
        self.curl.reset()
        self._set_shared()
        self.profile = profile
        return False

    def set_verify(self, verify: bool) -> None:
        self.curl.setopt(pycurl.SSL_VERIFYPEER, int(verify))
        self.curl.setopt(pycurl.SSL_VERIFYHOST, 2 if verify else 0)

    def take_at_most(self, limit: int) -> None:
        """Keep the body, and break off beyond `limit` bytes; what is counted is unpacked (a gzip bomb is small)."""
        body = self.body

        def take(data: bytes) -> int:
            if len(body) + len(data) > limit:
                self.stopped = "too_large"
                return -1
            body.extend(data)
            return len(data)

        self.curl.setopt(pycurl.WRITEFUNCTION, take)

    def shake_hands_again(self, purpose: Second, noted: ServiceObservation) -> None:
        """Prepare a second handshake with the server that answered last; nothing is sent to it after that."""
        self.second, self.noted, self.profile = purpose, noted, None
        self.curl.setopt(pycurl.URL, self.curl.getinfo(pycurl.EFFECTIVE_URL))
        self.curl.setopt(pycurl.CONNECT_ONLY, 1)
        self.set_verify(False)
        if purpose is Second.OLD_PROTOCOLS:
            self.curl.setopt(pycurl.SSLVERSION, pycurl.SSLVERSION_TLSv1_0 | pycurl.SSLVERSION_MAX_TLSv1_1)
            # OpenSSL 3 itself agrees to these only at the lowest security level; we want to hear what the server does.
            self.curl.setopt(pycurl.SSL_CIPHER_LIST, "ALL:@SECLEVEL=0")

    def forget(self) -> None:
        """Be ready for the next target."""
        self.second, self.noted, self.stopped = None, None, ""
        self.body.clear()
        self.headers.clear()

    def read_timings(self) -> Timings:
        get = self.curl.getinfo
        return Timings(
            get(pycurl.NAMELOOKUP_TIME) or None,
            get(pycurl.CONNECT_TIME) or None,
            get(pycurl.APPCONNECT_TIME) or None,
            # libcurl gives the end of a failed transfer here; only with a status has a byte really come.
            get(pycurl.STARTTRANSFER_TIME) if get(pycurl.RESPONSE_CODE) else None,
            get(pycurl.TOTAL_TIME) or None,
        )
