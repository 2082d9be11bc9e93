"""libcurl's result codes in a reader's words. https://curl.se/libcurl/c/libcurl-errors.html"""

from __future__ import annotations

from http import HTTPStatus

import pycurl

from connectors.probes._sockets import no_connection
from connectors.probes._transfer import Transfer
from firstbell.records import ServiceState

_REASONS: dict[int, tuple[str, str]] = {
    pycurl.E_COULDNT_RESOLVE_HOST: ("name", "the host name does not resolve"),
    pycurl.E_SSL_CONNECT_ERROR: ("tls", "no TLS connection could be agreed on"),
    pycurl.E_SSL_CIPHER: ("tls", "no TLS connection could be agreed on"),
    pycurl.E_USE_SSL_FAILED: ("tls", "the server does not offer to go on with TLS"),
    pycurl.E_GOT_NOTHING: ("reset", "the server closed the connection without an answer"),
    pycurl.E_SEND_ERROR: ("reset", "the connection broke while the question was sent"),
    pycurl.E_RECV_ERROR: ("reset", "the connection broke while the answer came"),
    pycurl.E_PARTIAL_FILE: ("truncated", "the answer ended before its announced length"),
    pycurl.E_TOO_MANY_REDIRECTS: ("redirects", "it redirects more than five times"),
    pycurl.E_UNSUPPORTED_PROTOCOL: ("redirects", "it redirects to an address that is not http or https"),
    pycurl.E_URL_MALFORMAT: ("redirects", "it redirects to an address that cannot be read"),
    pycurl.E_FTP_WEIRD_SERVER_REPLY: ("protocol", "the answer is not HTTP"),
    97: ("proxy", "the proxy could not reach it"),  # CURLE_PROXY, which pycurl does not name
    pycurl.E_BAD_CONTENT_ENCODING: ("body", "the answer is packed in a way that cannot be undone"),
    pycurl.E_HTTP2: ("protocol", "the answer breaks the rules of HTTP/2"),
}


def failure(transfer: Transfer, code: int, proxied: bool = False) -> tuple[ServiceState, str, str]:
    """State, reason code and sentence for a transfer that libcurl ended with an error.

    With a proxy in between (`proxied`), what keeps us from the proxy says nothing of the service.
    """
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return _too_slow(transfer)
    if code == pycurl.E_COULDNT_RESOLVE_PROXY:
        return ServiceState.UNKNOWN, "proxy", "the proxy's name does not resolve"
    if code == pycurl.E_COULDNT_CONNECT and proxied:
        return ServiceState.UNKNOWN, "proxy", "no connection to the proxy"
    if proxied and transfer.curl.getinfo(pycurl.HTTP_CONNECTCODE) >= HTTPStatus.BAD_REQUEST:
        return _not_let_through(transfer.curl.getinfo(pycurl.HTTP_CONNECTCODE))
    if code == pycurl.E_SSL_CERTPROBLEM:
        return ServiceState.UNKNOWN, "setup", "the client certificate or its key cannot be read"
    if code == pycurl.E_COULDNT_CONNECT:
        return no_connection(transfer.curl.getinfo(pycurl.OS_ERRNO)).told
    if code == pycurl.E_SSL_CACERT_BADFILE:
        return ServiceState.UNKNOWN, "setup", "the file of trusted issuers (CA bundle) cannot be read on this machine"
    # The same code stands for bytes that are no HTTP at all; then no status ever came.
    if code == pycurl.E_UNSUPPORTED_PROTOCOL and not transfer.curl.getinfo(pycurl.RESPONSE_CODE):
        code = pycurl.E_FTP_WEIRD_SERVER_REPLY
    reason, sentence = _REASONS.get(code, ("transfer", f"the transfer failed (libcurl code {code})"))
    return ServiceState.DOWN, reason, sentence


def _not_let_through(status: int) -> tuple[ServiceState, str, str]:
    """What a proxy's refusal to connect us says: only of some is the service the cause."""
    unreached = status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT)
    state = ServiceState.DOWN if unreached else ServiceState.UNKNOWN
    return state, "proxy", f"the proxy did not connect us (status {status})"


def _too_slow(transfer: Transfer) -> tuple[ServiceState, str, str]:
    timings = transfer.read_timings()
    if timings.name is None:
        # A name that does not exist is answered at once; silence is the name service's, and says nothing of the target.
        return ServiceState.UNKNOWN, "resolver", "name service here did not answer in time"
    phase = "the answer had begun, but not ended"
    if timings.connect is None:
        phase = "the connection was still being made"
    elif timings.first_byte is None:
        phase = "connected, but the answer had not begun"
    return ServiceState.DOWN, "timeout", f"no full answer in time: {phase}"
