"""Objects shared by the gateway and the control API."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccell_fake.engine.account_admin import AccountAdmin
from ccell_fake.engine.accounts import Accounts
from ccell_fake.engine.gateway import Gateway
from ccell_fake.store.database import SqliteStore
from ccell_mock_server.config.accounts import CredentialGenerator
from ccell_mock_server.http.waiting import Notifier
from ccell_mock_server.metrics import Metrics

if TYPE_CHECKING:
    from ccell_fake.store.postgresql.store import PostgresqlStore


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of an emulator without its HTTP server. An empty control token means that none is required."""

    store: "SqliteStore | PostgresqlStore"
    accounts: Accounts
    gateway: Gateway
    notifier: Notifier
    credentials: CredentialGenerator
    metrics: Metrics
    control_token: str = ""

    def admin(self, userid: str) -> AccountAdmin:
        """Return the administration of an account."""
        return AccountAdmin(self.accounts, self.store, userid)
