"""Doctor's checks that ask somebody: sources, services, the mail server, Prefect, and other people's clocks.

Each is the smallest real call, and each turns what goes wrong into a finding, so that one never hides another.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

import requests

import connectors
from connectors._base import Doubtful, SourceContext
from connectors._errors import AuthError, ConnectorError
from connectors.probes._base import Round, Target
from connectors.probes._round import probe_round
from firstbell.clock import utc_now
from firstbell.config.loaded import District
from firstbell.config.secrets import SecretError, SecretReader, resolve
from firstbell.doctor import Finding, Level
from firstbell.errors import FirstbellError
from firstbell.records import ServiceState

if TYPE_CHECKING:
    from firstbell.delivery.transport import Transport

_TIMEOUT_SECONDS = 5
_LEVELS = {
    ServiceState.UP: Level.OK,
    ServiceState.DEGRADED: Level.WARN,
    ServiceState.UNKNOWN: Level.WARN,
    ServiceState.DOWN: Level.WRONG,
}


def check_sources(district: District, readers: Mapping[str, SecretReader]) -> Iterator[Finding]:
    """Ask every source the least it can be asked; where it refuses, say which rights are enough."""
    for source in district.sources:
        connector = connectors.get(source.kind)
        subject = f"source {source.key}"
        context = SourceContext(source_key=source.key, zone=district.zone, folder=district.folder)
        try:
            settings = resolve(district.settings[source.key], readers)
            sentence = connector(settings, context).check()
        except SecretError as error:
            yield Finding(subject, Level.WRONG, f"{district.source_places[source.key]}: {error}")
        except AuthError as error:
            yield Finding(subject, Level.WRONG, f"{error} Rights that are enough: {connector.least_privilege}")
        except ConnectorError as error:
            yield Finding(subject, Level.WRONG, str(error))
        else:
            level = Level.WARN if isinstance(sentence, Doubtful) else Level.OK
            yield Finding(subject, level, str(sentence))


def check_services(district: District, readers: Mapping[str, SecretReader]) -> Iterator[Finding]:
    """One round of looks at every service."""
    polling = district.polling
    targets: list[tuple[str, Target]] = []
    for service in district.services:
        try:
            settings = resolve(district.probe_settings[service.key], readers)
        except SecretError as error:
            yield Finding(f"service {service.key}", Level.WRONG, str(error))
            continue
        targets.append((str(service.probe["kind"]), Target(service.key, settings, polling.every_seconds)))
    run = Round(
        vantage=polling.vantage,
        deadline=utc_now() + timedelta(seconds=max(polling.timeout_seconds * 2, 20)),
        timeout_seconds=polling.timeout_seconds,
        ca_bundle=str(district.folder / polling.ca_bundle) if polling.ca_bundle else None,
        per_host_limit=polling.per_host,
        control_name=polling.control_name,
        control_address=polling.control_address,
        filter_issuers=polling.filter_issuers,
    )
    for seen in probe_round(targets, run):
        said = seen.detail or seen.reason or "answers as it should."
        yield Finding(f"service {seen.service_key}", _LEVELS[seen.state], f"{seen.state}: {said}")


def check_prefect(address: str = "") -> Iterator[Finding]:
    """Whether Prefect's server answers, and whether others than this machine can use it without a login.

    `address` is the API's, by default PREFECT_API_URL.
    """
    address = address or os.environ.get("PREFECT_API_URL", "")
    if not address:
        sentence = "PREFECT_API_URL names no server; `firstbell run` works without one, schedules do not."
        yield Finding("Prefect server", Level.WARN, sentence)
        return
    if not _answers(f"{address.rstrip('/')}/health"):
        sentence = f"does not answer at {address}; start it, or mend PREFECT_API_URL."
        yield Finding("Prefect server", Level.WRONG, sentence)
        return
    yield Finding("Prefect server", Level.OK, f"answers at {address}.")
    yield _open_to_others(address)


def _open_to_others(address: str) -> Finding:
    """Whether another machine reaches the API without a login; asked at this machine's own outward address."""
    elsewhere = _seen_from_elsewhere(address)
    if not elsewhere:
        sentence = "this machine has no address of its own; whether others can use the server is not known."
        return Finding("Prefect server", Level.WARN, sentence)
    if _answers(f"{elsewhere.rstrip('/')}/admin/version"):
        sentence = "can be used from other machines without a login; let it listen on 127.0.0.1, or set one."
        return Finding("Prefect server", Level.WRONG, sentence)
    return Finding("Prefect server", Level.OK, "cannot be used from other machines without a login.")


