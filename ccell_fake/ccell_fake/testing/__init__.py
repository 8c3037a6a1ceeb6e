"""Accounts for tests: clients, lists of messages, faults, the clock and the journal, on any emulator."""

from ccell_fake.control.client import AccountClosed
from ccell_fake.testing.account import Ccell, ClientTransports, LimitsBroken, NotInProcess, Server
from ccell_fake.testing.audit import Breach
from ccell_fake.testing.blocking import WouldBlock
from ccell_fake.testing.faults import FaultByName, Faults
from ccell_fake.testing.lists import NotAsExpected
from ccell_fake.testing.strays import StrayRequest

__all__ = [
    "AccountClosed",
    "Breach",
    "Ccell",
    "ClientTransports",
    "FaultByName",
    "Faults",
    "LimitsBroken",
    "NotAsExpected",
    "NotInProcess",
    "Server",
    "StrayRequest",
    "WouldBlock",
]
