"""A thread pool for the HTTP server that starts threads on demand and keeps them.

The number of threads is the highest number of connections that were served at the same time. Starting all threads at
once would slow down the start. A few busy threads also answer faster than many that alternate.
"""

import threading
from typing import TYPE_CHECKING, cast

from cheroot.server import HTTPConnection
from cheroot.workers import threadpool
from cheroot.workers.threadpool import ThreadPool, WorkerThread
from cheroot.wsgi import Server

from ccell_fake.clock import elapsed

if TYPE_CHECKING:
    from ccell_mock_server.http.connections import Connection

# How often a stop looks after a thread that has not ended.
_STOP_SECONDS = 0.05
_END: HTTPConnection = vars(threadpool)["_SHUTDOWNREQUEST"]


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

    def interrupt_slow(self, seconds: float) -> None:
        """Interrupt, if connections wait for a thread and none is left, those whose client lets them wait longer."""
        with self._guard:
            is_exhausted = self._spare < 0 and len(self._threads) >= self.max
            threads = tuple(self._threads) if is_exhausted else ()
        for thread in threads:
            one = cast("Connection | None", thread.conn)
            if one is not None and elapsed() - one.waiting_since > seconds:
                one.interrupt(is_late=True)

    def stop(self, timeout: float = 5) -> None:
        """Wait for the requests in progress, then end the threads.

        A thread that waits for data of its client is woken at once. One whose client does not read its answer is woken
        after `timeout` seconds.
        """
        with self._guard:
            self.max = 0
            threads, self._threads = self._threads, []
        for _ in threads:
            super().put(_END)  # pyright: ignore[reportUnknownMemberType]
        deadline = elapsed() + timeout
        for thread in threads:
            while thread.is_alive():
                one = cast("Connection | None", thread.conn)
                if one is not None:
                    one.interrupt(is_late=elapsed() >= deadline)
                thread.join(_STOP_SECONDS)
