"""The stage: an account as a test sees it, in whatever emulator it lives."""

from ccell_fake.testing.account import Ccell
from ccell_fake.testing.audit import Breach
from ccell_fake.testing.errors import NotAsExpected, NotInProcess
from ccell_fake.testing.server import ClientTransports, Server

__all__ = ["Breach", "Ccell", "ClientTransports", "NotAsExpected", "NotInProcess", "Server"]
