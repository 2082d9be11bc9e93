"""What a broken call or a refusing status means, as the error with the sentence that a person can act on."""

from __future__ import annotations

import requests
from urllib3 import exceptions as urllib3_errors

from connectors._errors import AuthError, BadReplyError, ConnectorError, SettingsError, UnavailableError

Broken = (requests.RequestException, urllib3_errors.HTTPError, OSError)
"""Everything that requests, urllib3 and the system raise when a call breaks."""


def error_of_break(host: str, timeout_seconds: float, error: Exception) -> ConnectorError:
    """Sort a broken call. None of the libraries' own words are passed on: they quote addresses and proxies."""
    text = str(error)
    if isinstance(error, requests.exceptions.SSLError | urllib3_errors.SSLError):
        return UnavailableError(
            f"The certificate of {host} is not trusted; a web filter may stand between, and then its certificate "
            "belongs into the ca_bundle setting."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return UnavailableError(f"The proxy on the way to {host} does not let us through; check the proxy setting.")
    if isinstance(error, requests.Timeout | TimeoutError | urllib3_errors.TimeoutError) or "timed out" in text:
        return UnavailableError(f"{host} did not answer within {timeout_seconds:g} seconds; try again later.")
    if isinstance(error, ValueError):
        return SettingsError(f"The address of {host} cannot be used; check the url and proxy settings.")
    if "CA certificate" in text or "TLS CA" in text:
        return SettingsError("The file of the ca_bundle setting cannot be read; check its path.")
    return UnavailableError(f"The connection to {host} failed or broke off; check name, port and network.")


def error_of_status(host: str, status: int) -> ConnectorError:
    """The error of a status that neither waiting nor new credentials could mend."""
    if status == 401:
        return AuthError(f"{host} refuses the credentials (HTTP 401); renew them in the source's settings.")
    if status == 403:
        return AuthError(f"{host} forbids this login to read (HTTP 403); give it the right to read.")
    if status == 407:
        return SettingsError(f"The proxy on the way to {host} wants a login (HTTP 407); put it into the proxy setting.")
    if status in (404, 405, 410):
        return SettingsError(f"{host} has nothing at this address (HTTP {status}); check the url setting.")
    if status >= 500 or status in (408, 425):
        return UnavailableError(f"{host} answers with a fault of its own (HTTP {status}); try again later.")
    return BadReplyError(
        f"{host} does not understand the question (HTTP {status}); its version or its set-up may differ from what "
        "this connector knows."
    )


def error_of_content(host: str, content: bytes) -> ConnectorError:
    """The error of a body that is not JSON: a web page in its place is told as such."""
    if content.lstrip()[:1] == b"<":
        return BadReplyError(
            f"{host} answers with a web page where data was asked for; check the address, and whether a login page "
            "or a web filter answers in its place."
        )
    return BadReplyError(f"{host} answers with something that is not JSON, or with half of it; ask its operator why.")
