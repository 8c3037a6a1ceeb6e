"""One emulator for each process, or a given one for all."""

import pytest
from harness.emulators import emulator
from harness.inner_runs import run

from ccell_fake.control.client import ControlClient

TESTS = """
    import pytest

    @pytest.mark.parametrize("number", range(12))
    def test_alone(ccell, number, worker_id):
        assert ccell.outbox == []
        ccell.client.send("13800000000", f"{number}【签名】")
        assert ccell.outbox.one().content == f"{number}【签名】"
        print(f"at {worker_id} {ccell.url}")
"""


def _urls(result: pytest.RunResult) -> set[tuple[str, str]]:
    lines = [line.split() for line in result.outlines if line.startswith("at ")]
    return {(worker, url) for _, worker, url in lines}


def test_workers_have_an_emulator_each(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    result = run(pytester, "-n", "2", "-rA")
    result.assert_outcomes(passed=12)
    urls = _urls(result)
    assert {worker for worker, _ in urls} == {"gw0", "gw1"}
    assert len({url for _, url in urls}) == 2


def test_workers_share_the_emulator_that_is_given(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TESTS)
    with emulator() as running:
        result = run(pytester, "-n", "2", "-rA", f"--ccell-url={running.url}")
        with ControlClient(running.url) as control:
            assert [one.userid for one in control.accounts()] == ["200001"]
    result.assert_outcomes(passed=12)
    assert _urls(result) == {("gw0", running.url), ("gw1", running.url)}
    result.stdout.fnmatch_lines([f"ccell: {running.url}"])


def test_an_emulator_goes_by_the_profile_that_is_given(pytester: pytest.Pytester) -> None:
    (pytester.path / "profile.toml").write_text('[Q13]\nanswer = "number"\n', "utf-8")
    pytester.makepyfile(
        """
        def test_a_long_message_costs_one(ccell):
            before = ccell.client.info().riches
            ccell.client.send("13800000000", "字" * 200 + "【签名】")
            assert before - ccell.client.info().riches == 1
        """
    )
    run(pytester, "--ccell-profile=profile.toml").assert_outcomes(passed=1)


@pytest.mark.parametrize("by_option", [True, False])
def test_a_control_token_is_given_by_option_or_by_variable(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, by_option: bool
) -> None:
    pytester.makepyfile(TESTS)
    options: tuple[str, ...] = ("--ccell-token=secret",) if by_option else ()
    if not by_option:
        monkeypatch.setenv("CCELL_FAKE_CONTROL_TOKEN", "secret")
    with emulator(server={"control_token": "secret"}) as running:
        run(pytester, "-n", "2", f"--ccell-url={running.url}", *options).assert_outcomes(passed=12)


@pytest.mark.parametrize("by_option", [True, False])
def test_an_emulator_with_tls_is_trusted_by_its_authority(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, *, by_option: bool
) -> None:
    pytester.makepyfile("""
        def test_send(ccell):
            ccell.client.send("13800000000", "您好【签名】")
            assert ccell.outbox.one()
    """)
    with emulator(server={"tls": True}) as running:
        assert running.certificate
        run(pytester, f"--ccell-url={running.url}").assert_outcomes(errors=1)
        options = [f"--ccell-cacert={running.certificate.authority}"] if by_option else []
        if not by_option:
            monkeypatch.setenv("CCELL_FAKE_CACERT", str(running.certificate.authority))
        run(pytester, f"--ccell-url={running.url}", *options).assert_outcomes(passed=1)


def test_a_failed_test_shows_the_journal_of_a_given_emulator(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_failing(ccell):
            ccell.client.info()
            ccell.outbox.one(phone="13800000000")
    """)
    with emulator() as running:
        result = run(pytester, "-n", "1", f"--ccell-url={running.url}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*there are no accepted messages with phone='13800000000'", "*- ccell journal -*"])


def test_strict_holds_there_too(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.ccell(strict=True)
        def test_send(ccell):
            for _ in range(2):
                ccell.client.send("19500001111", "您好【签名】")
    """)
    with emulator() as running:
        result = run(pytester, "-n", "1", f"--ccell-url={running.url}")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["S8: *", "*- Captured ccell journal teardown -*"])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ccell-url=http://127.0.0.1:1"], "*--ccell-url=http://127.0.0.1:1: no control API answers at*"),
        (["--ccell-url=URL", "--ccell-cacert=none.pem"], "*none.pem: no certificates can be read from it*"),
        (["--ccell-url=nonsense"], "*--ccell-url=nonsense: *"),
        (["--ccell-url=URL"], "*--ccell-url=http*: The control token is missing or wrong*"),
        (["--ccell-url=URL", "--ccell-token=wrong"], "*The control token is missing or wrong*"),
    ],
)
def test_an_emulator_that_cannot_be_used_is_named(pytester: pytest.Pytester, options: list[str], says: str) -> None:
    pytester.makepyfile("def test_one(ccell): pass")
    with emulator(server={"control_token": "secret"}) as running:
        result = run(pytester, *(option.replace("URL", running.url) for option in options))
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*wrong'*")


def test_the_help_lists_the_options(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--help")
    result.stdout.fnmatch_lines(["*--ccell-url=URL*", "*--ccell-token=TOKEN*", "*ccell_strict*"])


def test_a_profile_with_a_running_emulator_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--ccell-url=http://127.0.0.1:1", "--ccell-profile=profile.toml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ccell-profile is for an emulator that is started, --ccell-url for a running one*"])


def test_an_empty_address_is_refused(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--ccell-url=")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--ccell-url must be an address such as http://127.0.0.1:8026, got an empty text"])


def test_a_profile_that_cannot_be_read_is_one_sentence(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(ccell): pass")
    result = run(pytester, "--ccell-profile=missing.toml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["--ccell-profile: server.profile: missing.toml: cannot be read: *"])
    result.stdout.no_fnmatch_line("*ConfigError*")


def test_a_profile_that_the_configuration_does_not_use_is_refused(pytester: pytest.Pytester) -> None:
    (pytester.path / "profile.toml").write_text('[Q13]\nanswer = "number"\n', "utf-8")
    pytester.makeconftest("""
        import pytest
        from ccell_mock_server.config.settings import parse

        @pytest.fixture(scope="session")
        def ccell_config():
            return parse({"server": {"port": 0}}, "conftest.py")
    """)
    pytester.makepyfile("def test_one(ccell): pass")
    result = run(pytester, "--ccell-profile=profile.toml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["--ccell-profile=profile.toml has no effect, because ccell_config is overridden*"])


def test_looking_at_a_running_emulator_logs_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import logging

        def test_one(ccell, caplog):
            with caplog.at_level(logging.DEBUG):
                assert ccell.outbox == []
                ccell.clock.advance(hours=1)
            assert caplog.records == []
    """)
    with emulator() as running:
        run(pytester, f"--ccell-url={running.url}").assert_outcomes(passed=1)
    run(pytester).assert_outcomes(passed=1)
