"""The limits of the HTTP server."""

from dataclasses import dataclass, field

_MOST_CONNECTIONS = 4096
_MOST_OF_SELECT = 500


def _connection_limit() -> int:
    """Return how many connections may be open. The other half of the descriptors is for waiting and for files."""
    try:
        from resource import RLIM_INFINITY, RLIMIT_NOFILE, getrlimit  # noqa: PLC0415 - Windows has no such module
    except ImportError:
        # Windows has select alone, which takes 512 sockets there.
        return _MOST_OF_SELECT
    descriptors = getrlimit(RLIMIT_NOFILE)[0]
    return _MOST_CONNECTIONS if descriptors == RLIM_INFINITY else min(_MOST_CONNECTIONS, descriptors // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the HTTP server. All times are in seconds.

    Attributes:
        connections: Number of open connections.
        idle: How long a connection may be silent before a request.
        head: How long the head of a request may take.
        body: How long the body may take, if no thread reads it.
        reading: How long a client may take to read a piece of an answer.
        refused: How long the client of a refused request may read the refusal while it sends.
        busy: How long a client may let a thread wait while all threads are busy and connections wait for one.
        stop: How long a stop waits for clients that do not read.
    """

    connections: int = field(default_factory=_connection_limit)
    idle: float = 60
    head: float = 30
    body: float = 60
    reading: float = 60
    refused: float = 2
    busy: float = 1
    stop: float = 5
