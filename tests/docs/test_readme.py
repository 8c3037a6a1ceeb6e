"""README's first two commands are one line each."""

from harness.pages import ROOT, blocks


def test_the_two_commands_are_one_line_each_and_make_their_own_environment() -> None:
    serve, test = (block.text for block in blocks(ROOT / "README.md")[:2])
    for command in (serve, test):
        assert command.count("\n") == 1
        assert command.startswith("python3 -m venv .venv && .venv/bin/pip install ")
    assert serve.rstrip().endswith(".venv/bin/ccell-fake serve")
    assert test.rstrip().endswith(".venv/bin/pytest -n auto")
