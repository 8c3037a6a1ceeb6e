"""Report of a failed test: the journal of its account, and under strict the limits that it broke."""

import pytest
from harness.emulators import emulator
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
            "account *: 2 requests, *",
            "* info close, by fault*",
            "  answer   none",
            "* send 0, by number-recognised (documented S8, assumed Q50)",
            '  request  <root userid="*" password="[*][*]*"><submit phone="19500001111" content="*"*/></root>',
            "  answer   <?xml *手机号不可识别19500001111*",
            "  1004001: '19500001111' is not recognised*",
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


def test_refused_requests_come_first_and_then_the_newest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell):
            ccell.client.send("19500001111", "您好【签名】")
            for _ in range(70):
                ccell.client.info()
            assert False
    """)
    result = run(pytester)
    result.stdout.fnmatch_lines(
        [
            "*- ccell journal -*",
            "account *: 71 requests, refused ones first, then the newest",
            "* send 0, by number-recognised*",
            "* info 0, *",
            "(* more requests are left out)",
        ]
    )
    positions = [int(line.split()[0]) for line in result.outlines if " info 0, " in line]
    assert positions == sorted(positions, reverse=True)
    assert positions[-1] > 71 - len(positions) > 1


def test_a_single_request_is_counted_in_the_singular(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell):
            ccell.client.info()
            assert False
    """)
    run(pytester).stdout.re_match_lines([r"account \d+: 1 request$"])


def test_the_journals_of_a_test_have_a_limited_length(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell, ccell_server):
            for one in [ccell, *(ccell_server.open() for _ in range(3))]:
                for number in range(20):
                    one.client.send("13800000000", "长" * 900 + f"{number}【签名】")
            assert False
    """)
    result = run(pytester)
    section = result.stdout.str().partition("- ccell journal -")[2].partition("short test summary")[0]
    assert section.count("account ") == 4
    assert section.count("more requests are left out") == 4
    assert len(section) < 22_000


def test_many_accounts_have_a_limited_length_and_the_newest_are_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("are_closed", [False, True])
        def test_failing(ccell_server, are_closed):
            for number in range(60):
                ccell = ccell_server.open()
                ccell.client.send("13800000000", f"number-{number}" + "长" * 900 + "【签名】")
                if are_closed:
                    ccell.close()
            ccell_server.open().client.send(",".join(f"120{number:08d}" for number in range(500)), "您好【签名】")
            assert False
    """)
    result = run(pytester)
    result.assert_outcomes(failed=2)
    for rest in result.stdout.str().split("- ccell journal -")[1:]:
        section = rest.partition("\n____")[0].partition("short test summary")[0]
        assert section.count("\naccount ") == 5
        assert "more explanations" in section
        assert "(56 accounts that were opened earlier are left out)" in section
        assert "number-59" in section
        assert len(section) < 22_000


def test_accounts_of_the_same_userid_on_two_emulators_are_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest
        from ccell_mock_server import FakeCcell

        @pytest.fixture
        def first():
            first = FakeCcell(userid="300001")
            first.client.info()
            first.client.info()
            return first

        def test_failing(first):
            with FakeCcell(userid="300001") as second:
                second.client.upmsgs()
            assert False
    """)
    pytester.makeconftest("""
        import pytest
        from ccell_mock_server import FakeCcell

        @pytest.fixture(autouse=True, scope="session")
        def earlier():
            earlier = FakeCcell(userid="300001")
            for _ in range(5):
                earlier.client.info()
            return earlier
    """)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- ccell journal -*", "account 300001, closed: 1 request", "* upmsg 0, *"])


def test_the_first_test_of_a_run_shows_the_accounts_that_it_closed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell_server):
            with ccell_server.open() as ccell:
                ccell.client.upmsgs()
                assert False
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*- ccell journal -*", "account *, closed: 1 request", "* upmsg 0, *"])


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


def test_accounts_that_the_test_opened_or_closed_are_shown_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell, ccell_server):
            ccell.client.info()
            ccell.close()
            with ccell_server.open() as other:
                other.client.upmsgs()
            ccell_server.open().client.reports()
            assert False
    """)
    result = run(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- ccell journal -*",
            *("account *: 1 request", "* report 0, *"),
            *("account *, closed: 1 request", "* upmsg 0, *"),
            *("account *, closed: 1 request", "* info 0, *"),
        ]
    )


