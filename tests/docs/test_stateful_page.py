"""The page about the machine: its example finds what it says, and its tables name everything."""

import re
from pathlib import Path

import pytest

from ccell_fake import stateful

PAGE = (Path(__file__).parents[2] / "docs" / "stateful.md").read_text("utf-8")
EXAMPLE = "\n".join(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL))
(SHOWN,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
NUMBERS = re.compile(r"\d{19}")


def test_the_example_finds_what_the_page_shows(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(EXAMPLE)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s")
    result.assert_outcomes(passed=1)
    printed = NUMBERS.sub("N", result.stdout.str())
    for line in NUMBERS.sub("N", SHOWN).removeprefix("Duplicated: ").splitlines():
        assert line in printed


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
