"""SNMP as connectors speak it: version 2c or 3, each question asked again when its packet was lost, answers bounded."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Literal, TypeVar

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    DesKey,
    Md5Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpAuthError,
    SnmpError,
    User,
)
from gufo.snmp.sync import SnmpSession
from pydantic import Field, SecretStr, model_validator

from connectors._base import SourceSettings
from connectors._errors import AuthError, BadReplyError, UnavailableError

ROWS_A_TABLE = 20_000
NAMES_A_CALL = 12
SIGNS = {
    "md5": Md5Key,
    "sha1": Sha1Key,
    "sha224": Sha224Key,
    "sha256": Sha256Key,
    "sha384": Sha384Key,
    "sha512": Sha512Key,
}
CIPHERS = {"des": DesKey, "aes128": Aes128Key, "aes192": Aes192Key, "aes256": Aes256Key}

Answer = TypeVar("Answer")


class AgentSettings(SourceSettings):
    """Where a device is and how it is asked: with a community (version 2c), or with a user (version 3)."""

    host: str = Field(min_length=1, description="Name or address of the device.")
    port: int = Field(161, ge=1, le=65_535, description="UDP port of its SNMP agent.")
    community: SecretStr | None = Field(
        None, description="Community that may only read; it crosses the network openly."
    )
    user: str = Field("", description="SNMPv3 user that may only read, instead of a community.")
    sign: Literal["md5", "sha1", "sha224", "sha256", "sha384", "sha512"] = Field(
        "sha256", description="How the user's messages are signed."
    )
    sign_password: SecretStr | None = Field(None, description="Password for signing, as env:NAME or file:PATH.")
    cipher: Literal["des", "aes128", "aes192", "aes256"] = Field("aes128", description="How they are encrypted.")
    cipher_password: SecretStr | None = Field(
        None, description="Password for encryption; without one they are only signed."
    )
    timeout_seconds: float = Field(3.0, gt=0, le=60, description="How long to wait for one answer.")
    tries: int = Field(3, ge=1, le=10, description="How often a question is asked before the device counts as away.")

    @model_validator(mode="after")
    def _one_way_in(self) -> AgentSettings:
        if (self.community is None) == (not self.user):
            raise ValueError("give either community or user")
        if self.user and self.sign_password is None:
            raise ValueError("user needs sign_password: an unsigned one can be made up by anybody")
        return self

    def login(self) -> User | None:
        """The SNMPv3 user; None for version 2c."""
        if self.sign_password is None:
            return None
        sign = SIGNS[self.sign](self.sign_password.get_secret_value().encode())
        if self.cipher_password is None:
            return User(self.user, auth_key=sign)
        return User(
            self.user, auth_key=sign, priv_key=CIPHERS[self.cipher](self.cipher_password.get_secret_value().encode())
        )


class Agent:
    """One device's agent. Use it as a context manager; every error it raises is a `ConnectorError`."""

    def __init__(self, settings: AgentSettings) -> None:
        self.name = settings.host
        self._settings = settings
        self._session: SnmpSession | None = None

    def __enter__(self) -> Agent:
        self._session = self._ask(self._open)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._session = None  # its socket closes with it

    def get(self, names: Sequence[str]) -> dict[str, object]:
        """The values of these object names; one that the device does not have is left out."""
        found: dict[str, object] = {}
        for start in range(0, len(names), NAMES_A_CALL):
            part = names[start : start + NAMES_A_CALL]
            found |= self._ask(lambda part=part: self._opened.get_many(part))  # type: ignore[misc]
        return found

    def column(self, name: str) -> dict[str, object]:
        """A column of a table, by row. Raises BadReplyError for one without end."""
        return self._ask(lambda: dict(self._walk(name)))

    def _walk(self, name: str) -> Iterator[tuple[str, object]]:
        for count, (at, value) in enumerate(self._opened.fetch(name)):
            if count >= ROWS_A_TABLE:
                raise BadReplyError(f"{self.name} has more than {ROWS_A_TABLE:,} interfaces, or a table without end.")
            yield at.removeprefix(f"{name}."), value

    @property
    def _opened(self) -> SnmpSession:
        assert self._session is not None, "the agent is used as a context manager"
        return self._session

    def _open(self) -> SnmpSession:
        settings = self._settings
        address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_DGRAM)[0][4][0]
        community = settings.community.get_secret_value() if settings.community else ""
        session = SnmpSession(
            str(address),
            port=settings.port,
            community=community,
            user=settings.login(),
            timeout=settings.timeout_seconds,
        )
        session.refresh()
        return session

    def _ask(self, question: Callable[[], Answer]) -> Answer:
        """Ask until there is an answer. What the libraries say themselves is not passed on."""
        for _ in range(self._settings.tries):
            try:
                return question()
            except SnmpAuthError:
                raise AuthError(
                    f"{self.name} refuses the SNMP user or its signature; renew them in settings."
                ) from None
            except (SnmpError, ValueError, RuntimeError):
                raise BadReplyError(
                    f"{self.name} answers with something that is not SNMP as it should be, or has no such table."
                ) from None
            except socket.gaierror:
                raise UnavailableError(
                    f"The name {self.name} cannot be found; check it and the name service."
                ) from None
            except OSError:  # time-outs and lost packets
                continue
            except BaseException as error:
                # gufo-snmp 0.13 panics, past Exception, at a packet that breaks off within a length.
                if type(error).__name__ != "PanicException":
                    raise
                raise BadReplyError(f"{self.name} answers with something that is not SNMP at all.") from None
        raise UnavailableError(
            f"{self.name} does not answer by SNMP; check address, port and firewall, and the community or passwords: a "
            "device says nothing to wrong ones."
        )
