"""A relay before a gateway, for an account with one number of its own."""

from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

from ccell_fake.clock import SystemClock
from ccell_fake.contract.live.allowances import Budget
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.live.permit import Permit
from ccell_mock_server.live.relay import Relay
from ccell_mock_server.proxy.upstream import Upstream

USERID, OWN = "200001", "13900000001"


@contextmanager
def relay(url: str, password: str, folder: Path, messages: int = 1_000_000) -> Generator[tuple[Relay, str]]:
    """A relay that may drain, and where it listens."""
    budget = Budget.create(folder / f"{uuid4()}.sqlite", messages)
    permit = Permit(USERID, password, phones=[OWN], budget=budget, drain=True)
    with closing(Upstream(url)) as upstream:
        between = Relay(upstream, permit, SystemClock())
        with HttpServer(between) as server:
            yield between, server.url
