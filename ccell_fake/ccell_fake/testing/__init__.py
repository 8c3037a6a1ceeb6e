"""The stage: an account as a test sees it, in whatever emulator it lives."""

from ccell_fake.testing.account import Ccell
from ccell_fake.testing.audit import Breach
from ccell_fake.testing.errors import NotAsExpected, NotHere
from ccell_fake.testing.server import Road, Server

__all__ = ["Breach", "Ccell", "NotAsExpected", "NotHere", "Road", "Server"]
