"""Which way mail leaves: what district.yaml says, with its password looked up only now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from firstbell.config.loaded import District
from firstbell.config.secrets import SecretReader, resolve
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import Transport


def transport_of(district: District, state: Path, readers: Mapping[str, SecretReader]) -> Transport:
    """The district's way out. Raises SecretError where the password cannot be had."""
    mail = resolve(district.about.mail, readers, "district.yaml: mail")
    if mail.transport == "file_drop":
        return FileDrop(state / mail.folder)
    return SmtpTransport(
        host=mail.host,
        port=mail.port,
        security=mail.security,
        sender=mail.sender,
        username=mail.username,
        password=mail.password.get_secret_value() if mail.password else "",
        ca_bundle=str(district.folder / mail.ca_bundle) if mail.ca_bundle else "",
        timeout_seconds=mail.timeout_seconds,
    )
