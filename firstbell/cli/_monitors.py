"""What another monitor watches, as looks of our own: Uptime Kuma by address or export, Prometheus' blackbox targets.

A line names the monitor, where it is, and where its key stands, as in "uptime_kuma https://kuma.example.org/metrics
env:KUMA_KEY". What needs a login, a secret or a kind of look that we do not have is left out and counted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr, ValidationError

import connectors.probes
from connectors._base import SourceContext
from connectors._errors import ConnectorError
from connectors._http import Http, HttpSettings
from connectors._http_auth import Auth, BasicAuth
from connectors._monitor_metrics import samples
from connectors._shape import bad_shape, shaped
from firstbell.config.answers import AnswerError
from firstbell.config.secrets import SecretError, is_reference, readers

KINDS = ("uptime_kuma", "prometheus")
EXAMPLE = (
    'a monitor is written like "uptime_kuma https://kuma.example.org/status/district", "uptime_kuma backup.json" or '
)
EXAMPLE += '"prometheus http://prometheus.example.org:9090"'
SECRET = re.compile(r"token|key|secret|passw|auth|sig", re.IGNORECASE)
USUAL_SERVER = "1.1.1.1"
"""The name server that Uptime Kuma writes into a new monitor: nobody chose it, so it is not what is watched."""
RECORDS = ("A", "AAAA", "MX", "TXT", "CNAME", "NS", "SOA")
HOST_AND_PORT = re.compile(r"([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")

Probe = dict[str, object]


@dataclass(frozen=True, slots=True)
class Watched:
    """What could be taken over, each with its name, and how many could not, by why.

    `without_text` names those that look for a text there which only an export shows: ours see the page alone.
    `without_server` names those that ask a name server there which only an export shows: ours ask this machine's.
    """

    taken: list[tuple[str, Probe]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    without_text: list[str] = field(default_factory=list)
    without_server: list[str] = field(default_factory=list)

    def add(self, name: str, probe: Probe | str) -> None:
        """Take a look that our own settings accept; a text is why there is none."""
        if isinstance(probe, str):
            self.left_out[probe] += 1
            return
        settings = {key: value for key, value in probe.items() if key != "kind"}
        try:
            connectors.probes.get(str(probe["kind"])).Settings(**settings)
        except ValidationError:
            self.left_out["settings that do not fit"] += 1
        else:
            self.taken.append((name, probe))


class KumaMonitor(BaseModel):
    """A monitor of Uptime Kuma, from an export, a status page or the labels of its metrics."""

    name: str
    type: str = ""
    url: str | None = None
    hostname: str | None = None
    port: int | str | None = None
    active: bool | int | None = True
    method: str | None = None
    body: str | None = None
    keyword: str | None = None
    invertKeyword: bool | int | None = None  # noqa: N815 - the vendor's own name
    upsideDown: bool | int | None = None  # noqa: N815
    ignoreTls: bool | int | None = None  # noqa: N815
    accepted_statuscodes: list[str] | None = None
    basic_auth_user: str | None = None
    authMethod: str | None = None  # noqa: N815
    headers: str | None = None
    dns_resolve_type: str | None = None
    dns_resolve_server: str | None = None


def is_monitor(text: str) -> bool:
    """Whether an answer names a monitor and not an address to look at."""
    return text.split(" ", 1)[0].lower() in KINDS


def watched_by(line: str) -> Watched:
    """What a monitor watches. Raises AnswerError for a line of another form, and for a monitor that cannot be read."""
    kind, place, secret = _parts(line)
    try:
        if kind == "prometheus":
            return _prometheus(place, secret)
        found = _kuma_file(Path(place)) if "://" not in place else _kuma_address(place, secret)
    except (ConnectorError, SecretError, ValidationError) as error:
        told = "its address cannot be used" if isinstance(error, ValidationError) else str(error)
        raise AnswerError(f"{kind} cannot be read: {told}") from None
    watched = Watched()
    for monitor in found:
        before = len(watched.taken)
        watched.add(monitor.name, _kuma_probe(monitor))
        if len(watched.taken) == before:
            continue
        if monitor.type == "keyword" and not monitor.keyword:
            watched.without_text.append(monitor.name)
        if monitor.type == "dns" and not _servers(monitor):
            watched.without_server.append(monitor.name)
    return watched


def _parts(line: str) -> tuple[str, str, str]:
    words = line.split()
    if len(words) not in (2, 3) or words[0].lower() not in KINDS:
        raise AnswerError(f"{EXAMPLE}; its key, if it needs one, follows as env:NAME or file:PATH.")
    secret = words[2] if len(words) == 3 else ""
    if secret and not is_reference(secret):
        raise AnswerError("a monitor's key is never written itself, only where it stands: env:NAME or file:PATH.")
    return words[0].lower(), words[1], secret


def _http(address: str, auth: Auth) -> Http:
    context = SourceContext(source_key="init", zone=ZoneInfo("UTC"), folder=Path())
    return Http(HttpSettings(url=address, timeout_seconds=15, wait_budget_seconds=5), context, auth=auth)


def _login(secret: str) -> Auth:
    """The key as a password without a user, as Uptime Kuma takes it and a proxy before Prometheus may."""
    if not secret:
        return Auth()
    kind, _, name = secret.partition(":")
    reader = readers(Path()).get(kind)
    if reader is None:
        raise AnswerError("a monitor's key stands in env:NAME or file:PATH while init runs.")
    return BasicAuth("", SecretStr(reader(name)))


def _prometheus(address: str, secret: str) -> Watched:
    """The targets of the blackbox exporter, by the form of their instance: an address, host:port, or a host."""
    with _http(address, _login(secret)) as http:
        answer = http.get_json("api/v1/query", {"query": "probe_success"})
        data = answer.get("data") if isinstance(answer, dict) else None
        rows = data.get("result") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise bad_shape(http.host, "data.result")
        metrics = [row.get("metric") if isinstance(row, dict) else None for row in rows]
    watched = Watched()
    for instance in dict.fromkeys(str(one.get("instance", "")) for one in metrics if isinstance(one, dict)):
        watched.add(_plain_name(instance), _target(instance))
    return watched


def _target(instance: str) -> Probe | str:
    if "://" in instance:
        return _web(instance)
    if (found := HOST_AND_PORT.fullmatch(instance)) is not None:
        return {"kind": "tcp", "host": found[1].strip("[]"), "port": int(found[2])}
    return {"kind": "ping", "host": instance} if re.fullmatch(r"[\w.:-]+", instance) else "no address"


def _plain_name(instance: str) -> str:
    parts = urlsplit(instance) if "://" in instance else None
    return f"{parts.hostname}{parts.path.rstrip('/')}" if parts else instance


def _kuma_address(address: str, secret: str) -> list[KumaMonitor]:
    base, _, slug = address.partition("/api/status-page/" if "/api/status-page/" in address else "/status/")
    if slug:
        with _http(base, Auth()) as http:
            page = http.get_json(f"api/status-page/{slug.strip('/').lower()}")
            return [shaped(http.host, KumaMonitor, row) for row in _on_page(http.host, page)]
    if not secret:
        raise AnswerError(f"{EXAMPLE}; only /metrics lists all monitors and needs an API key as env:NAME or file:PATH.")
    with _http(base.rstrip("/").removesuffix("/metrics"), _login(secret)) as http:
        found: dict[tuple[str, ...], KumaMonitor] = {}
        for sample in samples(http.host, http.get_bytes("metrics")):
            told = {name.removeprefix("monitor_"): text for name, text in sample.labels.items() if text != "null"}
            if sample.name == "monitor_status" and told.get("name"):
                found.setdefault(tuple(sorted(told.items())), shaped(http.host, KumaMonitor, told))  # type: ignore[arg-type]
        return list(found.values())


def _on_page(where: str, page: Any) -> Iterator[Any]:
    groups = page.get("publicGroupList") if isinstance(page, dict) else None
    if not isinstance(groups, list):
        raise bad_shape(where, "publicGroupList")
    seen = set()
    for row in (row for group in groups if isinstance(group, dict) for row in group.get("monitorList") or ()):
        key = row.get("id") if isinstance(row, dict) else None
        if key is None or key not in seen:
            seen.add(key)
            yield row


def _kuma_file(path: Path) -> list[KumaMonitor]:
    """The monitors of an export: its `monitorList`, as a list or by id, or the bare list."""
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        raise AnswerError(f"{path.name} is no readable export of Uptime Kuma; {EXAMPLE}.") from None
    rows = told.get("monitorList") if isinstance(told, dict) else told
    rows = list(rows.values()) if isinstance(rows, dict) else rows
    if not isinstance(rows, list):
        raise AnswerError(f"{path.name} holds no monitorList; export a backup, or the list of monitors, as JSON.")
    return [shaped(path.name, KumaMonitor, row) for row in rows]


def _kuma_probe(monitor: KumaMonitor) -> Probe | str:
    """The look that a monitor makes, or why we cannot make it."""
    host = monitor.hostname or ""
    if monitor.active is not None and not monitor.active:
        return "paused"
    if monitor.upsideDown or monitor.invertKeyword:
        return "reversed"
    match monitor.type:
        case "http" | "keyword":
            return _kuma_web(monitor)
        case "port" if host and str(monitor.port or "").isdecimal():
            return {"kind": "tcp", "host": host, "port": int(str(monitor.port))}
        case "ping" if host:
            return {"kind": "ping", "host": host}
        case "dns" if host and (monitor.dns_resolve_type or "A") in RECORDS:
            return _kuma_names(monitor, host)
        case "port" | "ping" | "dns":
            return "address not shown"
    return f"kind {monitor.type}" if re.fullmatch(r"[a-z0-9-]{1,30}", monitor.type) else "another kind"


def _kuma_names(monitor: KumaMonitor, name: str) -> Probe | str:
    """The look that asks the monitor's own name servers; their silence is down here as it is there."""
    probe: Probe = {"kind": "dns", "name": name, "record": monitor.dns_resolve_type or "A"}
    servers = _servers(monitor)
    try:
        addresses = [str(ip_address(one)) for one in servers]
    except ValueError:
        return "a name server without its address"
    port = str(monitor.port or 53)
    if port != "53":
        addresses = [f"[{one}]:{port}" if ":" in one else f"{one}:{port}" for one in addresses]
    if not addresses:
        return probe
    return probe | {"resolvers": addresses} | ({"resolvers_are_the_service": True} if servers != [USUAL_SERVER] else {})


