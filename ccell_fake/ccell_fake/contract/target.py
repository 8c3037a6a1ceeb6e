"""Whom the suite asks: the emulator, or a gateway of which nothing is known but its address and an account."""

from typing import Protocol

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.costs import Cost
from ccell_fake.contract.needs import Need
from ccell_fake.transcripts.exchange import Exchange


class ContractTarget(Protocol):
    """A gateway that can be asked.

    Attributes:
        name: What reports call it.
        is_arranged: Whether whatever a test needs can be arranged, so that examples cost nothing.
    """

    name: str
    is_arranged: bool

    def open(self, needs: tuple[Need, ...], kept: list[Exchange], cost: Cost) -> ContractAccount:
        """An account that has what is needed.

        Args:
            needs: What is needed.
            kept: Where what is asked and answered is kept.
            cost: What is going to be spent with it.

        Raises:
            NotAsked: There is none.
        """
        ...

    def allow(self, cost: Cost) -> None:
        """Let a test be asked that costs so much.

        Raises:
            NotAsked: That was not allowed.
        """
        ...
