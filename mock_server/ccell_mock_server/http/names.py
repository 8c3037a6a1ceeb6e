"""Names and addresses in certificates."""

import ipaddress
import re
import socket
from collections.abc import Iterator
from contextlib import suppress

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MAX_CHARACTERS = 253
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_WILDCARD = "*."


def canonical_name(name: str) -> str:
    """Return a name or an address as a certificate has it: international names as ASCII, such as xn--fiqs8s.

    Raises:
        ValueError: It is neither. The message says what is allowed.
    """
    with suppress(ValueError):
        return str(ipaddress.ip_address(name))
    import idna  # noqa: PLC0415 - only for certificates

    is_wildcard = name.startswith(_WILDCARD)
    try:
        encoded = idna.encode(name.removeprefix(_WILDCARD), uts46=True).decode()
    except ValueError:
        encoded = ""
    labels = encoded.split(".")
    # Clients refuse a wildcard for a whole top-level domain, and a number at the end belongs to an address.
    is_valid = all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal() and len(labels) > is_wildcard
    if not is_valid or len(encoded) > _MAX_CHARACTERS:
        message = "must be names such as sms.example.com, *.example.com or 短信.中国, or IP addresses"
        raise ValueError(message)
    return _WILDCARD * is_wildcard + encoded


def own_names() -> Iterator[str]:
    """Yield loopback addresses and the name of this machine. Nothing is looked up, because that could take long."""
    yield from _LOOPBACK
    # A certificate cannot have every name, such as one with an underscore.
    with suppress(ValueError):
        yield canonical_name(socket.gethostname())
