"""The code under test reaches the emulator of the session, also with a proxy in the environment."""

import os
from collections.abc import Iterator

import pytest
from harness import scripted
from harness.emulators import emulator

TESTS = """
    import os
    import subprocess
    from urllib.request import urlopen

    import httpx2
    import pytest
    import requests

    URLLIB = lambda url: urlopen(url).read()
    REQUESTS = lambda url: requests.get(url, timeout=60).content
    HTTPX2 = lambda url: httpx2.get(url).content
    CURL = lambda url: subprocess.run(["curl", "-sf", url], check=True, capture_output=True).stdout

    @pytest.mark.parametrize("get", [URLLIB, REQUESTS, HTTPX2, CURL])
    def test_code_reaches_the_emulator(ccell, get):
        assert get(ccell.url + "/_ccell/readyz") == b"ready\\n"
"""
HEADER = "ccell: proxies are not used for emulators: no_proxy=intranet,127.0.0.1,localhost,::1"


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    with scripted.server() as script:
        for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, script.url)
        yield script.url
        assert script.connections == 0


def _run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)
    result.assert_outcomes(passed=4)
    return result


@pytest.mark.parametrize("options", [(), ("-n2",)])
def test_code_under_test_uses_no_proxy_and_the_header_says_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, proxy: str, options: tuple[str, ...]
) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet")
    result = _run(pytester, *options)
    assert result.stdout.str().count(HEADER) == 1
    assert proxy not in result.stdout.str()


def test_an_emulator_at_another_address_is_reached_without_a_proxy(pytester: pytest.Pytester, proxy: str) -> None:
    with emulator(server={"host": "127.0.0.2"}) as served:
        result = _run(pytester, f"--ccell-url={served.url}")
    assert f"ccell: {served.url}" in result.outlines
    assert "no_proxy=127.0.0.1,localhost,::1,127.0.0.2" in result.stdout.str()
    assert proxy


def test_a_session_at_another_address_is_reached_without_a_proxy(pytester: pytest.Pytester, proxy: str) -> None:
    pytester.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def ccell_listen_address():
            return "127.0.0.3", 0
    """)
    _run(pytester)
    assert proxy


def test_modules_that_read_the_variables_when_they_are_imported_are_in_time(
    pytester: pytest.Pytester, proxy: str
) -> None:
    pytester.makeconftest("import httpx2\nCLIENT = httpx2.Client()\n")
    pytester.makepyfile("""
        from conftest import CLIENT

        def test_one(ccell):
            assert CLIENT.get(ccell.url + "/_ccell/readyz").status_code == 200
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:schemathesis").assert_outcomes(passed=1)
    assert proxy


def test_the_variables_have_their_former_values_after_the_session(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("no_proxy", "intranet")
    program = pytester.makepyfile(
        program="""
        import os
        import pytest

        def variables():
            return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}

        before = variables()
        assert pytest.main(["-p", "no:cacheprovider", "test_one.py"]) == 0
        assert variables() == before
        """,
        test_one="import os\n\ndef test_one(ccell):\n    assert '127.0.0.1' in os.environ['no_proxy'], ccell.url\n",
    )
    result = pytester.runpython(program)
    assert result.ret == 0, result.stderr.str()
    assert proxy


def test_without_a_proxy_nothing_changes_and_the_header_says_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "intranet")
    pytester.makepyfile("""
        import os

        def test_one(ccell):
            assert ccell.url
            assert {name: value for name, value in os.environ.items() if name.lower() == "no_proxy"} == {
                "NO_PROXY": "intranet"
            }
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1)
    assert "ccell: proxies" not in result.stdout.str()
