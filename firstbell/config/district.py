"""district.yaml: who the district is, its schools, its year and how its mail leaves."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator

from firstbell.config._section import Address, Key, Language, Section
from firstbell.config.between import BetweenMeetings
from firstbell.config.school_year import Calendar
from firstbell.config.team import Edition


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not an IANA time zone; an example is America/Chicago") from error
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]


class SchoolLevel(StrEnum):
    ELEMENTARY = "elementary"
    MIDDLE = "middle"
    HIGH = "high"
    OTHER = "other"

    @property
    def secondary(self) -> bool:
        """True for middle and high schools."""
        return self in (SchoolLevel.MIDDLE, SchoolLevel.HIGH)


class School(Section):
    """One school."""

    key: Key = Field(description="Short name used in the other files.")
    name: str = Field(description="The name as the packet prints it.")
    level: SchoolLevel = Field(description="elementary, middle, high or other.")
    enrolment: int | None = Field(None, ge=0, description="Pupils, where no roster source counts them.")
    known_as: tuple[str, ...] = Field((), description="How sources name it: roster ids, help desk locations.")


def _web_address(address: str) -> str:
    if address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        return address
    raise ValueError("must be a web address that begins with https://")


class MailWay(Section):
    """One way by which mail leaves the district."""

    transport: Literal["smtp", "graph", "file_drop"] = Field(
        "smtp", description="smtp, graph for Microsoft 365, or file_drop to write .eml files."
    )
    host: str = Field("localhost", description="For smtp: the mail server's name.")
    port: int = Field(
        587, ge=1, le=65535, description="For smtp: 587 for STARTTLS, 465 for implicit TLS, 25 for a relay."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="For smtp: how the connection is protected."
    )
    username: str = Field("", description="For smtp: the login; empty for a relay that knows this machine.")
    password: SecretStr | None = Field(
        None, description="For smtp: a reference such as env:SMTP_PASSWORD; never the password."
    )
    tenant: str = Field("", description="For graph: the tenant, as in contoso.onmicrosoft.com or its id.")
    client_id: str = Field("", description="For graph: the app's (client) id.")
    client_secret: SecretStr | None = Field(
        None, description="For graph: a reference such as env:GRAPH_SECRET to the app's secret value."
    )
    login_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://login.microsoftonline.com", description="For graph: another one in a national cloud."
    )
    graph_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://graph.microsoft.com/v1.0", description="For graph: another one in a national cloud."
    )
    credential_ends: date | None = Field(None, description="Last day of the password or secret, if it has one.")
    ca_bundle: str = Field("", description="File of certificate authorities to trust instead of the system's.")
    folder: str = Field("mail", description="For file_drop: where the .eml files go, inside the state folder.")
    timeout_seconds: float = Field(30, gt=0, le=300, description="Longest wait for one answer of the server.")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.transport == "graph":
            missing = [name for name in ("tenant", "client_id", "client_secret") if not getattr(self, name)]
            if missing:
                raise ValueError(f"transport graph needs {', '.join(missing)} of the app that may send")
        if self.transport == "smtp":
            if self.username and self.password is None:
                raise ValueError("a username needs a password; leave both out for a relay without login")
            if self.username and self.security == "none":
                raise ValueError("the password would cross the network unprotected; set security to starttls or tls")
        return self


class Inbox(Section):
    """The mailbox that answers to our mails come into, read by IMAP."""

    address: Address = Field(description="Where answers go; our mails name it beside the team leader's address.")
    host: str = Field(description="The mail server's name.")
    port: int = Field(993, ge=1, le=65535, description="993 for TLS, 143 for STARTTLS.")
    security: Literal["tls", "starttls"] = Field("tls", description="How the connection is protected.")
    username: str = Field(min_length=1, description="The login.")
    password: SecretStr = Field(description="A reference such as env:INBOX_PASSWORD; never the password.")
    credential_ends: date | None = Field(None, description="Last day of the password, if it has one.")
    ca_bundle: str = Field("", description="File of certificate authorities to trust instead of the system's.")
    folder: str = Field("INBOX", min_length=1, description="Where answers arrive.")
    taken: str = Field("Taken", min_length=1, description="Folder for mails that were taken in.")
    aside: str = Field("Aside", min_length=1, description="Folder for mails that a person should look at.")
    acknowledge: Literal["never", "faults", "always"] = Field(
        "faults", description="Which answers are answered: none, those that could not be used, or all."
    )
    timeout_seconds: float = Field(30, gt=0, le=300, description="Longest wait for one answer of the server.")

    @model_validator(mode="after")
    def _folders_apart(self) -> Self:
        if len({self.folder, self.taken, self.aside}) < 3:
            raise ValueError("folder, taken and aside must be three different folders")
        return self


class Mail(MailWay):
    """How mail leaves the district."""

    sender: Address = Field(description="The address the packets come from.")
    sender_name: str = Field("", description="The name shown beside it.")
    fallback: tuple[MailWay, ...] = Field(
        (), description="Further ways, in order, used only when the one before cannot be opened or was lost unsent."
    )
    per_login: int = Field(100, ge=1, le=10_000, description="Messages on one login; then a new one is made.")
    per_minute: int = Field(0, ge=0, le=6_000, description="Messages a minute at the most; 0 for no limit.")
    pause_seconds: float = Field(0, ge=0, le=600, description="Pause before each further login.")
    rehearsal_to: tuple[Address, ...] = Field(
        (), description="Who gets all mail in rehearsal; left out: the installer alone."
    )
    inbox: Inbox | None = Field(None, description="Where answers are read; left out: nobody reads them.")


class Packet(Section):
    """How the packet looks, and in which languages it is written."""

    page: Literal["letter", "a4"] = Field("letter", description="Paper size.")
    language: Language = Field("en", description="Language of the packet.")
    languages: dict[Edition, Language] = Field(
        {}, description="Editions in another language than the packet's: representative: es."
    )
    logo: str = Field("", description="A PNG or SVG file in the district folder, up to 300 kB, for a white ground.")

    def language_of(self, edition: str) -> str:
        """In which language an edition is written, for readers who name none of their own."""
        return next((language for name, language in self.languages.items() if name == edition), self.language)


class PublicPages(Section):
    """The public edition as web pages in the state folder, for the district's web site."""

    write: bool = Field(True, description="Write the pages of packets that were sent into the folder public.")
    figures: bool = Field(True, description="Show the figures that the instrument calls public, with goal and light.")
    before_meeting: bool = Field(False, description="Already before the meeting begins; else once it has begun.")


