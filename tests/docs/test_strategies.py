"""The page about test data tells the truth: its examples pass, and its table fits every strategy."""

import re
from pathlib import Path
from typing import Any

import pytest
from harness.emulators import DOCUMENT_DAY
from hypothesis import find
from hypothesis import strategies as st

from ccell_fake import codes, faults, model, settings, strategies

PAGE = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
ROWS = re.findall(r"^\| `(.+?)` \| .* \| `(.+)` \|$", PAGE, re.MULTILINE)
NAMES: dict[str, Any] = {
    **vars(codes),
    **vars(faults),
    **vars(model),
    **vars(settings),
    **vars(strategies),
    "st": st,
    "now": DOCUMENT_DAY,
    "request": model.Request("200001", "123456"),
}


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_passes(example: str, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(example)
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=example.count("def test_"))


@pytest.mark.parametrize(("call", "simplest"), ROWS)
def test_a_strategy_shrinks_to_what_the_table_says(call: str, simplest: str) -> None:
    assert find(eval(call, NAMES), lambda _: True) == eval(simplest, NAMES)  # noqa: S307 - the page is our own


def test_the_table_names_every_strategy() -> None:
    named = {call.partition("(")[0] for call, _ in ROWS}
    assert named == {name for name in strategies.__all__ if name.islower()}