def _servers(monitor: KumaMonitor) -> list[str]:
    listed = (one.strip().strip("[]") for one in (monitor.dns_resolve_server or "").split(","))
    return [one for one in listed if one]


def _kuma_web(monitor: KumaMonitor) -> Probe | str:
    if monitor.basic_auth_user or monitor.authMethod or monitor.body or monitor.headers:
        return "a login, body or headers"
    if (monitor.method or "GET") not in ("GET", "HEAD", "OPTIONS"):
        return "a method that may change something"
    probe = _web(monitor.url or "")
    if isinstance(probe, str):
        return probe
    if monitor.type == "keyword" and monitor.keyword:
        probe["text_contains"] = [monitor.keyword]
    if monitor.method and monitor.method != "GET":
        probe["method"] = monitor.method
    if monitor.ignoreTls:
        probe["verify"] = False
    codes = [int(code) if code.isdecimal() else code for code in monitor.accepted_statuscodes or ()]
    return probe | ({"expect_status": codes} if codes not in ([], ["200-299"]) else {})


def _web(url: str) -> Probe | str:
    """A look at a web address; none at one that holds a secret, which would stand in the district folder."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "address not shown"
    if parts.username or parts.password or any(SECRET.search(name) for name, _ in parse_qsl(parts.query)):
        return "a secret in the address"
    return {"kind": "http", "url": url}


def left_out_sentence(line: str, watched: Watched) -> str:
    """How much was taken over, and what was not, for a person."""
    sentence = f"{line.split()[0]} watches {len(watched.taken)} that we can look at too"
    why: Mapping[str, int] = dict(sorted(watched.left_out.items()))
    if why:
        sentence += f"; left out: {', '.join(f'{reason} ({number})' for reason, number in why.items())}"
    if watched.without_text:
        sentence += (
            f"; the text to look for is not shown there, add it as text_contains in services.yaml to: "
            f"{', '.join(watched.without_text)}"
        )
    if watched.without_server:
        sentence += (
            f"; the name server and the record to ask for are not shown there, add them as resolvers and record in "
            f"services.yaml to: {', '.join(watched.without_server)}"
        )
    return f"{sentence}."
