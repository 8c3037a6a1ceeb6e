"""A thread pool for the HTTP server that starts threads on demand and keeps them.

The number of threads is the highest number of connections that were served at the same time. Starting all threads at
once would slow down the start. A few busy threads also answer faster than many that alternate.
"""

import threading

from cheroot.server import HTTPConnection
from cheroot.workers.threadpool import ThreadPool, WorkerThread
from cheroot.wsgi import Server


class Threads(ThreadPool):
    """Cheroot's thread pool, without threads at the start."""

    _threads: list[WorkerThread]

    def __init__(self, server: Server, limit: int) -> None:
        super().__init__(server, min=1, max=limit)  # pyright: ignore[reportUnknownMemberType]
        self._take = self.get
        # Cheroot sets `get` as an attribute without a declared type.
        setattr(self, "get", self._next_connection)  # noqa: B010
        self._guard = threading.Lock()
        # Idle threads minus queued connections.
        self._spare = 0

    def start(self) -> None:
        """Start no thread."""

    def put(self, obj: HTTPConnection) -> None:
        """Queue a connection that has sent data, and start a thread if none is idle."""
        super().put(obj)  # pyright: ignore[reportUnknownMemberType]
        with self._guard:
            self._spare -= 1
            if self._spare < 0 and len(self._threads) < self.max:
                thread = WorkerThread(self.server)  # type: ignore[no-untyped-call]
                thread.start()
                self._threads.append(thread)

    def _next_connection(self) -> object:
        with self._guard:
            self._spare += 1
        return self._take()

    def stop(self, timeout: int = 5) -> None:
        """Wait for the requests in progress, then end the threads."""
        with self._guard:
            self.max = 0
        super().stop(timeout)
