"""Options of both clients, by name, and the account that the environment names."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, TypedDict

import httpx2

from ccell_fake.client.retries import Retry
from ccell_fake.client.writing import Dialect

_VARIABLES = ("CCELL_FAKE_URL", "CCELL_FAKE_USERID", "CCELL_FAKE_PASSWORD")


class _Options(TypedDict, total=False):
    method: Literal["POST", "GET"]
    dialect: Dialect
    signed: bool
    threads: int
    timeout: float | None
    retry: Retry
    cacert: Path | str | None


class ClientOptions(_Options, total=False):
    """Options of `Client`."""

    transport: httpx2.BaseTransport | None
    sleep: Callable[[float], None]


class AsyncClientOptions(_Options, total=False):
    """Options of `AsyncClient`."""

    transport: httpx2.AsyncBaseTransport | None
    sleep: Callable[[float], Awaitable[None]]


def account_from_environment() -> tuple[str, str, str]:
    """The base URL, the userid and the password, from the variables that the commands use.

    Raises:
        ValueError: A variable is missing or empty.
    """
    base_url, userid, password = (os.environ.get(name, "") for name in _VARIABLES)
    missing = [name for name in _VARIABLES if not os.environ.get(name)]
    if missing:
        message = f"set the environment variable {' and '.join(missing)}"
        raise ValueError(message)
    return base_url, userid, password
