"""What the gateway and the control API work on together."""

from dataclasses import dataclass

from ccell_fake.engine.account_admin import Universe
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.database import SqliteStore
from ccell_mock_server.config.credentials import Mint
from ccell_mock_server.http.waiting import Bell
from ccell_mock_server.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Backstage:
    """Everything an emulator is made of, but the server that carries it.

    Attributes:
        store: What remembers.
        accounts: The accounts there are.
        gateway: What decides.
        bell: What wakes those who wait.
        mint: What makes credentials.
        metrics: What counts requests.
        control_token: What the control API asks for; empty for nothing.
    """

    store: SqliteStore
    accounts: Accounts
    gateway: Gateway
    bell: Bell
    mint: Mint
    metrics: Metrics
    control_token: str = ""

    def universe(self, userid: str) -> Universe:
        """One account, as a test sees it."""
        return Universe(self.accounts, self.store, userid)
