"""Nothing that is meant for an emulator goes to a proxy of the environment."""

import os
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from urllib.request import urlopen

import anyio
import httpx2
import pytest
import requests
from click.testing import CliRunner
from contract.minimal import Account, MinimalGateway
from harness import scripted
from harness.emulators import emulator

from ccell_fake import AsyncClient, Client, ControlClient, proxies, stateful
from ccell_mock_server import FakeCcell
from ccell_mock_server.cli import main
from ccell_mock_server.commands.ready import wait_until_ready
from ccell_mock_server.live import live_target

PHONE = "13800000000"


@pytest.fixture(autouse=True)
def variables(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A proxy that must not be asked, and the variables that name it."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    # The emulator of the whole run may be exempted already.
    monkeypatch.setattr(proxies, "_open_blocks", 0)
    # urllib keeps the proxies of its first request for all later ones of the process.
    monkeypatch.setattr(urllib.request, "_opener", None)
    with scripted.server() as proxy:
        named: dict[str, str] = dict.fromkeys(("http_proxy", "HTTPS_PROXY", "ALL_PROXY"), proxy.url)
        for name, value in named.items():
            monkeypatch.setenv(name, value)
        yield named
        assert proxy.connections == 0


def _variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}


def test_code_under_test_reaches_a_fake_until_it_is_closed(variables: dict[str, str]) -> None:
    with FakeCcell() as ccell:
        assert _variables() == variables
        ready = f"{ccell.url}/_ccell/readyz"
        with urlopen(ready) as answer:  # noqa: S310 - the address of the fake
            assert answer.status == 200
        assert httpx2.get(ready).status_code == 200
        assert requests.get(ready, timeout=60).status_code == 200
        assert subprocess.run(["curl", "-sf", ready], check=True, capture_output=True, timeout=60).stdout == b"ready\n"
        assert ccell.connect(in_process=False).info().riches == 100000
    assert _variables() == variables


class Sender(stateful.CcellMachine):
    """An integration that uses requests, which reads the variables."""

    def connect(self, url: str, userid: str, password: str) -> None:
        self.account = url, userid, password
        self.accepted: list[str] = []

    def send(self, messages: Sequence[stateful.Message]) -> None:
        url, userid, password = self.account
        for one in messages:
            submit = f'<submit phone="{one.phone}" content="{one.content}"/>'
            body = f'<root userid="{userid}" password="{password}">{submit}</root>'
            requests.post(f"{url}/sms3_api/xmlapi/send.jsp", body.encode(), timeout=60).raise_for_status()
            self.accepted.append(one.reference)

    def fates(self) -> dict[str, str]:
        return dict.fromkeys(self.accepted, "accepted")


SEND = stateful.Plan((stateful.Send((PHONE,)),))


def test_a_machine_reaches_an_emulator(variables: dict[str, str]) -> None:
    with emulator() as served:
        stateful.replay(Sender, served.url, SEND)
    assert _variables() == variables


def test_a_machine_reaches_the_relay_of_a_live_service(variables: dict[str, str]) -> None:
    with (
        MinimalGateway(accounts=(Account("200001", "secret"),)) as gateway,
        live_target(gateway.url, "200001", "secret", phones=[PHONE], budget=4) as target,
    ):
        stateful.replay(Sender, target, SEND)
        assert gateway.messages == 1
    assert _variables() == variables


async def _info(url: str) -> int:
    async with AsyncClient(url, "200001", "123456") as client:
        return (await client.info()).riches


def test_clients_and_commands_use_no_proxy() -> None:
    with emulator() as served:
        with Client(served.url, "200001", "123456") as client, ControlClient(served.url) as control:
            assert client.info().riches == 100000
            assert control.account("200001").status().settings.balance == 100000
        assert anyio.run(_info, served.url) == 100000
        wait_until_ready(served.url, 60)
        account = ["--url", served.url, "--userid", "200001", "--password", "123456"]
        for command in (
            ["info", *account],
            ["send", *account, PHONE, "您好【签名】"],
            ["reply", "--url", served.url, PHONE, "TD"],
            ["demo", "--url", served.url, "--messages", "1"],
        ):
            result = CliRunner().invoke(main, command)
            assert result.exit_code == 0, result.output
