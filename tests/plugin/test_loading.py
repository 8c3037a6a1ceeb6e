"""A plugin that is loaded and not used costs next to nothing."""

import subprocess
import sys

import pytest


def _modules(script: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_loading_the_plugin_imports_pytest_and_nothing_else() -> None:
    before = _modules("import sys, os, typing, pytest; print(*sys.modules)")
    after = _modules("import sys, os, typing, pytest, pytest_ccell.plugin; print(*sys.modules)")
    assert after - before == {"pytest_ccell", "pytest_ccell.plugin"}


def test_tests_that_do_not_use_it_import_nothing_of_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys
        import pytest

        OURS = ("ccell", "pytest_ccell", "flask")

        @pytest.mark.ccell(balance=3)
        def test_imports():
            print(*sorted(name for name in sys.modules if name.startswith(OURS)))
            assert False
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["pytest_ccell pytest_ccell.plugin"])


def test_a_given_emulator_takes_no_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_one(request):
            try:
                request.getfixturevalue("ccell")
            except BaseException as error:
                assert "no control API answers" in str(error)
            assert not {name.partition(".")[0] for name in sys.modules} & {"flask", "cheroot", "ccell_mock_server"}
    """)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "--ccell-url=http://127.0.0.1:1")
    result.assert_outcomes(passed=1)


def test_a_test_with_the_fixture_imports_no_web_framework(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_one(ccell):
            assert ccell.client.send("13800000000", "您好【签名】").accepted
            assert ccell.outbox.one().phone == "13800000000"
            assert not {name.partition(".")[0] for name in sys.modules} & {"flask", "flask_openapi3", "werkzeug"}
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
