"""Accounts for tests: clients, lists of messages, faults, the clock and the journal, on any emulator."""

from ccell_fake.testing.account import Ccell, ClientTransports, NotInProcess, Server
from ccell_fake.testing.audit import Breach
from ccell_fake.testing.faults import FaultByName, Faults
from ccell_fake.testing.lists import NotAsExpected

__all__ = ["Breach", "Ccell", "ClientTransports", "FaultByName", "Faults", "NotAsExpected", "NotInProcess", "Server"]
