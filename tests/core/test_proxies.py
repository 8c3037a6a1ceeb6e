"""Addresses that are exempt from a proxy, as the libraries read the variables."""

import os
import urllib.request
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.utils import should_bypass_proxies

from ccell_fake.proxies import exempt, exempted

PROXY = {"HTTP_PROXY": "http://proxy.example:3128"}
URLS = ("http://127.0.0.1:8026", "http://localhost:8026", "https://sms-emulator:8026")
PROXIES = [name for one in ("http_proxy", "https_proxy", "all_proxy") for name in (one, one.upper())]
HOSTS = st.sampled_from(["intranet", ".corp.example", "10.0.0.0/8", "127.0.0.1", "localhost", "*", " ", ""])
EXEMPTIONS = st.lists(HOSTS, max_size=4).map(",".join)


@contextmanager
def _only(environment: dict[str, str]) -> Generator[None]:
    with patch.dict("os.environ", environment, clear=True):
        yield


@given(
    st.sampled_from(PROXIES),
    st.dictionaries(st.sampled_from(["no_proxy", "NO_PROXY"]), EXEMPTIONS),
)
def test_every_url_is_exempt_and_everything_that_was_exempt_stays_so(proxy: str, exemptions: dict[str, str]) -> None:
    before = {proxy: "http://proxy.example:3128", **exemptions}
    after = {**before, **exempt(before, *URLS)}
    with _only(after):
        for url in URLS:
            assert should_bypass_proxies(url, None)
            assert urllib.request.proxy_bypass(url.partition("//")[2])
    for name, value in exemptions.items():
        kept = [entry.strip() for entry in after[name].split(",")]
        assert [entry for entry in map(str.strip, value.split(",")) if entry and entry not in kept] == []
    assert exempt(after, *URLS) == {}


@given(st.dictionaries(st.sampled_from(["no_proxy", "NO_PROXY", *PROXIES]), st.just("")))
def test_nothing_changes_without_a_proxy(environment: dict[str, str]) -> None:
    assert exempt(environment, *URLS) == {}
    assert exempt({**environment, "NO_PROXY": "intranet"}, *URLS) == {}


@pytest.mark.parametrize("name", ["no_proxy", "NO_PROXY"])
def test_the_variable_that_is_missing_has_the_entries_of_the_other(name: str) -> None:
    changed = exempt({"HTTP_PROXY": "http://proxy.example:3128", name: "intranet"}, "http://emulator:8026")
    assert set(changed) == {"no_proxy", "NO_PROXY"}
    assert set(changed.values()) == {"intranet,127.0.0.1,localhost,::1,emulator"}


def test_a_star_stays_alone() -> None:
    environment = {"https_proxy": "http://proxy.example:3128", "no_proxy": "*"}
    assert exempt(environment, *URLS) == {"NO_PROXY": "*"}


def test_an_invalid_url_exempts_loopback_only() -> None:
    changed = exempt({"http_proxy": "http://proxy.example:3128"}, "http://[::1", "", "nonsense")
    assert set(changed.values()) == {"127.0.0.1,localhost,::1"}


def test_overlapping_blocks_end_in_any_order() -> None:
    with _only({**PROXY, "no_proxy": "intranet"}):
        first, second = ExitStack(), ExitStack()
        first.enter_context(exempted("http://one:1"))
        second.enter_context(exempted("http://two:2"))
        first.close()
        assert os.environ["NO_PROXY"] == os.environ["no_proxy"] == "intranet,127.0.0.1,localhost,::1,one,two"
        second.close()
        assert dict(os.environ) == {**PROXY, "no_proxy": "intranet"}


def test_a_variable_that_somebody_else_changes_meanwhile_stays() -> None:
    with _only(PROXY):
        with exempted():
            os.environ["no_proxy"] = "mine"
        assert dict(os.environ) == {**PROXY, "no_proxy": "mine"}
