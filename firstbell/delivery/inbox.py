"""The mailbox that answers come into, by IMAP: TLS verified, a login or nothing, each mail put away by itself.

IMAPClient speaks the protocol. A mail is fetched without marking it as read, handed to whoever takes it, and only then
moved: a run that dies in between finds it again.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from firstbell.config.loaded import District
from firstbell.config.secrets import SecretReader, resolve
from firstbell.errors import FirstbellError

MOST_BYTES = 10_000_000
"""A larger mail is not fetched at all: minutes and two sentences are never that long."""


class InboxError(FirstbellError):
    """The mailbox cannot be used: nothing more is taken, and what waits keeps waiting."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as it came; of one that is too large only its headers."""

    content: bytes
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """A mailbox. `security` is tls or starttls; `taken` and `aside` are the folders that mails are put away into."""

    host: str
    port: int
    security: str
    username: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    taken: str = "Taken"
    aside: str = "Aside"
    ca_bundle: str = ""
    timeout_seconds: float = 30

    @contextmanager
    def open(self) -> Iterator[OpenInbox]:
        """The mailbox, secured, verified, logged in and with its folders there; closed at the end. Raises InboxError.

        Whatever the connection does inside the block leaves as an InboxError too.
        """
        with self._told():
            client = self._connected()
            try:
                self._log_in(client)
                self._prepare(client)
                yield OpenInbox(client, self)
            finally:
                with suppress(IMAPClientError, OSError):
                    client.logout()

    def _connected(self) -> IMAPClient:
        context = ssl.create_default_context(cafile=self.ca_bundle or None)
        implicit = self.security == "tls"
        client = IMAPClient(
            self.host,
            self.port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=self.timeout_seconds,
        )
        if not implicit:
            try:
                client.starttls(context)
            except BaseException:
                client.shutdown()
                raise
        return client

    def _log_in(self, client: IMAPClient) -> None:
        try:
            client.login(self.username, self.password)
        except LoginError:
            # The server's own words may quote the login.
            raise InboxError(
                f"{self._server} refused the login: check mail.inbox.username and mail.inbox.password."
            ) from None
        except UnicodeError:
            raise InboxError(
                "The login holds a character beyond ASCII, which mail servers do not take: change "
                "mail.inbox.username or mail.inbox.password."
            ) from None

    def _prepare(self, client: IMAPClient) -> None:
        for name in (self.taken, self.aside):
            if not client.folder_exists(name):
                client.create_folder(name)
        if not client.folder_exists(self.folder):
            raise InboxError(f"{self._server} has no folder {self.folder}: check mail.inbox.folder.")
        client.select_folder(self.folder)

    @property
    def _server(self) -> str:
        return f"The inbox server {self.host}:{self.port}"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise InboxError(
                f"The certificate of {self.host}:{self.port} could not be verified: check mail.inbox.host and "
                "mail.inbox.ca_bundle."
            ) from error
        except TimeoutError as error:
            raise InboxError(f"{self._server} did not answer within {self.timeout_seconds:g} s.") from error
        except OSError as error:
            raise InboxError(
                f"No connection to {self._server[:1].lower()}{self._server[1:]}: check mail.inbox.host, "
                "mail.inbox.port and mail.inbox.security."
            ) from error
        except IMAPClientError:
            raise InboxError(f"{self._server} refused a command or went away; the next run goes on.") from None


def inbox_of(district: District, readers: Mapping[str, SecretReader]) -> Inbox | None:
    """The district's mailbox for answers; None where it has none. Raises SecretError where its password is missing."""
    settings = district.about.mail.inbox
    if settings is None:
        return None
    settings = resolve(settings, readers, "district.yaml: mail.inbox")
    return Inbox(
        host=settings.host,
        port=settings.port,
        security=settings.security,
        username=settings.username,
        password=settings.password.get_secret_value(),
        folder=settings.folder,
        taken=settings.taken,
        aside=settings.aside,
        ca_bundle=str(district.folder / settings.ca_bundle) if settings.ca_bundle else "",
        timeout_seconds=settings.timeout_seconds,
    )


class OpenInbox:
    """A mailbox that is open for work: its mails by number, oldest first."""

    def __init__(self, client: IMAPClient, settings: Inbox) -> None:
        self._client = client
        self._settings = settings

    def waiting(self) -> list[int]:
        """The numbers of the mails that nobody put away yet."""
        return sorted(self._client.search(["UNDELETED"]))

    def fetched(self, number: int) -> Fetched | None:
        """A mail's bytes, of one larger than MOST_BYTES its headers alone; None where it is not there any more."""
        size = self._client.fetch([number], ["RFC822.SIZE"]).get(number, {}).get(b"RFC822.SIZE")
        whole = size is not None and size <= MOST_BYTES
        part = b"BODY[]" if whole else b"BODY[HEADER]"
        asked = part.decode().replace("BODY[", "BODY.PEEK[")
        content = self._client.fetch([number], [asked]).get(number, {}).get(part)
        return None if content is None else Fetched(bytes(content), whole)

    def put_away(self, number: int, *, aside: bool) -> None:
        """Move a mail out of the way: where the server cannot move, copy it and mark the original as deleted."""
        folder = self._settings.aside if aside else self._settings.taken
        if self._client.has_capability("MOVE"):
            self._client.move([number], folder)
            return
        self._client.copy([number], folder)
        self._client.delete_messages([number], silent=True)
        if self._client.has_capability("UIDPLUS"):
            self._client.uid_expunge([number])
