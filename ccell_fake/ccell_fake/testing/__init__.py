"""Accounts for tests: clients, lists of messages, faults, the clock and the journal, on any emulator."""

from ccell_fake.testing.account import Ccell
from ccell_fake.testing.audit import Breach
from ccell_fake.testing.lists import NotAsExpected
from ccell_fake.testing.server import ClientTransports, NotInProcess, Server

__all__ = ["Breach", "Ccell", "ClientTransports", "NotAsExpected", "NotInProcess", "Server"]
