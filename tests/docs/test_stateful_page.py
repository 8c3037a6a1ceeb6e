"""The live example of the page on the state machine finds the bug within its budget."""

import re

import pytest
from contract.minimal import Account, MinimalGateway
from harness.pages import ROOT, blocks

EXAMPLE = "\n".join(block.text for block in blocks(ROOT / "docs" / "stateful.md") if block.language == "python")
PASSWORD = "secret-of-the-account"


def test_the_live_example_finds_the_bug_within_its_budget(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # In CI, Hypothesis ignores seeds.
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("CCELL_FAKE_USERID", "200001")
    monkeypatch.setenv("CCELL_FAKE_PASSWORD", PASSWORD)
    pytester.makepyfile(EXAMPLE)
    printed: list[str] = []
    # So few messages do not find it every time.
    for seed in range(1, 16):
        with MinimalGateway(accounts=(Account("200001", PASSWORD),)) as gateway:
            monkeypatch.setenv("CCELL_FAKE_URL", gateway.url)
            options = ("-k", "on_the_live_service", f"--hypothesis-seed={seed}", "-p", "no:cacheprovider")
            printed.append(pytester.runpytest_subprocess(*options).stdout.str())
        assert 0 < gateway.messages <= 20
        if " 1 failed" in printed[-1]:
            break
    assert re.search(r"message \d+ to 13900000001 (was accepted 2 times|is failed in the store)", printed[-1])
    assert PASSWORD not in "".join(printed)
