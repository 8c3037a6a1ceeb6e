"""The fixture `ccell`, as far as the examples use it, and the gateway by either way of asking it."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from examples.gateways import ByClient, ByUrllib, Gateway
from testing.emulators import emulator

from ccell_fake.client import Client
from ccell_fake.codes import Code
from ccell_fake.control.client import AccountControl, ControlClient
from ccell_fake.control.models import MessageAnswer
from ccell_fake.faults import CodeFault
from ccell_fake.model import Operation


class _Clock:
    def __init__(self, account: AccountControl) -> None:
        self._account = account

    def advance(self, **by: float) -> None:
        self._account.advance(timedelta(**by))


class _Faults:
    def __init__(self, account: AccountControl) -> None:
        self._account = account

    def next(self, operation: str, *, code: str, times: int = 1, skip: int = 0) -> None:
        self._account.add_fault(CodeFault(operation=Operation(operation), code=Code(code), times=times, skip=skip))


class Ccell:
    """An account of its own for a test, on an emulator."""

    def __init__(self, url: str, account: AccountControl, client: Client) -> None:
        self.url = url
        self.userid = account.userid
        self.password = account.password
        self.client = client
        self.clock = _Clock(account)
        self.faults = _Faults(account)
        self._account = account

    @property
    def outbox(self) -> list[MessageAnswer]:
        return list(self._account.messages())

    def reply(self, phone: str, content: str) -> None:
        self._account.reply(phone, content)


@pytest.fixture(scope="session")
def examples_server() -> Iterator[Any]:
    with emulator() as running, ControlClient(running.url) as control:
        yield running.url, control


@pytest.fixture
def ccell(examples_server: Any) -> Iterator[Ccell]:
    url, control = examples_server
    account = control.open()
    with Client(url, account.userid, account.password) as client:
        yield Ccell(url, account, client)


@pytest.fixture(params=["client", "urllib"])
def gateway(request: pytest.FixtureRequest, ccell: Ccell) -> Gateway:
    if request.param == "client":
        return ByClient(ccell.client)
    return ByUrllib(ccell.url, ccell.userid, ccell.password)
