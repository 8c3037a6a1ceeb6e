"""The threads of the HTTP server: started when they are first needed, and kept.

As many are there as connections were ever served at the same time. All of them from the start would take most of the
time a start takes, and a few that are used again and again answer faster than many that take turns.
"""

import threading

from cheroot.server import HTTPConnection
from cheroot.workers.threadpool import ThreadPool, WorkerThread
from cheroot.wsgi import Server


class Threads(ThreadPool):
    """Cheroot's pool of threads, but empty to begin with."""

    _threads: list[WorkerThread]

    def __init__(self, server: Server, most: int) -> None:
        """Begin without threads.

        Args:
            server: Whose connections they serve.
            most: How many there may be.
        """
        super().__init__(server, min=1, max=most)  # pyright: ignore[reportUnknownMemberType]
        self._take = self.get
        # Cheroot's own is an attribute, too, and of no declared type.
        setattr(self, "get", self._ask)  # noqa: B010
        self._guard = threading.Lock()
        # Threads that have asked for a connection, less the connections they were to have.
        self._spare = 0

    def start(self) -> None:
        """Start none."""

    def put(self, obj: HTTPConnection) -> None:
        """Let a thread serve a connection that has sent something."""
        super().put(obj)  # pyright: ignore[reportUnknownMemberType]
        with self._guard:
            self._spare -= 1
            if self._spare < 0 and len(self._threads) < self.max:
                thread = WorkerThread(self.server)  # type: ignore[no-untyped-call]
                thread.start()
                self._threads.append(thread)

    def _ask(self) -> object:
        """The next connection, for the thread that asks."""
        with self._guard:
            self._spare += 1
        return self._take()

    def stop(self, timeout: int = 5) -> None:
        """Let requests in progress end, and the threads with them."""
        with self._guard:
            self.max = 0
        super().stop(timeout)
