"""Which way mail leaves: what district.yaml says, with its passwords looked up only now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from firstbell.config.district import MailWay
from firstbell.config.loaded import District
from firstbell.config.secrets import SecretError, SecretReader, resolve
from firstbell.delivery.fallback import InOrder, Unusable
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.graph import GraphTransport
from firstbell.delivery.pace import Paced
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import Transport


def transport_of(district: District, state: Path, readers: Mapping[str, SecretReader]) -> Transport:
    """The district's way out, at its pace. Raises SecretError where the only way's password cannot be had."""
    mail = district.about.mail
    ways = ways_of(district, state, readers)
    if len(ways) == 1 and isinstance(ways[0], Unusable):
        raise SecretError(ways[0].sentence)
    return Paced(
        way=ways[0] if len(ways) == 1 else InOrder(tuple(ways)),
        per_login=mail.per_login,
        per_minute=mail.per_minute,
        pause_seconds=mail.pause_seconds,
    )


def ways_of(district: District, state: Path, readers: Mapping[str, SecretReader]) -> list[Transport]:
    """Each way by itself, in the order they are tried. One whose password cannot be had says so when opened."""
    mail = district.about.mail
    places = ["mail", *(f"mail.fallback.{number}" for number in range(len(mail.fallback)))]
    return [
        _way(district, state, readers, way, place)
        for place, way in zip(
            places, (mail.model_copy(update={"fallback": (), "inbox": None}), *mail.fallback), strict=True
        )
    ]


def _way(district: District, state: Path, readers: Mapping[str, SecretReader], way: MailWay, place: str) -> Transport:
    if way.transport == "file_drop":
        return FileDrop(state / way.folder)
    try:
        way = resolve(way, readers, f"district.yaml: {place}")
    except SecretError as error:
        return Unusable("Microsoft 365" if way.transport == "graph" else f"{way.host}:{way.port}", str(error))
    sender = district.about.mail.sender
    ca_bundle = str(district.folder / way.ca_bundle) if way.ca_bundle else ""
    if way.transport == "graph":
        return GraphTransport(
            tenant=way.tenant,
            client_id=way.client_id,
            client_secret=_plain(way.client_secret),
            sender=sender,
            login_url=way.login_url,
            graph_url=way.graph_url,
            ca_bundle=ca_bundle,
            timeout_seconds=way.timeout_seconds,
        )
    return SmtpTransport(
        host=way.host,
        port=way.port,
        security=way.security,
        sender=sender,
        username=way.username,
        password=_plain(way.password),
        ca_bundle=ca_bundle,
        timeout_seconds=way.timeout_seconds,
    )


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