def test_only_requests_of_the_failed_test_are_shown(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_passing(ccell_session):
            ccell_session.client.info()

        def test_failing(ccell_session):
            ccell_session.client.upmsgs()
            assert False

        def test_unrelated():
            assert False
    """)
    result = run(pytester)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*- ccell journal -*", "account *: 1 request", "* upmsg 0, *"])
    assert result.stdout.str().count("ccell journal") == 1


STRAYS = """
    import pytest
    from urllib.error import HTTPError
    from urllib.request import urlopen

    def ask(ccell, body, path="/sms3_api/xmlapi/send.jsp"):
        try:
            urlopen(f"{ccell.url}{path}", body.encode()).close()
        except HTTPError:
            pass

    SUBMIT = '<submit phone="13800000000" content="您好【签名】"/>'

    @pytest.fixture(params=["unescaped", "unknown", "path", "default"])
    def stray(request, ccell):
        own = f'userid="{ccell.userid}" password="{ccell.password}"'
        match request.param:
            case "unescaped":
                ask(ccell, f'<root {own}><submit phone="13800000000" content="A&B【签名】"/></root>')
            case "unknown":
                ask(ccell, f'<root userid="999999" password="x">{SUBMIT}</root>')
            case "path":
                ask(ccell, f'<root {own}>{SUBMIT}</root>', "/sms3_api/xmlapi/sned.jsp")
            case "default":
                ask(ccell, f'<root userid="200001" password="123456">{SUBMIT}</root>')
"""

REASONS = [
    "* the XML is not well-formed: *",
    "* there is no account '999999'",
    "* there is no '/sms3_api/xmlapi/sned.jsp'; did you mean /sms3_api/xmlapi/send.jsp?",
    "*send in the name of account 200001, which is the emulator's own",
]


def test_a_failed_test_shows_requests_that_reached_no_account_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{STRAYS}
    def test_failing(stray, ccell):
        ccell.outbox.one(phone="13800000000")
    """)
    result = run(pytester)
    result.assert_outcomes(failed=4)
    for reason in REASONS:
        result.stdout.fnmatch_lines(["*requests that reached no account of a test:", f"*request *: {reason}"])
    assert result.stdout.str().count("\nrequests that reached no account: 1 request\n") == 3
    assert result.stdout.str().count("\naccount 200001, which is the emulator's own: 1 request\n") == 1


def test_strict_fails_for_requests_that_reached_no_account_of_the_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{STRAYS}
    @pytest.mark.ccell(strict=True)
    def test_strays(stray):
        pass

    def test_not_strict(stray):
        pass

    @pytest.mark.ccell(strict=True)
    def test_magic(ccell):
        ask(ccell, '<root userid="1001999" password="x"></root>')

    @pytest.mark.ccell(strict=True)
    def test_others_have_no_strays(ccell):
        ccell.client.info()
    """)
    result = run(pytester)
    result.assert_outcomes(passed=10, errors=4)
    for reason in REASONS:
        result.stdout.fnmatch_lines(["A request must reach the account of its test.", f"  request *: {reason}"])


def test_workers_on_one_emulator_take_strays_that_name_their_account(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(f"""{STRAYS}
    @pytest.mark.ccell(strict=True)
    def test_strays(stray):
        pass
    """)
    with emulator() as running:
        result = run(pytester, "-n", "2", f"--ccell-url={running.url}")
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines_random([f"*{REASONS[0]}", f"*{REASONS[2]}"])


def test_a_journal_keeps_its_lines_on_a_terminal_without_chinese(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    pytester.makepyfile("""
        def test_failing(ccell):
            ccell.client.send("13800000000", "您好【签名】")
            assert False
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(["*- ccell journal -*", "account *", "* send 0*", r"  request  *\u60a8\u597d*"])


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
