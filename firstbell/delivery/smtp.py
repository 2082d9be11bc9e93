"""Mail by SMTP. yagmail is the transport and nothing else: it connects, secures and logs in.

Its composer is not used, and its sending is overridden, because it sends up to three times when a server drops the
connection after the message: a packet could arrive twice. Here a message is handed over once; where the answer is
missing the outcome is unknown and a person decides.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import yagmail

from firstbell.delivery.transport import Connection, DeliveryError, Handover, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpTransport:
    """A mail server. `security` is starttls, tls or none; an empty `username` means a relay without login."""

    host: str
    port: int
    security: str
    sender: str
    username: str = ""
    password: str = ""
    ca_bundle: str = ""
    timeout_seconds: float = 30

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A connection that was secured, verified and logged in; closed at the end whatever happens."""
        client = _Client(self)
        try:
            client.login()
        except OSError as error:
            client.abandon()
            raise DeliveryError(self._sentence(error)) from error
        except UnicodeError:
            client.abandon()
            raise DeliveryError(
                "The login holds a character beyond ASCII, which mail servers do not take: change mail.username or "
                "mail.password."
            ) from None
        try:
            yield client
        finally:
            client.abandon()

    def _sentence(self, error: OSError) -> str:
        server = f"the mail server {self.host}:{self.port}"
        code = getattr(error, "smtp_code", None)
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of {server} could not be verified: check mail.host and mail.ca_bundle."
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            return f"{server.capitalize()} did not answer within {self.timeout_seconds:g} s."
        if code in (530, 534, 535, 538) or (code is not None and code >= 500):
            return f"{server.capitalize()} refused the login (code {code}): check mail.username and mail.password."
        if code is not None:
            return f"{server.capitalize()} is not ready (code {code}); the next run tries again."
        return f"No connection to {server}: check mail.host, mail.port and mail.security in district.yaml."


class _Client(yagmail.SMTP):  # type: ignore[misc]  # yagmail ships no types
    """yagmail's client with sending of our own: once, one recipient, outcome by what the server really said."""

    def __init__(self, settings: SmtpTransport) -> None:
        context = ssl.create_default_context(cafile=settings.ca_bundle or None)
        implicit = settings.security == "tls"
        super().__init__(
            user=settings.sender,
            password=settings.password,
            host=settings.host,
            port=settings.port,
            smtp_ssl=implicit,
            smtp_starttls={"context": context} if settings.security == "starttls" else False,
            smtp_skip_login=not settings.username,
            soft_email_validation=False,
            timeout=settings.timeout_seconds,
            **({"context": context} if implicit else {}),
        )
        self.user = settings.username or settings.sender
        self._sender = settings.sender
        self._broken = ""

    def send(self, address: str, message: bytes) -> Handover:
        """Hand over one message to one address."""
        return self._attempt_send([address], message)

    def _attempt_send(self, recipients: list[str], message: bytes) -> Handover:
        if self._broken:
            return Handover(Outcome.DEFERRED, self._broken)
        try:
            for code, reply in (self._begin(), self.smtp.rcpt(recipients[0])):
                if code >= 400:
                    self.smtp.rset()
                    return _answered(code, reply)
        except UnicodeError:
            self.smtp.rset()
            return Handover(Outcome.REFUSED, "not handed over: an address holds a letter that mail servers do not take")
        except OSError as error:
            return Handover(Outcome.DEFERRED, self._break(error))
        try:
            code, reply = self.smtp.data(message)
        except OSError as error:
            answer = getattr(error, "smtp_code", None)
            if isinstance(answer, int) and answer > 0:
                return _answered(answer, getattr(error, "smtp_error", b""))
            return Handover(Outcome.UNKNOWN, self._break(error))
        return _answered(code, reply)

    def _begin(self) -> tuple[int, bytes]:
        self.smtp.ehlo_or_helo_if_needed()
        code, reply = self.smtp.mail(self._sender)
        return int(code), bytes(reply)

    def _break(self, error: OSError) -> str:
        """Remember that the connection is gone, so that the rest of the batch waits for the next run."""
        self._broken = f"connection ended: {type(error).__name__}"
        return self._broken

    def abandon(self) -> None:
        """Say goodbye where the server still listens; a failing goodbye changes no outcome."""
        if self.smtp is None or self.is_closed:
            return
        try:
            self.close()
        except OSError:
            self.smtp.close()


def _answered(code: int, reply: bytes) -> Handover:
    text = " ".join(reply.decode("utf-8", "replace").split())[:200]
    if code < 400:
        return Handover(Outcome.SENT, f"{code} {text}")
    return Handover(Outcome.DEFERRED if code < 500 else Outcome.REFUSED, f"{code} {text}")
