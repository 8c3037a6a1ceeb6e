"""Costs as the work grows: a table of calls, and the memory of messages and of closed fakes."""

import gc
import statistics
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import inside
import served
import table

from ccell_fake.clock import elapsed
from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.inspection import Listing, MessageFilter, ReportFilter, State
from ccell_mock_server import FakeCcell
from ccell_mock_server.emulator import Emulator

SMALL = 1_000
_PAGE = 4096
_PER_SEND = 500


def _resident() -> int:
    """Return the memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE


def _fill(emulator: Emulator, messages: int) -> None:
    for _ in range(messages // _PER_SEND):
        inside.microseconds(emulator.app, inside.SEND, inside.MANY, 1)


def _calls(emulator: Emulator) -> dict[str, Callable[[], object]]:
    admin = AccountAdmin(emulator.services.accounts, emulator.services.store, "200001")

    def found(**conditions: object) -> Callable[[], object]:
        wanted = MessageFilter(**conditions)  # type: ignore[arg-type]
        return lambda: admin.messages(wanted, Listing(limit=1))

    return {
        "send": lambda: inside.microseconds(emulator.app, inside.SEND, calls=1),
        "state of the account": admin.status,
        "first page of messages": lambda: admin.messages(MessageFilter(), Listing(limit=1)),
        "messages by phone": found(phone="13900000000"),
        "messages by the beginning of a phone": found(phone="139*"),
        "messages by linkid": found(linkid="none"),
        "messages by state, delivered": found(state=State.DELIVERED),
        "messages by state, failed": found(state=State.FAILED),
        "messages by state, scheduled": found(state=State.SCHEDULED),
        "messages by state, refused": found(state=State.REFUSED),
        "messages by state, sent": found(state=State.SENT),
        "last page of the journal": lambda: admin.journal(max(admin.status().position - 1, 0)),
        "first page of reports": lambda: admin.reports.list(ReportFilter(), Listing(limit=1)),
        "clock advanced": lambda: admin.advance(lambda now: now + int(timedelta(seconds=1).total_seconds() * 1e6)),
    }


def _microseconds(call: Callable[[], object]) -> float:
    taken: list[float] = []
    for _ in range(30):
        begun = elapsed()
        call()
        taken.append((elapsed() - begun) * 1e6)
    return statistics.median(taken)


def calls(messages: int, accounts: int) -> None:
    """Print the time of calls beside few and beside many messages, reports and accounts."""
    emulator = served.emulator()
    _fill(emulator, SMALL)
    few = {name: _microseconds(call) for name, call in _calls(emulator).items()}
    for number in range(accounts):
        emulator.services.accounts.open(served.account(f"7{number:06d}"))
    before = _resident()
    _fill(emulator, messages)
    gc.collect()
    table.line("memory a message, bytes", (_resident() - before) / messages, "at most 400", digits=0)
    print(f"\n{'µs':<48}{SMALL:>12,}{messages:>12,}{'ratio':>10}   (and {accounts:,} accounts)")
    for name, call in _calls(emulator).items():
        many = _microseconds(call)
        print(f"  {name:<46}{few[name]:>12.0f}{many:>12.0f}{many / few[name]:>10.2f}", flush=True)


def fakes(count: int) -> None:
    """Print what a process holds after many fakes, over what it holds after ten."""

    def run(times: int) -> None:
        for _ in range(times):
            with FakeCcell(balance=5) as ccell:
                ccell.client.send("13800000000", "您好【签名】")

    run(10)
    gc.collect()
    before = _resident()
    run(count - 10)
    gc.collect()
    table.line(f"memory after {count:,} fakes over that after 10, MiB", (_resident() - before) / 2**20, "at most 2")


if __name__ == "__main__":
    if sys.argv[1] == "fakes":
        fakes(int(sys.argv[2]))
    else:
        calls(int(sys.argv[1]), int(sys.argv[2]))
