"""The plugin's fixtures, as a project that installed the distribution meets them."""

import subprocess
import sys

import pytest

TEST = """
    import urllib.request

    def test_the_gateway_answers(ccell_server):
        body = b'<root userid="200001" password="123456"></root>'
        with urllib.request.urlopen(f"{ccell_server.url}/sms3_api/xmlapi/info.jsp", body) as answer:
            assert b"<RICHES>100000</RICHES>" in answer.read()
"""


def test_a_server_runs_for_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_configuration_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest
        from ccell_mock_server.config import parse

        @pytest.fixture(scope="session")
        def ccell_config(ccell_listen_address):
            host, port = ccell_listen_address
            account = {"userid": "200001", "password": "123456", "balance": 7}
            return parse({"server": {"host": host, "port": port}, "accounts": [account]}, "conftest.py")
    """)
    pytester.makepyfile(TEST.replace("100000", "7"))
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_address_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def ccell_listen_address():
            return "127.0.0.2", 0

        def test_it_listens_there(ccell_server):
            assert ccell_server.url.startswith("http://127.0.0.2:")
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_loading_the_plugin_imports_nothing_of_ours_but_itself() -> None:
    script = """
import sys, pytest, pytest_ccell.plugin
print(sorted(name for name in sys.modules if name.partition(".")[0].startswith(("ccell", "flask", "lxml", "httpx"))))
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
