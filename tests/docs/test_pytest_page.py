"""The page about tests tells the truth: its examples pass, and it names every fixture, option and kind of fault."""

import re
from pathlib import Path

import pytest

from ccell_fake.faults import FAULT_KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "pytest.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_passes(example: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(example)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:asyncio", "-W", "error")
    result.assert_outcomes(passed=example.count("def test_"))


def test_every_fixture_and_option_is_named(pytester: pytest.Pytester) -> None:
    listed = pytester.runpytest_subprocess("--fixtures").stdout.str()
    fixtures = set(re.findall(r"^(ccell\w*)(?= )", listed, re.MULTILINE))
    assert fixtures == set(re.findall(r"^\| `(ccell\w*)` \|", PAGE, re.MULTILINE))
    told = pytester.runpytest_subprocess("--help").stdout.str()
    # Those of the contract suite are a group and a page of their own.
    told = told.partition("fake of the CCell SMS gateway:")[2].partition("the contract suite")[0]
    assert {"--ccell-profile", *re.findall(r"--ccell-\w+", told)} == set(
        re.findall(r"^\| `(--ccell-\w+) ", PAGE, re.MULTILINE)
    )


def test_every_kind_of_fault_is_named() -> None:
    (row,) = re.findall(r"^\| a fault \|.*$", PAGE, re.MULTILINE)
    assert set(re.findall(r"`(\w+)=", row)) == set(FAULT_KINDS)
