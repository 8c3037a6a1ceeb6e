"""Report of a failed test: the journal of its account, and under strict the limits that it broke."""

import pytest
from harness.inner_runs import run

BROKEN = """
    import pytest
    from urllib.request import urlopen

    def send(ccell, count):
        phones = ",".join(f"138{number:08d}" for number in range(count))
        submit = f'<submit phone="{phones}" content="您好【签名】"/>'
        body = f'<root userid="{ccell.userid}" password="{ccell.password}">{submit}</root>'
        urlopen(f"{ccell.url}/sms3_api/xmlapi/send.jsp", body.encode()).close()
"""


def test_a_failed_test_shows_what_was_asked_and_answered(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{BROKEN}
    def test_failing(ccell):
        ccell.client.send("19500001111", "您好【签名】", linkid="7")
        ccell.faults.next("info", close=True)
        with pytest.raises(Exception):
            ccell.client.info()
        assert False
    """)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- ccell journal -*",
            "account *",
            "* send 0, by number-recognised (documented S8)",
            '  request  <root userid="*" password="[*][*]*"><submit phone="19500001111" content="*"*/></root>',
            "  answer   <?xml *手机号不可识别19500001111*",
            "  1004001: '19500001111' is not recognised*",
            "* info close, by fault*",
            "  answer   none",
        ]
    )


def test_a_test_that_fails_in_its_setup_shows_the_journal_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def broken(ccell):
            ccell.client.info()
            raise RuntimeError

        def test_never(broken):
            pass
    """)
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- ccell journal -*", "* info 0, by info*"])


def test_only_the_last_of_many_requests_are_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell):
            for _ in range(53):
                ccell.client.info()
            assert False
    """)
    result = run(pytester)
    result.stdout.fnmatch_lines(
        ["*- ccell journal -*", "account *", "(3 earlier requests are left out)", "4 * info 0*"]
    )


def test_a_test_that_passes_or_has_no_account_shows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_passing(ccell):
            ccell.client.info()

        def test_failing():
            assert False
    """)
    result = run(pytester, "-rA")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*ccell journal*")


def test_an_account_that_the_test_closed_has_no_journal(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell):
            ccell.close()
            assert False
    """)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- ccell journal -*", "account *: its journal cannot be read: *there is no account*"])


def test_strict_fails_where_a_limit_was_not_kept(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{BROKEN}
    @pytest.mark.ccell(strict=True)
    @pytest.mark.parametrize("count", [500, 501])
    def test_send(ccell, count):
        send(ccell, count)
    """)
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(
        [
            "the code under test exceeded limits of the gateway's document",
            "S3: *",
            "  request *: *501 numbers; 2.1.2.1 allows 500*",
            "*ccell journal*",
            "* send 1001001, by numbers-per-request (assumed Q4)",
        ]
    )


def test_without_it_nothing_is_held_against_the_limits(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{BROKEN}
    def test_send(ccell):
        send(ccell, 501)
    """)
    run(pytester).assert_outcomes(passed=1)


def test_strict_fails_for_more_threads_than_the_limit(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    import pytest

    @pytest.mark.ccell(strict=True)
    def test_a_request_takes_time(ccell):
        assert ccell.settings().processing_time == 0.02

    @pytest.mark.ccell(strict=True, processing_time=0.5)
    @pytest.mark.parametrize("threads", [3, 4])
    def test_threads(ccell, threads):
        client, barrier = ccell.connect(threads=threads), Barrier(threads)

        def send(number):
            barrier.wait()
            client.send(f"1380000000{number}", "您好【签名】")

        with ThreadPoolExecutor(threads) as executor:
            list(executor.map(send, range(threads)))
    """)
    result = run(pytester)
    # The client sends again after 1001006, so the send itself succeeds.
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*1001006: 3 other requests of the account are in progress*"])


def test_strict_can_be_for_all_tests_and_each_can_be_excused(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nccell_strict = true\n")
    pytester.makepyfile(f"""{BROKEN}
    def test_send(ccell):
        send(ccell, 501)

    @pytest.mark.ccell(strict=False)
    def test_excused(ccell):
        send(ccell, 501)
    """)
    result = run(pytester)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["ERROR *::test_send*"])


def test_strict_asks_whether_it_is_to_be(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.ccell(strict="S3")
        def test_one(ccell):
            pass
    """)
    result = run(pytester)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*strict must be True or False, got 'S3'*"])
