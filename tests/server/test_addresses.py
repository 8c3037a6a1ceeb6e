"""The addresses that a server tells: each can be opened."""

import ipaddress

import pytest
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_mock_server.commands.ready import wait_until_ready
from ccell_mock_server.http.addresses import base_url, openable


@given(host=st.ip_addresses().filter(lambda one: not one.is_unspecified).map(str) | st.just("sms.example"))
def test_a_server_with_one_address_is_opened_there(host: str) -> None:
    assert list(openable(host)) == [host]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "::0"])  # noqa: S104 - it is tested
def test_a_server_with_all_addresses_is_opened_on_loopback_and_elsewhere(host: str) -> None:
    first, *others = openable(host)
    assert first == "127.0.0.1"
    assert not [one for one in map(ipaddress.ip_address, others) if one.is_unspecified or one.is_loopback]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])  # noqa: S104 - it is tested
def test_an_emulator_answers_at_each_of_its_addresses(host: str) -> None:
    with emulator(server={"host": host, "control_token": "x"}) as running:
        assert running.urls[0] == running.url
        assert running.url.startswith("http://127.0.0.1:")
        for url in running.urls:
            wait_until_ready(url, 60)


def test_an_ipv6_address_is_in_brackets() -> None:
    assert base_url("https", "::1", 8026) == "https://[::1]:8026"
