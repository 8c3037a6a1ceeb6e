"""The page about the machine: its example finds what it says, and its tables name everything."""

import re
from inspect import signature
from pathlib import Path

import pytest
from contract.minimal import Account, MinimalGateway

from ccell_fake import stateful
from ccell_mock_server.live import live_target

PAGE = (Path(__file__).parents[2] / "docs" / "stateful.md").read_text("utf-8")
EXAMPLE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
(SHOWN,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
NUMBERS = re.compile(r"\d{19}")


def test_the_example_finds_what_the_page_shows(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s")
    result.assert_outcomes(passed=1, skipped=1)
    printed = NUMBERS.sub("N", result.stdout.str())
    for line in NUMBERS.sub("N", SHOWN).removeprefix("Duplicated: ").splitlines():
        assert line in printed


def test_the_live_example_finds_it_within_its_budget(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CCELL_USERID", "200001")
    monkeypatch.setenv("CCELL_PASSWORD", "secret-of-the-account")
    pytester.makepyfile(EXAMPLE)
    printed: list[str] = []
    # So few messages do not find it every time.
    for seed in range(1, 6):
        with MinimalGateway(accounts=(Account("200001", "secret-of-the-account"),)) as gateway:
            monkeypatch.setenv("CCELL_BASE_URL", gateway.url)
            options = ("-k", "on_the_live_service", f"--hypothesis-seed={seed}", "-p", "no:cacheprovider")
            printed.append(pytester.runpytest_subprocess(*options).stdout.str())
        assert 0 < gateway.messages <= 20
        if " 1 failed" in printed[-1]:
            break
    assert re.search(r"message \d+ to 13900000001 (was accepted 2 times|is failed in the store)", printed[-1])
    assert "secret-of-the-account" not in "".join(printed)


def test_every_option_of_a_live_target_is_in_its_table() -> None:
    table = PAGE.partition("| option | meaning |")[2]
    options = set(signature(live_target).parameters) - {"url", "userid", "password"}
    assert {one for one in options if f"| `{one}` |" in table} == options


@pytest.mark.parametrize("heading", ["What to override", "What it finds", "`fates()` says"])
def test_every_name_is_in_its_table(heading: str) -> None:
    table = PAGE.partition(heading)[2].partition("\n\n##")[0]
    machine = stateful.CcellMachine
    methods = ("connect", "send", "fates", "disconnect", "schedule", "poll_reports", "poll_upmsgs", "upmsgs")
    names = {
        "What to override": [one for one in methods if hasattr(machine, one)],
        "What it finds": [one.__name__ for one in stateful.Finding.__subclasses__()],
        "`fates()` says": [*stateful.Fate],
    }[heading]
    assert [one for one in names if f"`{one}" not in table] == []
