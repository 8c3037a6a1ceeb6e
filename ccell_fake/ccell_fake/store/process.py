"""The process that owns a store. A fork copies the store's memory, but not its threads: the copy must not be used."""

import ctypes
import os
import sqlite3

from ccell_fake.errors import InheritedError


class Owner:
    """The process that created this object."""

    def __init__(self) -> None:
        self._id = os.getpid()

    @property
    def is_here(self) -> bool:
        """True if this process is the owner, and not a fork of it."""
        return os.getpid() == self._id

    def check(self) -> None:
        """Raise InheritedError unless this process is the owner."""
        if not self.is_here:
            message = (
                f"this emulator belongs to process {self._id}, which forked process {os.getpid()}; start another one"
                " in the forked process, or send requests to the address of the first"
            )
            raise InheritedError(message)

    def close(self, connection: sqlite3.Connection) -> None:
        """Close a connection. It stays open for ever in a fork: closing it removes the owner's write-ahead log."""
        if self.is_here:
            connection.close()
        else:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
