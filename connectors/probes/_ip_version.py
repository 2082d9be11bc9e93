"""Looking over IPv4 or IPv6 alone, as every kind of look can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator


def _as_text(version: object) -> object:
    return str(version) if isinstance(version, int) else version


IpVersion = Annotated[Literal["any", "4", "6"], BeforeValidator(_as_text)]
IP_VERSION = "Look over IPv4 (4) or IPv6 (6) alone; any takes what answers first."
