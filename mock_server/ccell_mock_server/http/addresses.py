"""The addresses under which a server can be opened."""

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import suppress

# Reserved for documentation. A datagram socket that connects to them sends nothing, and learns its own address.
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
_ANY_PORT = 9


def openable(host: str) -> Iterator[str]:
    """Yield the hosts that reach a server, for this machine first.

    Args:
        host: Address that the server listens on. The hosts of one that stands for all addresses, such as `0.0.0.0`,
            are the loopback address and the machine's own addresses.
    """
    if not _is_unspecified(host):
        yield host
        return
    yield "127.0.0.1"
    for family in _ELSEWHERE if ":" in host else (socket.AF_INET,):
        # Without a network there is no address.
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_ELSEWHERE[family], _ANY_PORT))
            own = str(probe.getsockname()[0])
            if not ipaddress.ip_address(own).is_loopback:
                yield own


def base_url(scheme: str, host: str, port: int) -> str:
    """Return a base URL, such as `http://127.0.0.1:8026`."""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _is_unspecified(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False