def check_inbox(district: District, readers: Mapping[str, SecretReader]) -> Iterator[Finding]:
    """Open the mailbox for answers, where the district has one; nothing is taken out of it."""
    from firstbell.delivery.inbox import inbox_of

    try:
        inbox = inbox_of(district, readers)
        if inbox is None:
            return
        with inbox.open() as box:
            waiting = len(box.waiting())
    except FirstbellError as error:
        yield Finding("inbox", Level.WRONG, str(error))
        return
    sentence = f"{inbox.host}:{inbox.port} answers and lets us in; mails that wait in {inbox.folder}: {waiting}."
    yield Finding("inbox", Level.OK, sentence)


def check_clock(district: District) -> Finding:
    """This machine's clock against the Date header of the first service that sends one."""
    urls = [str(service.probe["url"]) for service in district.services if "url" in service.probe]
    for url in urls[:5]:
        try:
            answer = requests.head(url, timeout=_TIMEOUT_SECONDS, allow_redirects=False)
            theirs = parsedate_to_datetime(answer.headers["Date"])
        except (requests.RequestException, KeyError, ValueError):
            continue
        return clock_finding(utc_now(), theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC), urlsplit(url).netloc)
    return Finding("clock", Level.WARN, "no service told the time; the clock could not be compared.")


def clock_finding(ours: datetime, theirs: datetime, who: str) -> Finding:
    """How far the clock is off; one minute is tolerated."""
    skew = abs((ours - theirs).total_seconds())
    if skew <= 60:
        return Finding("clock", Level.OK, f"within a minute of {who}.")
    level = Level.WRONG if skew > 300 else Level.WARN
    return Finding("clock", level, f"is {skew:.0f} s apart from {who}; turn on time synchronisation.")


def check_mail(
    district: District, state: Path, readers: Mapping[str, SecretReader], test_address: str = ""
) -> Iterator[Finding]:
    """Open each way out, log in, and send one test mail by each only where an address is given."""
    from firstbell.delivery.choose import ways_of

    for number, way in enumerate(ways_of(district, state, readers)):
        subject = "mail" if number == 0 else f"mail, further way {number}"
        yield _check_way(subject, way, _test_letter(district, test_address), test_address)


def _check_way(subject: str, way: Transport, letter: bytes, test_address: str) -> Finding:
    from firstbell.delivery.file_drop import FileDrop
    from firstbell.delivery.graph import GraphTransport
    from firstbell.delivery.transport import Outcome

    if isinstance(way, FileDrop) and not test_address:
        return Finding(subject, Level.OK, f"is written as files into {way.folder.name}/.")
    try:
        with way.open() as connection:
            if not test_address:
                rest = "; only a test mail shows that the app may send" if isinstance(way, GraphTransport) else ""
                return Finding(subject, Level.OK, f"{way.name} answers and lets us in; nothing was sent{rest}.")
            handover = connection.send(test_address, letter)
    except FirstbellError as error:
        return Finding(subject, Level.WRONG, str(error))
    level = Level.OK if handover.outcome is Outcome.SENT else Level.WRONG
    said = f"test mail to {test_address}: {handover.outcome}; the server said: {handover.reply}"
    return Finding(subject, level, said)


def _test_letter(district: District, address: str) -> bytes:
    from firstbell.delivery.message import Letter

    now = utc_now()
    text = f"This is a test from Firstbell for {district.about.name}. Nothing has to be done."
    return Letter(
        message_key=f"doctor/{address}/{now.isoformat()}",
        sender=district.about.mail.sender,
        sender_name=district.about.mail.sender_name,
        recipient=address,
        recipient_name="",
        reply_to="",
        subject="Firstbell test mail",
        text=text,
        html=f"<p>{text}</p>",
        language="en",
        list_id=f"firstbell-test.{district.about.mail.sender.rpartition('@')[2]}",
        written_at=now,
    ).to_bytes()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=_TIMEOUT_SECONDS).status_code == HTTPStatus.OK
    except requests.RequestException:
        return False


def _seen_from_elsewhere(address: str) -> str:
    """The address at which other machines may reach the same server; empty where this machine has none."""
    parts = urlsplit(address)
    if not _is_loopback(parts.hostname or ""):
        return address
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outward:
        try:
            outward.connect(("192.0.2.1", 9))  # sends nothing: it only asks which address packets would leave from
        except OSError:
            return ""
        own = str(outward.getsockname()[0])
    return "" if _is_loopback(own) else urlunsplit(parts._replace(netloc=f"{own}:{parts.port or 80}"))


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
