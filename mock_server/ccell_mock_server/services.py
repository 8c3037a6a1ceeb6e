"""What the gateway and the control API work on together."""

from dataclasses import dataclass

from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.database import SqliteStore
from ccell_mock_server.config.credentials import CredentialGenerator
from ccell_mock_server.http.waiting import Notifier
from ccell_mock_server.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Services:
    """Everything an emulator is made of, but the server that carries it.

    Attributes:
        store: What remembers.
        accounts: The accounts there are.
        gateway: What decides.
        notifier: What wakes those who wait.
        mint: What makes credentials.
        metrics: What counts requests.
        control_token: What the control API asks for; empty for nothing.
    """

    store: SqliteStore
    accounts: Accounts
    gateway: Gateway
    notifier: Notifier
    mint: CredentialGenerator
    metrics: Metrics
    control_token: str = ""

    def admin(self, userid: str) -> AccountAdmin:
        """One account, as a test sees it."""
        return AccountAdmin(self.accounts, self.store, userid)
