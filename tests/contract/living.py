"""Run checks as on a live service: with an address, a credential and known facts, against an emulator in this process.

Nothing is arranged during a check: it can send, fetch and wait. Waiting advances the account's clock.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import httpx2
from contract.mutants.mutant import Mutant
from contract.running import serve

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.checks import KINDS, Cost
from ccell_fake.contract.live.allowances import Budget
from ccell_fake.contract.live.settings import LiveSettings
from ccell_fake.contract.live.target import LiveContractTarget
from ccell_fake.contract.needs import ARRANGED_DEAD, ARRANGED_NEW, ARRANGED_OWN, Need
from ccell_fake.settings import AccountSettings
from ccell_fake.testing import Server
from ccell_fake.transcripts.exchange import Exchange

PATIENCE = 150.0
"""Seconds that a check may wait. The account's clock shows them; the test does not wait."""

_REPLYING = ARRANGED_OWN[0]
_UNKNOWN_SETTINGS = {"userid", "password", "assumptions", "personas", "outcomes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings(LiveSettings):
    """Settings of a live run whose requests use another transport."""

    make_transport: Callable[[], httpx2.BaseTransport]

    def transport(self) -> httpx2.BaseTransport:
        return self.make_transport()


class _Target:
    """A live target with an account of the required kind for each check."""

    name = "live"
    is_arranged = False

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def allow(self, cost: Cost) -> None:
        """Allow every check."""

    def open(self, needs: tuple[Need, ...], exchanges: list[Exchange], cost: Cost) -> ContractAccount:
        settings: dict[str, Any] = {name: value for need in needs for name, value in need.settings.items()}
        ccell = self._server.open(
            **settings,
            magic_numbers=False,
            outcomes=[{"phone": ARRANGED_DEAD, "stat": "UNDELIV"}],
            personas=[{"phone": _REPLYING, "echo": True}],
        )
        road, url = self._server.transports()
        known = {one.name: getattr(ccell.settings(), one.name) for one in fields(AccountSettings)}
        live = _Settings(
            url=url,
            userid=ccell.userid,
            password=ccell.password,
            budget=Budget.create(self._folder / f"{uuid4()}.sqlite", 10_000),
            allowed=frozenset(KINDS),
            phones=(*ARRANGED_OWN, ARRANGED_DEAD, ARRANGED_NEW),
            known={
                **{name: value for name, value in known.items() if name not in _UNKNOWN_SETTINGS},
                "dead": (ARRANGED_DEAD,),
                "answering": (_REPLYING,),
            },
            patience=PATIENCE,
            pause=lambda seconds: ccell.clock.advance(seconds=seconds),
            make_transport=lambda: road.transport() or httpx2.HTTPTransport(),
        )
        return LiveContractTarget(live).open(needs, exchanges, cost)


@contextmanager
def live_target(mutant: Mutant | None = None) -> Generator[_Target]:
    """Run an emulator without a socket, and treat it as a live service."""
    with serve(mutant, hurried=True) as server, TemporaryDirectory() as folder:
        yield _Target(server, Path(folder))
