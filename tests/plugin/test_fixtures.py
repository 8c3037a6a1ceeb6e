"""The plugin's fixtures, as a project that installed the distribution uses them."""

import pytest
from harness.inner_runs import run

TEST = """
    import urllib.request

    def test_the_gateway_answers(ccell_server):
        body = b'<root userid="200001" password="123456"></root>'
        with urllib.request.urlopen(f"{ccell_server.url}/sms3_api/xmlapi/info.jsp", body) as answer:
            assert b"<RICHES>100000</RICHES>" in answer.read()
"""


def test_a_server_runs_for_the_session_in_a_process_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")
    result.assert_outcomes(passed=1)


def test_the_configuration_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        import pytest
        from ccell_mock_server.config.settings import parse

        @pytest.fixture(scope="session")
        def ccell_config(ccell_listen_address):
            host, port = ccell_listen_address
            account = {"userid": "200001", "password": "123456", "balance": 7}
            return parse({"server": {"host": host, "port": port}, "accounts": [account]}, "conftest.py")
    """)
    pytester.makepyfile(TEST.replace("100000", "7"))
    run(pytester).assert_outcomes(passed=1)


@pytest.mark.parametrize("settings", [{"tls": True}, {"control_token": "secret"}])
def test_the_account_is_reached_with_any_configuration(pytester: pytest.Pytester, settings: dict[str, object]) -> None:
    pytester.makeconftest(f"""
        import pytest
        from ccell_mock_server.config.settings import parse

        @pytest.fixture(scope="session")
        def ccell_config():
            return parse({{"server": {{"port": 0, **{settings!r}}}}}, "conftest.py")
    """)
    pytester.makepyfile("""
        def test_a_send_arrives(ccell):
            ccell.client.send("13800000000", "您好【签名】")
            assert ccell.outbox.one().phone == "13800000000"
    """)
    run(pytester).assert_outcomes(passed=1)


def test_the_address_can_be_overridden(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def ccell_listen_address():
            return "127.0.0.2", 0

        def test_it_listens_there(ccell_server, ccell):
            assert ccell_server.url.startswith("http://127.0.0.2:")
            assert ccell.url == ccell_server.url
            assert ccell.client.info().is_normal
    """)
    run(pytester).assert_outcomes(passed=1)


def test_each_test_has_its_own_account_which_is_closed_afterwards(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        seen = []

        def test_first(ccell, ccell_server):
            ccell.client.send("13800000000", "您好【签名】")
            seen.append(ccell.userid)

        def test_second(ccell, ccell_server):
            assert ccell.outbox == []
            assert seen != [ccell.userid]
            assert {one.userid for one in ccell_server.control.accounts()} == {"200001", ccell.userid}
    """)
    run(pytester).assert_outcomes(passed=2)


def test_the_client_is_the_accounts_and_goes_by_http(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_client(ccell, ccell_client):
            assert ccell_client is ccell.client
            assert ccell.url in repr(ccell_client)
            ccell_client.send("13800000000", "您好【签名】")
            with ccell.connect(in_process=True) as client:
                assert len(client.reports()) == 1
    """)
    run(pytester).assert_outcomes(passed=1)


def test_further_accounts_are_opened_on_the_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_two(ccell, ccell_server):
            other = ccell_server.open(balance=0)
            assert other.client.info().riches == 0
            assert ccell.client.info().riches == 100000
            other.close()
            ccell.close()
    """)
    run(pytester).assert_outcomes(passed=1)


def test_unittest_classes_have_the_fixtures(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import unittest
        import pytest

        @pytest.mark.ccell(balance=5)
        class SendingTest(unittest.TestCase):
            @pytest.fixture(autouse=True)
            def _gateway(self, ccell):
                self.ccell = ccell

            def test_balance(self):
                self.assertEqual(self.ccell.client.info().riches, 5)

            @pytest.mark.ccell(credit=7)
            def test_failing(self):
                self.assertEqual(self.ccell.client.info().credit, 7)
                self.ccell.outbox.one(phone="13800000000")

        @pytest.mark.usefixtures("ccell")
        class UsingTest(unittest.TestCase):
            def test_nothing(self):
                pass
    """)
    result = run(pytester)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        ["*NotAsExpected: there are no accepted messages with phone='13800000000'", "*ccell journal*"]
    )


ASYNC_TESTS = """
        async def test_send(ccell):
            async with ccell.connect_async() as client, asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(ccell.outbox.wait_async(phone="13800000000"))
                await client.send("13800000000", "您好【签名】")
                assert (await waiting).state == "delivered"

        async def test_failing(ccell):
            ccell.outbox.one()
"""


