"""The code blocks of every page, in both languages, run in order on a new emulator."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from contract.minimal import Account, MinimalGateway
from harness.emulators import emulator
from harness.pages import CHINESE, ENGLISH, ROOT, Reader, english

from ccell_fake import ControlClient

ADDRESS, LIVE = "http://127.0.0.1:8026", "https://sms.example.com"

NOT_RUN = {
    "container.md": "its blocks need a container engine; tests/container runs what they start",
    "postgresql.md": "its blocks need hosts and containers; tests/container and tests/store run what they start",
    "examples.md": "its blocks are the files of tests/examples, which are tests",
}
OUTCOMES = {
    "README.md": {"test_no_message_is_lost_or_sent_twice": "failure"},
    "stateful.md": {"test_nothing_is_sent_twice_on_the_live_service": "skipped"},
}


@contextmanager
def _unchanged_emulator() -> Generator[str]:
    """A new emulator, whose account must be at the end as it was in the beginning."""
    with emulator(server={"seed": 0}) as served, ControlClient(served.url) as control:
        account = control.account("200001")

        def state() -> object:
            waiting = [one.fault for one in account.faults() if one.left != 0]
            return account.status().settings, account.clock().mode, waiting, account.holds()

        before = state()
        yield served.url
        assert state() == before


@pytest.mark.parametrize(
    "page",
    [page for page in (*ENGLISH, *CHINESE) if english(page).name not in NOT_RUN],
    ids=lambda page: f"{page.relative_to(ROOT)}",
)
def test_the_blocks_of_a_page_run_in_order(page: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        addresses = {ADDRESS: stack.enter_context(_unchanged_emulator())}
        if LIVE in page.read_text("utf-8"):
            gateway = stack.enter_context(MinimalGateway(accounts=(Account("200001", "secret"),)))
            addresses[LIVE] = gateway.url
        name = english(page).name
        reader = Reader(tmp_path, addresses, OUTCOMES.get(name, {}))
        with stack, reader:
            reader.read(page)
