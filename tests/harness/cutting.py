"""A proxy whose connections a test can cut, and which then refuses new ones."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit


class Cable:
    """A proxy before a server.

    Attributes:
        url: Its address.
    """

    def __init__(self, listening: socket.socket, target: str) -> None:
        self._listening, self._target = listening, target
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        self._is_cut = False
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def cut(self) -> None:
        """Close all connections, and refuse new ones."""
        self._is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Accept connections again."""
        self._is_cut = False

    def serve(self) -> None:
        """Accept connections until the socket is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._is_cut:
                    client.close()
                    continue
                split = urlsplit(self._target)
                server = socket.create_connection((split.hostname, split.port))
                self._ends += [client, server]
                for pair in ((client, server), (server, client)):
                    thread = threading.Thread(target=_copy, args=pair)
                    self._threads.append(thread)
                    thread.start()

    def close(self) -> None:
        """Close everything but the listening socket."""
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def cable(url: str) -> Generator[Cable]:
    """A proxy before the server at an address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        cable = Cable(listening, url)
        thread = threading.Thread(target=cable.serve)
        thread.start()
        try:
            yield cable
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            cable.close()
