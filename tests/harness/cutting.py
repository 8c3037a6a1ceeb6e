"""A proxy whose connections a test can cut or hold up, and which then refuses new ones."""

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class _Wire:
    """A connection through the proxy.

    Attributes:
        is_last: Whether the next answer is to be lost.
    """

    client: socket.socket
    server: socket.socket
    is_last: bool = False

    def cut(self) -> None:
        for end in (self.client, self.server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@dataclass
class _Cut:
    """Where to cut the next connection that sends some bytes."""

    words: bytes
    is_delivered: bool
    is_lasting: bool
    is_made: threading.Event = field(default_factory=threading.Event)


class Cable:
    """A proxy before a server.

    Attributes:
        url: Its address, with the user and the path of the server's.
    """

    def __init__(self, listening: socket.socket, target: str) -> None:
        self._listening = listening
        split = urlsplit(target)
        self._server = split.hostname or "", split.port or 0
        user, at, _ = split.netloc.rpartition("@")
        self.url = split._replace(netloc=f"{user}{at}127.0.0.1:{listening.getsockname()[1]}").geturl()
        self._is_cut = False
        self._flows = threading.Event()
        self._flows.set()
        self._next_cut: _Cut | None = None
        self._wires: list[_Wire] = []
        self._threads: list[threading.Thread] = []

    def cut(self) -> None:
        """Close all connections, and refuse new ones."""
        self._is_cut = True
        self._flows.set()
        for wire in self._wires:
            wire.cut()

    def mend(self) -> None:
        """Accept connections, and carry data, again."""
        self._is_cut = False
        self._flows.set()

    def hold_up(self) -> None:
        """Keep all connections open, and carry nothing."""
        self._flows.clear()

    def cut_at(self, words: bytes, *, is_delivered: bool, is_lasting: bool = False) -> threading.Event:
        """Cut the next connection whose client sends these bytes. Returns an event that tells that this happened.

        Args:
            words: The bytes.
            is_delivered: Whether the server gets them, and answers. The client never gets the answer.
            is_lasting: Whether new connections are refused from then on.
        """
        self._next_cut = _Cut(words, is_delivered, is_lasting)
        return self._next_cut.is_made

    def serve(self) -> None:
        """Accept connections until the socket is closed."""
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                if self._is_cut:
                    client.close()
                    continue
                wire = _Wire(client, socket.create_connection(self._server))
                self._wires.append(wire)
                for copy in (self._carry_requests, self._carry_answers):
                    thread = threading.Thread(target=copy, args=(wire,))
                    self._threads.append(thread)
                    thread.start()

    def close(self) -> None:
        """Close everything but the listening socket."""
        self.cut()
        for thread in self._threads:
            thread.join()
        for wire in self._wires:
            wire.client.close()
            wire.server.close()

    def _carry_requests(self, wire: _Wire) -> None:
        with suppress(OSError):
            while data := wire.client.recv(65536):
                self._flows.wait()
                cut = self._next_cut
                if cut and cut.words in data:
                    self._next_cut = None
                    wire.is_last = cut.is_delivered
                    self._is_cut = cut.is_lasting
                    if not cut.is_delivered:
                        cut.is_made.set()
                        break
                    wire.server.sendall(data)
                    cut.is_made.set()
                else:
                    wire.server.sendall(data)
        wire.cut()

    def _carry_answers(self, wire: _Wire) -> None:
        with suppress(OSError):
            while data := wire.server.recv(65536):
                self._flows.wait()
                if wire.is_last:
                    break
                wire.client.sendall(data)
        wire.cut()


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
