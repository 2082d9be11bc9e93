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

from firstbell.delivery.message import addresses_in
from firstbell.delivery.transport import Connection, DeliveryError, Handover, Outcome

_CLOSING = 421
"""The server's last word on a connection, to whatever command it comes (RFC 5321, 3.8)."""
_GO_ON = 354
"""The server's answer to DATA when the message may follow."""


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

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"

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
        if _password_login_is_off(error):
            return (
                f"{server.capitalize()} takes no password here (Microsoft 365 ends this login): use "
                "`transport: graph` or a relay, see docs/operations.md."
            )
        if code in (530, 534, 535, 538) or (code is not None and code >= 500):
            return f"{server.capitalize()} refused the login (code {code}): check mail.username and mail.password."
        if code is not None:
            return f"{server.capitalize()} is not ready (code {code}); the next run tries again."
        if type(error).__name__ == "SMTPNotSupportedError":
            return f"{server.capitalize()} does not offer what is set: check mail.security and mail.username."
        return f"No connection to {server}: check mail.host, mail.port and mail.security in district.yaml."


def _password_login_is_off(error: OSError) -> bool:
    """Whether Exchange Online refuses every password: 5.7.139 while it can be turned on again, 5.7.30 for good."""
    words = getattr(error, "smtp_error", b"")
    return isinstance(words, bytes) and (b"5.7.139" in words or b"5.7.30 " in words)


class _Client(yagmail.SMTP):  # type: ignore[misc]  # yagmail ships no types
    """yagmail's client with sending of our own: once, one recipient, outcome by what the server really said."""

    def __init__(self, settings: SmtpTransport) -> None:
        implicit, later = settings.security == "tls", settings.security == "starttls"
        context = ssl.create_default_context(cafile=settings.ca_bundle or None) if implicit or later else None
        super().__init__(
            user=settings.sender,
            password=settings.password,
            host=settings.host,
            port=settings.port,
            smtp_ssl=implicit,
            smtp_starttls={"context": context} if later else False,
            smtp_skip_login=not settings.username,
            soft_email_validation=False,
            timeout=settings.timeout_seconds,
            **({"context": context} if implicit else {}),
        )
        self.user = settings.username or settings.sender
        self._sender = settings.sender
        self._name = settings.name
        self._broken = ""

    def ready(self) -> None:
        """Raises DeliveryError once the connection has ended."""
        if self._broken:
            raise DeliveryError(self._broken)

    def send(self, address: str, message: bytes) -> Handover:
        """Hand over one message to one address; to several only where the server takes each of them."""
        return self._attempt_send(addresses_in(address), message)

    def _attempt_send(self, recipients: list[str], message: bytes) -> Handover:
        if self._broken:
            return Handover(Outcome.DEFERRED, self._broken, lost=True)
        try:
            code, reply = self._begin()
            if code >= 400:
                return self._no_sender(code, reply)
            for recipient in recipients:
                code, reply = self.smtp.rcpt(recipient)
                if code >= 400:
                    self.smtp.rset()
                    return self._answered(code, reply)
            code, reply = self.smtp.docmd("DATA")
            if code != _GO_ON:
                return self._no_data(code, reply)
        except UnicodeError:
            self.smtp.rset()
            return Handover(Outcome.REFUSED, "not handed over: an address holds a letter that mail servers do not take")
        except OSError as error:
            return Handover(Outcome.DEFERRED, self._break(error), lost=True)
        # smtplib's own `data` looks for dots at the beginning of lines at five times the cost of all else of a letter.
        try:
            self.smtp.send(_lines(message) + b".\r\n")
            code, reply = self.smtp.getreply()
        except OSError as error:
            return Handover(Outcome.UNKNOWN, self._break(error), lost=True)
        return self._answered(code, reply)

    def _begin(self) -> tuple[int, bytes]:
        self.smtp.ehlo_or_helo_if_needed()
        code, reply = self.smtp.mail(self._sender)
        return int(code), bytes(reply)

    def _break(self, error: OSError) -> str:
        """Remember that the connection is gone, so that the rest of the batch waits for the next run."""
        self._broken = f"The connection to {self._name} ended ({type(error).__name__})."
        return self._broken

    def _no_sender(self, code: int, reply: bytes) -> Handover:
        """A server that takes nothing from our sender says nothing about the recipient: nobody is refused."""
        if code == _CLOSING:
            return self._answered(code, reply)
        self._broken = f"The mail server {self._name} takes no mail from {self._sender} ({_one_line(code, reply)})."
        return Handover(Outcome.DEFERRED, self._broken, lost=True)

    def _no_data(self, code: int, reply: bytes) -> Handover:
        """A server that does not want to hear the message; one that says yes without hearing it understood nothing."""
        if code >= 400:
            return self._answered(code, reply)
        self._broken = f"The mail server {self._name} answered DATA with {_one_line(code, reply)}."
        return Handover(Outcome.DEFERRED, self._broken, lost=True)

    def _answered(self, code: int, reply: bytes) -> Handover:
        text = _one_line(code, reply)
        if code < 400:
            return Handover(Outcome.SENT, text)
        if code == _CLOSING:
            self._broken = f"The mail server {self._name} closed the connection ({text})."
            return Handover(Outcome.DEFERRED, text, lost=True)
        return Handover(Outcome.DEFERRED if code < 500 else Outcome.REFUSED, text)

    def abandon(self) -> None:
        """Say goodbye where the server still listens; a failing goodbye changes no outcome."""
        if self.smtp is None or self.is_closed:
            return
        try:
            self.close()
        except OSError:
            self.smtp.close()


def _one_line(code: int, reply: bytes) -> str:
    return f"{code} {' '.join(reply.decode('utf-8', 'replace').split())[:200]}"


def _lines(message: bytes) -> bytes:
    """A message of CRLF lines as it stands between DATA and its end: dots that begin a line doubled, the last ended.

    >>> _lines(b"a\\r\\n..b\\r\\n.")
    b'a\\r\\n...b\\r\\n..\\r\\n'
    """
    begun = b"." + message if message.startswith(b".") else message
    doubled = begun.replace(b"\n.", b"\n..")
    return doubled if doubled.endswith(b"\r\n") else doubled + b"\r\n"
