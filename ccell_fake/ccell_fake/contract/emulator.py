"""The emulator as a target: whatever a test needs is arranged."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import datetime
from math import inf
from typing import Any

import httpx2

from ccell_fake.client.transport import certificates
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.costs import Cost
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.needs import ARRANGED_DEAD, ARRANGED_NEW, ARRANGED_OWN, Need
from ccell_fake.contract.recording import Recording
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.testing import Ccell, Server
from ccell_fake.transcripts.exchange import Exchange

_ABILITIES = frozenset({"clock", "still", "upstream", "crowd", "settings", "failing", "prompt"})


class EmulatorContractTarget:
    """An emulator, in this process or another, with its control API.

    Attributes:
        name: What reports call it.
        is_arranged: Whatever a test needs can be arranged.
    """

    def __init__(self, server: Server, *, in_process: bool | None = None) -> None:
        """Ask an emulator.

        Args:
            server: Where it is.
            in_process: Without a connection, straight into it; None for whatever is usual there.
        """
        self.name = "emulator"
        self.is_arranged = True
        self._server = server
        self._in_process = in_process

    def allow(self, cost: Cost) -> None:
        """Nothing costs anything here."""

    def open(self, needs: tuple[Need, ...], kept: list[Exchange], cost: Cost) -> ContractAccount:  # noqa: ARG002 - nothing costs anything here
        """An account of its own that has what is needed."""
        settings: dict[str, Any] = {"outcomes": [{"phone": ARRANGED_DEAD, "stat": "UNDELIV"}], "magic_numbers": False}
        for need in needs:
            settings.update(need.settings)
        ccell = self._server.open(**settings)
        road, url = self._server.transports(in_process=self._in_process)
        return ContractAccount(
            url,
            ccell.userid,
            ccell.password,
            standing=KnownAccount(
                settings=ccell.settings(),
                known=frozenset(one.name for one in fields(AccountSettings)),
                own=(*ARRANGED_OWN, ARRANGED_DEAD),
                dead=(ARRANGED_DEAD,),
                new=(ARRANGED_NEW,),
                passable=inf,
                abilities=_ABILITIES,
            ),
            arranger=_AccountArranger(ccell),
            transport=Recording(road.transport() or httpx2.HTTPTransport(verify=certificates(url)), kept),
        )


class _AccountArranger:
    """Moves the world around an account of an emulator, over the control API."""

    def __init__(self, ccell: Ccell) -> None:
        self._ccell = ccell

    def later(self, seconds: float) -> None:
        self._ccell.clock.advance(seconds=seconds)

    def stand_still(self) -> datetime:
        return self._ccell.clock.freeze()

    def upstream(self, phone: str, texts: Iterable[str]) -> None:
        for text in texts:
            self._ccell.reply(phone, text)

    def crowd(self, requests: int, operation: Operation | None = None) -> AbstractContextManager[object]:
        return self._ccell.hold(requests, operation)

    def fail(self) -> None:
        self._ccell.faults.next("info", code=Code.SYSTEM_ERROR)

    def is_worth_waiting(self) -> bool:
        # Whatever an emulator brings about is there at once.
        return False

    def close(self) -> None:
        self._ccell.close()
