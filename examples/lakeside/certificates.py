"""A made-up authority and what it vouches for: the mail server and two web addresses on this machine."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import trustme

ENDING_IN = timedelta(days=12)
"""How long the payroll page's certificate still holds."""


@dataclass(frozen=True)
class Authority:
    """The authority, and the file by which clients know it."""

    ca: trustme.CA
    file: Path

    def server_context(self, *, not_after: datetime | None = None) -> ssl.SSLContext:
        """What a server on this machine speaks TLS with; `not_after` is when its certificate ends."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ca.issue_cert("localhost", "127.0.0.1", not_after=not_after).configure_cert(context)
        return context


def make_authority(file: Path) -> Authority:
    """The authority whose certificate stands in `file`; made, with its key beside it, where there is none."""
    key = file.with_name(f"{file.stem}-key.pem")
    if key.exists():
        return Authority(trustme.CA.from_pem(file.read_bytes(), key.read_bytes()), file)
    ca = trustme.CA(organization_name="Lakeside Schools (SAMPLE)")
    file.parent.mkdir(parents=True, exist_ok=True)
    ca.cert_pem.write_to_path(file)
    key.touch(mode=0o600)
    ca.private_key_pem.write_to_path(key)
    return Authority(ca, file)
