"""Settings of a live run: address, credential, allowances, and facts about the account."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from time import sleep
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from ccell_fake.certificates import trusted
from ccell_fake.client.writing import parse_base_url
from ccell_fake.contract.checks import KINDS
from ccell_fake.contract.live.allowances import Budget
from ccell_fake.settings import AccountSettings
from ccell_fake.wire.text import legible

_SETTINGS = frozenset(one.name for one in fields(AccountSettings)) - {
    "userid",
    "password",
    "assumptions",
    "personas",
    "outcomes",
}
_NUMBER_LISTS = ("dead", "answering")
_NUMBER = re.compile(r"1[3-9][0-9]{9}")


class LiveSettingsError(ValueError):
    """A setting of a live run is missing or invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """Settings of a live run.

    Attributes:
        url: The gateway's address.
        userid: The account.
        password: Its password.
        budget: The number of messages to send.
        allowed: Allowed kinds of cost: `sms`, `drain`, `risk` and `json`.
        phones: Your own numbers, the only ones to send to.
        known: Facts about the account: its settings by name, and the lists `dead` and `answering` of your own numbers.
        patience: Seconds to wait for reports and upstream messages.
        cacert: A file with the certificates to trust; empty for those of the host.
        pause: Lets this many seconds pass.

    Raises:
        LiveSettingsError: A setting is missing or invalid.
    """

    url: str
    userid: str
    password: str = field(repr=False)
    budget: Budget
    allowed: frozenset[str] = frozenset()
    phones: tuple[str, ...] = field(default=(), repr=False)
    known: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    patience: float = 0.0
    cacert: str = ""
    pause: Callable[[float], object] = field(default=sleep, repr=False)

    def __post_init__(self) -> None:
        """Check the settings."""
        if not (self.url and self.userid and self.password):
            message = "a live target needs an address, a userid and a password"
            raise LiveSettingsError(message)
        unknown = self.allowed.difference(KINDS)
        if unknown:
            message = f"unknown kind of cost {', '.join(sorted(unknown))}; known kinds: {', '.join(KINDS)}"
            raise LiveSettingsError(message)
        credential = self.userid + self.password
        if legible(credential) != credential:
            message = "userid and password must not contain characters that XML cannot represent"
            raise LiveSettingsError(message)
        try:
            parse_base_url(self.url)
            # Python itself, not the connection, raises the error for an invalid host name.
            str(urlsplit(self.url).hostname).encode("idna")
        except ValueError as error:
            message = f"the address of the gateway: {error}"
            raise LiveSettingsError(message) from None
        if not all(map(_NUMBER.fullmatch, self.phones)):
            message = "a number of your own must consist of its 11 digits only"
            raise LiveSettingsError(message)
        if not (isfinite(self.patience) and self.patience >= 0):
            message = f"patience must be a number of seconds, at least 0, got {self.patience:g}"
            raise LiveSettingsError(message)
        if self.cacert:
            try:
                trusted(self.url, self.cacert)
            except ValueError as error:
                raise LiveSettingsError(str(error)) from None
        if "sms" in self.allowed and not self.phones:
            message = "sending messages needs at least one number of your own"
            raise LiveSettingsError(message)

    def transport(self) -> httpx2.BaseTransport:
        """A transport to the gateway that trusts the certificates of `cacert`."""
        return httpx2.HTTPTransport(verify=trusted(self.url, self.cacert))


def read_known(path: Path) -> dict[str, Any]:
    """Read facts about an account from a TOML file.

    Raises:
        LiveSettingsError: The file is missing or invalid.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}"
        raise LiveSettingsError(message) from error
    except ValueError as error:
        message = f"{path}: {error}"
        raise LiveSettingsError(message) from error
    allowed = sorted({*_SETTINGS, *_NUMBER_LISTS})
    unknown = sorted(table.keys() - set(allowed))
    if unknown:
        message = f"{path}: unknown setting {', '.join(unknown)}; known settings: {', '.join(allowed)}"
        raise LiveSettingsError(message)
    known = {name: _freeze(value) for name, value in table.items()}
    for name in _NUMBER_LISTS:
        if not isinstance(known.get(name, ()), tuple):
            message = f"{path}: {name} must be a list of numbers"
            raise LiveSettingsError(message)
    return known


def _freeze(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def select_settings(known: Mapping[str, Any]) -> dict[str, Any]:
    """The account settings among the known facts."""
    return {name: value for name, value in known.items() if name in _SETTINGS}
