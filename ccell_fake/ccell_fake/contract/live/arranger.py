"""What can be done around a live account without any hold on the gateway: to wait, and to write to a phone."""

from collections.abc import Iterable
from time import sleep
from typing import NoReturn

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.live.waiting import WaitAllowance
from ccell_fake.contract.needs import CROWD, FAILING, STILL_CLOCK, UPSTREAM, Need, NotAsked
from ccell_fake.model import Operation


class LiveArranger:
    """Waits, and writes to a phone that answers by itself; whatever else is wanted is answered with NotAsked.

    Attributes:
        account: The account it is there for, which it writes with.
    """

    account: ContractAccount

    def __init__(self, patience: float) -> None:
        """Wait so many seconds at most, all in all."""
        self._patience = WaitAllowance(patience)
        self._longest = patience

    def later(self, seconds: float) -> None:
        """Let time pass by itself, if it is no more than is waited for at all."""
        if seconds > self._longest:
            message = f"needs {seconds:g} seconds to pass; --ccell-patience is {self._longest:g}"
            raise NotAsked(message)
        sleep(seconds)

    def stand_still(self) -> NoReturn:
        """No clock of a gateway stands still."""
        _cannot(STILL_CLOCK)

    def upstream(self, phone: str, texts: Iterable[str]) -> None:
        """Write to a phone that answers."""
        if phone not in self.account.standing.answering:
            _cannot(UPSTREAM)
        for text in texts:
            self.account.client.send(phone, self.account.standing.content(text))

    def crowd(self, requests: int, operation: Operation | None = None) -> NoReturn:  # noqa: ARG002 - as Arranger has them
        """No request can be kept in progress."""
        _cannot(CROWD)

    def fail(self) -> NoReturn:
        """No gateway fails when told to."""
        _cannot(FAILING)

    def is_worth_waiting(self) -> bool:
        """Wait a second; False once that was done for long enough."""
        return self._patience.is_worth_waiting()

    def close(self) -> None:
        """Nothing is to be done."""


def _cannot(need: Need) -> NoReturn:
    message = f"needs {need.says}"
    raise NotAsked(message)