def test_asynchronous_tests_have_the_fixtures_under_anyio(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""
        import asyncio
        import pytest

        pytestmark = pytest.mark.anyio

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
{ASYNC_TESTS}
    """)
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*ccell journal*"])


def test_asynchronous_tests_have_the_fixtures_under_pytest_asyncio(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(f"""
        import asyncio
{ASYNC_TESTS}
    """)
    result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-W", "error")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*ccell journal*"])


def test_fixtures_are_listed_with_what_they_are(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("")
    result = run(pytester, "--fixtures")
    names = ("ccell_listen_address", "ccell_config", "ccell_server", "ccell", "ccell_client")
    result.stdout.fnmatch_lines_random([f"{name} *-- *" for name in names])
    result.stdout.fnmatch_lines_random(["    The gateway with an account for this test*"])


def test_what_a_test_or_a_fixture_opened_is_closed_after_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from ccell_mock_server import FakeCcell
        from ccell_fake.testing import AccountClosed

        opened = []

        @pytest.fixture(scope="module")
        def shared(ccell_server):
            return ccell_server.open()

        @pytest.fixture
        def own(ccell_server):
            return ccell_server.open()

        def test_opens(ccell_server, shared, own):
            opened.extend([own, ccell_server.open(), FakeCcell()])
            with ccell_server.open() as other:
                other.client.info()
            opened.append(other)

        def test_next(shared, ccell_server):
            assert shared.client.info().is_normal
            for one in opened:
                with pytest.raises(AccountClosed):
                    one.outbox.find()
            assert {one.userid for one in ccell_server.control.accounts()} == {"200001", shared.userid}

        def test_last(ccell_server):
            pass
    """)
    run(pytester).assert_outcomes(passed=3)


def test_an_account_may_serve_a_class_a_module_or_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_first="""
        import pytest

        pytestmark = pytest.mark.ccell(balance=7)
        seen = set()

        @pytest.mark.ccell(balance=3)
        class TestClass:
            def test_one(self, ccell_class, ccell_module, ccell_session):
                ccell_class.client.send("13800000000", "您好【签名】")
                ccell_session.client.send("13800000000", "您好【签名】")
                assert ccell_module.client.info().riches == 7

            def test_two(self, ccell_class):
                assert ccell_class.client.info().riches == 2

        def test_three(ccell_module, ccell_session):
            ccell_module.client.send("13800000000", "您好【签名】")
            assert len(ccell_session.outbox) == 1
        """,
        test_second="""
        def test_four(ccell_module, ccell_session):
            assert ccell_module.outbox == []
            assert len(ccell_session.outbox) == 1
        """,
    )
    run(pytester).assert_outcomes(passed=4)


@pytest.mark.parametrize("opening", ["ccell_server.open(strict=True)", "FakeCcell(strict=True)"])
def test_strict_is_an_argument_of_whatever_opens_an_account(pytester: pytest.Pytester, opening: str) -> None:
    pytester.makepyfile(f"""
        import pytest
        from ccell_fake.testing import LimitsBroken
        from ccell_mock_server import FakeCcell

        def send(account, times):
            for _ in range(times):
                account.client.send("19500001111", "您好【签名】")

        def test_broken_in_a_block(ccell_server):
            with pytest.raises(LimitsBroken, match="S8"):
                with {opening} as account:
                    send(account, 2)

        def test_kept_in_a_block(ccell_server):
            with {opening} as account:
                send(account, 1)

        def test_broken_and_closed_by_the_plugin(ccell_server):
            send({opening}, 2)

        def test_an_error_comes_first(ccell_server):
            with pytest.raises(RuntimeError):
                with {opening} as account:
                    send(account, 2)
                    raise RuntimeError
    """)
    result = run(pytester)
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_broken_and_closed*", "S8: *", "*ccell journal teardown*"])


CONFIG = """
    import pytest
    from ccell_mock_server.config.settings import parse

    @pytest.fixture(scope="session")
    def ccell_config():
        return parse({"server": {"port": 0}, "accounts": [{"userid": "300003", "password": "x"}]}, "conftest.py")
"""
ADDRESS = """
    import pytest

    @pytest.fixture(scope="session")
    def ccell_listen_address():
        return "127.0.0.2", 0
"""


@pytest.mark.parametrize("conftest", [CONFIG, ADDRESS])
@pytest.mark.parametrize("fixture", ["ccell", "ccell_server"])
def test_a_configuration_that_comes_too_late_is_an_error(
    pytester: pytest.Pytester, conftest: str, fixture: str
) -> None:
    pytester.makepyfile(**{"a/conftest": "", "a/test_a": f"def test_a({fixture}): pass"})
    pytester.makepyfile(**{"b/conftest": conftest, "b/test_b": f"def test_b({fixture}): pass\ndef test_c(): pass"})
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["The emulator of the session has started with another ccell_config or *"])
    only = run(pytester, "b")
    only.assert_outcomes(passed=2)


def test_a_fixed_port_is_explained_to_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="session")
        def ccell_listen_address(taken):
            return "127.0.0.1", taken

        @pytest.fixture(scope="session")
        def taken():
            import socket

            with socket.create_server(("127.0.0.1", 0)) as server:
                yield server.getsockname()[1]

        def test_one(ccell):
            pass
    """)
    result = run(pytester, "-n", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*; each pytest-xdist worker starts an emulator: use port 0, or another port *"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_a_hypothesis_test_opens_an_account_for_each_example(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from hypothesis import given, settings, strategies as st

        @settings(max_examples=5, database=None, deadline=None)
        @given(st.integers(1, 3))
        def test_sends(ccell_server, times):
            with ccell_server.open(strict=True, processing_time=0) as ccell:
                for _ in range(times):
                    ccell.client.send("13800000000", "您好【签名】")
                assert len(ccell.outbox) == times
    """)
    run(pytester).assert_outcomes(passed=1)
