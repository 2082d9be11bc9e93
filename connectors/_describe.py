"""What each kind says of itself: the one source of docs/connectors.md and of whoever shows a kind."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import get_args

from pydantic import SecretStr

import connectors
import connectors.probes
from connectors._base import SourceSettings, Stream
from firstbell.config.reference import field_table, type_words

HEADING = """\
# Connectors and probes

<!-- Written by `firstbell docs` from connectors/; change it there. -->

A connector reads one outside system, nightly. A probe looks at one service, every minute. None of them writes to what
it reads. Each entry below stands under `kind:` in `sources.yaml` (connectors) or as `probe.kind` in `services.yaml`.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of a kind's settings. `default` is None where it is needed or where there is none to show."""

    name: str
    takes: str
    needed: bool
    default: str | None
    secret: bool
    description: str


@dataclass(frozen=True, slots=True)
class Description:
    """All that a kind says of itself. A probe has no streams and needs no rights, so those are empty for it."""

    kind: str
    title: str
    about: str
    docs_url: str
    least_privilege: str
    checked_against: str
    streams: tuple[Stream, ...]
    settings: tuple[Setting, ...]


def describe(kind: str) -> Description:
    """The description of a connector's kind; SettingsError when there is none of this name."""
    connector = connectors.get(kind)
    return Description(
        kind=kind,
        title=connector.title,
        about=_about(connector),
        docs_url=connector.docs_url,
        least_privilege=connector.least_privilege,
        checked_against=connector.checked_against,
        streams=connector.streams,
        settings=_settings(connector.Settings),
    )


def describe_probe(kind: str) -> Description:
    """The description of a probe's kind; SettingsError when there is none of this name."""
    probe = connectors.probes.get(kind)
    return Description(
        kind=kind,
        title=probe.title,
        about=_about(probe),
        docs_url=probe.docs_url,
        least_privilege="",
        checked_against="",
        streams=(),
        settings=_settings(probe.Settings),
    )


def connectors_page() -> str:
    """The text of docs/connectors.md."""
    sources = [describe(kind) for kind in connectors.kinds()]
    probes = [describe_probe(kind) for kind in connectors.probes.kinds()]
    rows = [f"| [{one.kind}](#{one.kind}) | {one.title} | {_gives(one)} | {one.checked_against} |" for one in sources]
    table = ["| kind | reads | gives | checked against |", "|---|---|---|---|", *rows]
    parts = [HEADING, "\n".join(table) + "\n"]
    parts += [_section(one, field_table(connectors.get(one.kind).Settings)) for one in sources]
    parts += ["# Probes\n"]
    parts += [_section(one, field_table(connectors.probes.get(one.kind).Settings)) for one in probes]
    return "\n".join(parts)


def _section(one: Description, fields: str) -> str:
    facts = [f"{one.title}. [Vendor's page]({one.docs_url})."]
    if one.least_privilege:
        facts.append(f"Least access: {one.least_privilege}")
    return "\n".join([f"## {one.kind}", "", " ".join(facts), "", one.about, "", fields])


def _about(kind: type[object]) -> str:
    return inspect.getdoc(inspect.getmodule(kind)) or ""


def _gives(one: Description) -> str:
    return ", ".join(f"{stream.record_type.__name__} ({stream.mode.value})" for stream in one.streams)


def _settings(model: type[SourceSettings]) -> tuple[Setting, ...]:
    found = []
    for name, about in model.model_fields.items():
        default = None if about.is_required() else about.get_default(call_default_factory=True)
        found.append(
            Setting(
                name=name,
                takes=type_words(about.annotation),
                needed=about.is_required(),
                default=None if default is None else str(default),
                secret=SecretStr in (about.annotation, *get_args(about.annotation)),
                description=about.description or "",
            )
        )
    return tuple(found)
