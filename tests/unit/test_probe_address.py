"""Host names and web addresses as the network wants them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.probes._address import network_host, web_address


@pytest.mark.parametrize(
    ("given_host", "wanted"),
    [
        ("Portal.Oak.Example", "portal.oak.example"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8::1]", "2001:db8::1"),
        ("_dmarc.oak.example", "_dmarc.oak.example"),
        ("b\N{LATIN SMALL LETTER U WITH DIAERESIS}cher.example", "xn--bcher-kva.example"),
    ],
)
def test_hosts(given_host: str, wanted: str) -> None:
    assert network_host(given_host) == wanted


@pytest.mark.parametrize("host", ["", ".", "a..b", "a b", "a/b", "\N{SCHOOL}.example", "x" * 64, "a:b", "a\nb"])
def test_hosts_that_no_network_has(host: str) -> None:
    with pytest.raises(ValueError, match="host name") as refused:
        network_host(host)
    assert not host.strip(".") or host not in str(refused.value)


def test_an_address_keeps_its_port_path_and_question() -> None:
    assert web_address("https://Oak.example:8443/a b".replace(" ", "%20") + "?q=1&r=%2F#part") == (
        "https://oak.example:8443/a%20b?q=1&r=%2F"
    )
    assert web_address("http://[2001:DB8::1]:80") == "http://[2001:db8::1]:80/"


@given(st.text(max_size=40))
def test_whatever_is_typed_becomes_plain_ascii_or_a_sentence(rest: str) -> None:
    with contextlib.suppress(ValueError):
        address = web_address("https://" + rest)
        assert address.isascii()
        assert address.isprintable()
        assert web_address(address) == address