class Installer(Section):
    """Who gets everything while the installation is in rehearsal."""

    name: str = Field(description="A name.")
    email: Address = Field(description="An address.")


class DistrictFile(Section):
    """district.yaml."""

    name: str = Field(description="The district's name as printed.")
    sample: bool = Field(False, description="True for made-up districts: everything is then labelled SAMPLE.")
    time_zone: ZoneName = Field(description="IANA zone in which days are cut, for example America/Chicago.")
    state: str = Field("", pattern=r"^([A-Z]{2})?$", description="Two letters; chooses the state's obligations.")
    population: int | None = Field(None, ge=0, description="Census population served; decides the ADA web date.")
    mail_domain: str = Field("", description="The domain of staff mail, checked for SPF, DMARC and MX.")
    schools: tuple[School, ...] = Field(min_length=1, description="The schools, or {file: schools.csv}.")
    calendar: Calendar = Field(description="School years, hours and closed days.")
    small_group_minimum: int = Field(10, ge=3, description="Figures about fewer people than this are not shown.")
    mail: Mail = Field(description="How mail leaves.")
    packet: Packet = Field(Packet(), description="How the packet looks.")
    public: PublicPages = Field(PublicPages(), description="Web pages of the public edition.")
    installer: Installer = Field(description="Gets all mail until go-live, and the watchdog's warnings after it.")
    between_meetings: BetweenMeetings = Field(BetweenMeetings(), description="What leaves between two meetings.")

    @property
    def rehearsal_address(self) -> str:
        """Where all mail goes in rehearsal: an address, or several with a comma and a space between them."""
        return ", ".join(self.mail.rehearsal_to) or self.installer.email

    @property
    def rehearsal_name(self) -> str:
        """The name that belongs to `rehearsal_address`; several have none."""
        return "" if self.mail.rehearsal_to else self.installer.name
