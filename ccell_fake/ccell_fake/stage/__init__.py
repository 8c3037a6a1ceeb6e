"""The stage: an account as a test sees it, in whatever emulator it lives."""

from ccell_fake.stage.account import Ccell
from ccell_fake.stage.audit import Breach
from ccell_fake.stage.errors import NotAsExpected, NotHere
from ccell_fake.stage.server import Road, Server

__all__ = ["Breach", "Ccell", "NotAsExpected", "NotHere", "Road", "Server"]
