"""Exempt an emulator from the HTTP proxy that environment variables name."""

from collections.abc import Mapping
from urllib.parse import urlsplit

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_EXEMPTIONS = ("no_proxy", "NO_PROXY")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def exempt(environment: Mapping[str, str], *urls: str) -> dict[str, str]:
    """Return the `no_proxy` and `NO_PROXY` that exempt loopback and the hosts of URLs, besides those exempt already.

    Programs differ in which of the two they read, so both are set. The result is empty if the environment names no
    proxy, or if both variables have all the hosts. Without a proxy, `no_proxy` is better left alone: Python ignores the
    proxy settings of Windows and macOS as soon as it is set.

    Args:
        environment: The environment variables.
        urls: Base URLs such as `http://127.0.0.1:8026`.
    """
    if not any(environment.get(name) or environment.get(name.upper()) for name in _PROXIES):
        return {}
    hosts = dict.fromkeys((*_LOOPBACK, *filter(None, (urlsplit(url).hostname for url in urls))))
    changed: dict[str, str] = {}
    for name in _EXEMPTIONS:
        # A program that finds one of them does not look at the other.
        others = (environment[other] for other in _EXEMPTIONS if other in environment)
        given = environment.get(name, next(others, ""))
        entries = [entry.strip() for entry in given.split(",")]
        missing = [] if given.strip() == "*" else [host for host in hosts if host not in entries]
        value = ",".join([*filter(None, [given.strip(" ,")]), *missing])
        if value != environment.get(name):
            changed[name] = value
    return changed
