"""Conditions that a check can create around a live account: it can wait, and write to a phone that replies."""

from collections.abc import Callable, Iterable
from typing import NoReturn

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.live.allowances import WaitAllowance
from ccell_fake.contract.needs import FAIL_ON_DEMAND, FREEZABLE_CLOCK, HOLD, UPSTREAM, Need, NotAsked
from ccell_fake.model import Operation


class LiveArranger:
    """An `Arranger` for a live account. It raises NotAsked for holds, faults and a frozen clock.

    Attributes:
        account: The account, used to write to phones.
    """

    account: ContractAccount

    def __init__(self, patience: float, pause: Callable[[float], object]) -> None:
        """Wait this many seconds in all. `pause` lets seconds pass."""
        self._allowance = WaitAllowance(patience, pause)
        self._patience = patience
        self._pause = pause

    def advance(self, seconds: float) -> None:
        """Wait for real."""
        if seconds > self._patience:
            message = f"needs {seconds:g} seconds to pass; the patience is {self._patience:g}"
            raise NotAsked(message)
        self._pause(seconds)

    def freeze_clock(self) -> NoReturn:
        """Raise NotAsked."""
        _refuse(FREEZABLE_CLOCK)

    def reply(self, phone: str, texts: Iterable[str]) -> None:
        """Send messages to a phone that replies to each."""
        if phone not in self.account.known.replying_numbers:
            _refuse(UPSTREAM)
        for text in texts:
            self.account.client.send(phone, self.account.known.content(text))

    def hold(self, requests: int, operation: Operation | None = None) -> NoReturn:  # noqa: ARG002 - as Arranger has them
        """Raise NotAsked."""
        _refuse(HOLD)

    def fail_next(self) -> NoReturn:
        """Raise NotAsked."""
        _refuse(FAIL_ON_DEMAND)

    def wait(self) -> bool:
        """Wait up to a second. Returns False once the patience is used up."""
        return self._allowance.wait()

    def close(self) -> None:
        """Do nothing."""


def _refuse(need: Need) -> NoReturn:
    message = f"needs {need.description}"
    raise NotAsked(message)
