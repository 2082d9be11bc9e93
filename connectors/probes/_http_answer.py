"""Whether a web server's answer says what was expected. What it says instead is never quoted."""

from __future__ import annotations

import json
import re

import pycurl

from connectors.probes._http_settings import HttpSettings, compiled
from connectors.probes._json_path import value_at
from connectors.probes._transfer import Transfer

_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
Finding = tuple[str, str] | None
"""Reason code and sentence of what was wrong; None when all was as expected."""


def wrong_before_the_body(transfer: Transfer, settings: HttpSettings) -> Finding:
    """What is wrong with status and headers."""
    return _status(transfer, settings) or _headers(transfer, settings)


def _status(transfer: Transfer, settings: HttpSettings) -> Finding:
    status = transfer.curl.getinfo(pycurl.RESPONSE_CODE)
    if status in settings.fine:
        return None
    expected = ", ".join(str(entry) for entry in settings.expect_status)
    return "status", f"answered with status {status} instead of {expected}"


def _headers(transfer: Transfer, settings: HttpSettings) -> Finding:
    if not settings.expect_headers:
        return None
    values: dict[str, list[str]] = {}
    for line in transfer.headers:
        if line.startswith(b"HTTP/"):
            values.clear()  # the lines before belong to a redirect
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            values.setdefault(name.strip().lower(), []).append(value.strip())
    for name, expression in settings.expect_headers.items():
        if name.lower() not in values:
            return "header", f"the header {name} is missing"
        if not any(compiled(expression).search(value) for value in values[name.lower()]):
            return "header", f"the header {name} does not say what was expected"
    return None


def wrong_in_the_body(transfer: Transfer, settings: HttpSettings) -> Finding:
    """What is wrong with the text, and with the values where it is JSON."""
    text = _text(transfer)
    if any(wanted not in text for wanted in settings.text_contains):
        return "body", "an expected text is not in the answer"
    if any(unwanted in text for unwanted in settings.text_lacks):
        return "body", "a text that must not be there is in the answer"
    if settings.text_matches and not compiled(settings.text_matches).search(text):
        return "body", "the answer does not match the expected pattern"
    return _values(text, settings) if settings.json_equals else None


def _text(transfer: Transfer) -> str:
    # pycurl's own text is UTF-8 only, and any byte may stand in a header.
    declared = _CHARSET.search((transfer.curl.getinfo_raw(pycurl.CONTENT_TYPE) or b"").decode("latin-1"))
    try:
        return transfer.body.decode(declared[1] if declared else "utf-8-sig", errors="replace")
    except (LookupError, UnicodeError):  # no charset, or one that replaces nothing: idna, punycode, undefined
        return transfer.body.decode("utf-8-sig", errors="replace")


def _values(text: str, settings: HttpSettings) -> Finding:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "json", "the answer is not JSON"
    for path, wanted in settings.json_equals.items():
        try:
            found = value_at(document, path)
        except LookupError:
            return "json", f"the answer has nothing at {path}"
        # 1 == True in Python, not in JSON.
        if isinstance(found, bool) != isinstance(wanted, bool) or found != wanted:
            return "json", f"the answer's {path} is not what was expected"
    return None
