"""Exempt an emulator from the HTTP proxy that environment variables name."""

import os
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
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
        urls: Base URLs such as `http://127.0.0.1:8026`. Those without a host are left out.
    """
    if not any(environment.get(name) or environment.get(name.upper()) for name in _PROXIES):
        return {}
    hosts = dict.fromkeys((*_LOOPBACK, *filter(None, map(_host, urls))))
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


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


_GUARD = threading.Lock()
_WRITTEN: dict[str, tuple[str | None, str]] = {}
"""The variables that this process has changed: the former value, and the one written."""
_open_blocks = 0


@contextmanager
def exempted(*urls: str) -> Generator[None]:
    """Exempt loopback and the hosts of URLs for the code in this process and the processes that it starts.

    Blocks may overlap in any order. The variables get their former values when the last one ends, unless somebody else
    has changed them meanwhile.

    Args:
        urls: Base URLs such as `http://127.0.0.1:8026`.
    """
    global _open_blocks  # noqa: PLW0603 - as the environment, it belongs to the process
    with _GUARD:
        _open_blocks += 1
        for name, value in exempt(os.environ, *urls).items():
            former, _ = _WRITTEN.get(name, (os.environ.get(name), ""))
            _WRITTEN[name] = former, value
            os.environ[name] = value
    try:
        yield
    finally:
        with _GUARD:
            _open_blocks -= 1
            if not _open_blocks:
                _restore()


def _restore() -> None:
    for name, (former, written) in _WRITTEN.items():
        if os.environ.get(name) != written:
            continue
        if former is None:
            del os.environ[name]
        else:
            os.environ[name] = former
    _WRITTEN.clear()
