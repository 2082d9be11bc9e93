"""Metrics in the text format that Prometheus reads, as monitors give them out.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connectors._errors import BadReplyError, ConnectorError
from connectors._http_faults import error_of_content

LINE = re.compile(r'([a-zA-Z_:][\w:]*)\s*(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})?\s+(\S+)(?:\s+-?\d+)?\s*')
LABEL = re.compile(r'\s*([a-zA-Z_]\w*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?')
ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


class Sample(NamedTuple):
    """One value of one metric. `value` is not a number where the text says NaN."""

    name: str
    labels: Mapping[str, str]
    value: float


def samples(where: str, content: bytes) -> Iterator[Sample]:
    """All samples of a page of metrics. Raises BadReplyError for anything that is not such a page."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _no_metrics(where, content) from None
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        number = _number(found[3]) if found else None
        if found is None or number is None:
            raise _no_metrics(where, content)
        labels = {one[1]: _plain(one[2]) for one in LABEL.finditer(found[2] or "")}
        yield Sample(found[1], labels, number)


def _no_metrics(where: str, content: bytes) -> ConnectorError:
    if content.lstrip()[:1] == b"<":
        return error_of_content(where, content)
    return BadReplyError(f"{where} answers with something that is no page of metrics; check the address.")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _plain(value: str) -> str:
    return re.sub(r"\\.", lambda found: ESCAPES.get(found[0], found[0]), value)
