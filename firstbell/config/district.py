"""district.yaml: who the district is, its schools, its year and how its mail leaves."""

from __future__ import annotations

from datetime import date, time
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, model_validator

from firstbell.config._section import SCHOOL_YEAR_PATTERN, Address, Key, Language, Section, require_order
from firstbell.config.between import BetweenMeetings
from firstbell.config.team import Edition


def _known_day_of_year(text: str) -> str:
    try:
        date.fromisoformat(f"2000-{text}")
    except ValueError as error:
        raise ValueError("is no month and day; an example is 07-01") from error
    return text


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


class Hours(Section):
    """Opening hours of one weekday, local time."""

    opens: time = Field(alias="from", description="Local time, for example 08:00.")
    closes: time = Field(alias="until", description="Local time, for example 15:05.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.opens, self.closes, "from and until")
        return self


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class SchoolYear(Section):
    """One school year; fiscal years are told apart in the budget measures."""

    name: str = Field(pattern=SCHOOL_YEAR_PATTERN, description='For example "2026-27".')
    first_day: date = Field(description="First day of instruction.")
    last_day: date = Field(description="Last day of instruction.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first_day, self.last_day, "first_day and last_day")
        return self


class ClosedDays(Section):
    """Days without school, one or a range."""

    first: date = Field(description="The day, or the first of a range.")
    last: date | None = Field(None, description="The last day of a range; left out for one day.")
    name: str = Field(description="For example Winter break.")
    offices: bool = Field(False, description="True when the offices and the help desk are closed as well.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.first, self.last, "first and last")
        return self


class EarlyRelease(Section):
    """A day that ends early."""

    day: date = Field(description="The day.")
    until: time = Field(description="When instruction ends.")


class Calendar(Section):
    """The district's year: what counts as class hours and as business hours."""

    years: tuple[SchoolYear, ...] = Field(min_length=1, description="School years, this one and the last at least.")
    class_hours: dict[Weekday, Hours] = Field(description="Hours of instruction by weekday.")
    business_hours: dict[Weekday, Hours] = Field(description="Hours of the help desk by weekday.")
    service_hours: dict[Weekday, Hours] = Field(
        {}, description="When services are expected to work, summer too; left out: 06:00 to 17:00 on weekdays."
    )
    closed: tuple[ClosedDays, ...] = Field((), description="Holidays and breaks.")
    early_release: tuple[EarlyRelease, ...] = Field((), description="Days that end early.")
    fiscal_year_starts: Annotated[str, AfterValidator(_known_day_of_year)] = Field(
        "07-01", description="Month and day, for example 07-01."
    )

    @model_validator(mode="after")
    def _years_apart(self) -> Self:
        years = sorted(self.years, key=lambda year: year.first_day)
        for earlier, later in pairwise(years):
            if later.first_day <= earlier.last_day:
                raise ValueError(f"years: {earlier.name} and {later.name} overlap; mend their first or last day")
        return self


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
