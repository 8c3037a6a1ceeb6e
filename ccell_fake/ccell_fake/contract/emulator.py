"""The emulator as a target. It arranges every need of a check over the control API."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import datetime
from math import inf
from typing import Any

import httpx2

from ccell_fake.certificates import trusted
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.checks import Cost
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.needs import ARRANGED_DEAD, ARRANGED_NEW, ARRANGED_OWN, Need
from ccell_fake.contract.recording import Recording
from ccell_fake.model import Door, Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.testing import Ccell, Server
from ccell_fake.transcripts.exchange import Exchange

_ABILITIES = frozenset({"clock", "freeze", "upstream", "hold", "settings", "fail", "immediate"})


class EmulatorContractTarget:
    """An emulator with its control API, in this process or another.

    Attributes:
        name: Its name in reports.
        is_arranged: Always true.
    """

    def __init__(self, server: Server, *, in_process: bool | None = None) -> None:
        """Check an emulator. `in_process` avoids a connection; None uses the server's own choice."""
        self.name = "emulator"
        self.is_arranged = True
        self._server = server
        self._in_process = in_process

    def allow(self, cost: Cost) -> None:
        """Allow every check."""

    def open(self, needs: tuple[Need, ...], exchanges: list[Exchange], cost: Cost) -> ContractAccount:  # noqa: ARG002 - everything is free here
        """Open an account for the needs."""
        settings: dict[str, Any] = {"outcomes": [{"phone": ARRANGED_DEAD, "stat": "UNDELIV"}], "magic_numbers": False}
        for need in needs:
            settings.update(need.settings)
        ccell = self._server.open(**settings)
        road, url = self._server.transports(in_process=self._in_process)
        return ContractAccount(
            url,
            ccell.userid,
            ccell.password,
            known=KnownAccount(
                settings=ccell.settings(),
                known_settings=frozenset(one.name for one in fields(AccountSettings)),
                own_numbers=(*ARRANGED_OWN, ARRANGED_DEAD),
                dead_numbers=(ARRANGED_DEAD,),
                new_numbers=(ARRANGED_NEW,),
                longest_advance=inf,
                abilities=_ABILITIES,
                doors=frozenset(Door),
            ),
            arranger=_EmulatorArranger(ccell),
            transport=Recording(road.transport() or httpx2.HTTPTransport(verify=trusted(url)), exchanges),
        )


class _EmulatorArranger:
    """Changes the conditions around an emulator's account over the control API."""

    def __init__(self, ccell: Ccell) -> None:
        self._ccell = ccell

    def advance(self, seconds: float) -> None:
        self._ccell.clock.advance(seconds=seconds)

    def freeze_clock(self) -> datetime:
        return self._ccell.clock.freeze()

    def reply(self, phone: str, texts: Iterable[str]) -> None:
        for text in texts:
            self._ccell.reply(phone, text)

    def hold(self, requests: int, operation: Operation | None = None) -> AbstractContextManager[object]:
        return self._ccell.hold(requests, operation)

    def fail_next(self) -> None:
        self._ccell.faults.next("send", code=Code.SYSTEM_ERROR)

    def wait(self) -> bool:
        # An emulator produces everything immediately.
        return False

    def close(self) -> None:
        self._ccell.close()
