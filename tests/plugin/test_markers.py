"""The marker sets an account, and says what is wrong with it where something is."""

import pytest
from harness.inner_runs import run


def _run(pytester: pytest.Pytester, marker: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(f"""
        import pytest
        from ccell_fake.settings import OutcomeRule

        @pytest.mark.ccell(balance=1, credit=2)
        class TestAll:
            @{marker}
            def test_one(self, ccell):
                settings = ccell.settings()
                print("settings:", settings.balance, settings.credit, settings.signcode, settings.outcomes)
                print("account:", ccell.userid, ccell.password)
                assert ccell.client.info().is_normal
    """)
    return run(pytester, "--strict-markers", "-rA", *options)


def test_the_nearest_marker_wins_setting_by_setting(pytester: pytest.Pytester) -> None:
    result = _run(pytester, "pytest.mark.ccell(balance=3, signcode=['签名'])")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["settings: 3 2 ('签名',) ()"])


def test_a_credential_can_be_chosen(pytester: pytest.Pytester) -> None:
    result = _run(pytester, "pytest.mark.ccell(userid='300003', password='chosen')")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["account: 300003 chosen"])


@pytest.mark.parametrize("rule", ["OutcomeRule(stat='UNDELIV')", "{'stat': 'UNDELIV'}"])
def test_rules_are_given_as_values_or_as_tables(pytester: pytest.Pytester, rule: str) -> None:
    result = _run(pytester, f"pytest.mark.ccell(outcomes=[{rule}])")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["settings: * (OutcomeRule(*stat='UNDELIV'*"])


@pytest.mark.parametrize(
    ("marker", "says"),
    [
        (
            "ccell(ballance=3)",
            "*mark.ccell(balance=1, credit=2, ballance=3): ballance*unknown setting 'ballance'; did you mean balance?*",
        ),
        ("ccell(balance=-1)", "*balance*-1*greater than or equal to 0*"),
        ("ccell(balance='3')", "*balance*valid integer*"),
        ("ccell(status='cold')", "*status*'normal' or 'frozen'*"),
        ("ccell(outcomes=[{'stats': 'UNDELIV'}])", "*outcomes*stats*did you mean stat?*"),
        ("ccell(assumptions={'Q4': 'perhaps'})", "*Q4*accept*"),
        ("ccell(userid='200001')", "*the userid '200001' is in use; choose another or none*"),
        ("ccell(5)", "*mark.ccell(5,): settings must have names, as in @pytest.mark.ccell(balance=5)*"),
        ("ccell(allowed_ips=[object()])", "*nable to serialize*object*"),
    ],
)
def test_an_invalid_marker_is_explained(pytester: pytest.Pytester, marker: str, says: str) -> None:
    result = _run(pytester, f"pytest.mark.{marker}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([says])
    assert "Traceback" not in result.stdout.str()


def test_a_password_in_a_marker_is_shown_nowhere(pytester: pytest.Pytester) -> None:
    result = _run(pytester, "pytest.mark.ccell(password='hush-hush', ballance=3)", "--tb=short")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*password=...*"])
    assert "hush-hush" not in result.stdout.str() + result.stderr.str()


def test_the_marker_is_known(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("")
    result = run(pytester, "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.ccell(strict=None, allowed=(), [*][*]settings): *"])
