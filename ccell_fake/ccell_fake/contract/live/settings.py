"""What a live run is given: an address, a credential, an allowance, and what is known of the account."""

import re
import ssl
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import httpx2

from ccell_fake.client.gateway import parse_base_url
from ccell_fake.client.transport import certificates
from ccell_fake.contract.costs import KINDS
from ccell_fake.contract.live.budget import Budget
from ccell_fake.settings import AccountSettings
from ccell_fake.wire import xml

_SETTINGS = frozenset(one.name for one in fields(AccountSettings)) - {
    "userid",
    "password",
    "assumptions",
    "personas",
    "outcomes",
}
_NUMBERS = ("dead", "answering")
_NUMBER = re.compile(r"1[3-9][0-9]{9}")


class LiveSettingsError(ValueError):
    """A live target that cannot be asked so; the message says what is missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """Everything a live run is given.

    Attributes:
        url: Where the gateway is.
        userid: The account.
        password: Its password.
        allowed: What is allowed, of `sms`, `drain` and `risk`.
        phones: One's own numbers, the only ones that are sent to.
        budget: How many messages may be sent.
        known: What is known of the account, by the names of its settings, and of one's own numbers, `dead` and
            `answering`.
        patience: Seconds that are waited for what the gateway brings about by itself.
        authority: A file with the certificates to trust; empty for those of the host.
    """

    url: str
    userid: str
    password: str = field(repr=False)
    budget: Budget
    allowed: frozenset[str] = frozenset()
    phones: tuple[str, ...] = field(default=(), repr=False)
    known: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    patience: float = 0.0
    authority: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            LiveError: Something is missing, or not known here.
        """
        if not (self.url and self.userid and self.password):
            message = "a live target takes an address, a userid and a password; one of them is missing"
            raise LiveSettingsError(message)
        unknown = self.allowed.difference(KINDS)
        if unknown:
            message = f"{', '.join(sorted(unknown))} cannot be allowed; there are {', '.join(KINDS)}"
            raise LiveSettingsError(message)
        credential = self.userid + self.password
        if xml.legible(credential) != credential:
            message = "the userid or the password holds a character that XML cannot carry"
            raise LiveSettingsError(message)
        try:
            parse_base_url(self.url)
            # A name that is none is an error of Python's, not of the connection.
            str(urlsplit(self.url).hostname).encode("idna")
        except ValueError as error:
            message = f"the address of the gateway: {error}"
            raise LiveSettingsError(message) from None
        if not all(map(_NUMBER.fullmatch, self.phones)):
            message = "a number of one's own is given by its 11 digits, without anything before, between or behind them"
            raise LiveSettingsError(message)
        if not (isfinite(self.patience) and self.patience >= 0):
            message = f"patience is a number of seconds, not {self.patience:g}"
            raise LiveSettingsError(message)
        if self.authority:
            try:
                ssl.create_default_context(cafile=self.authority)
            except OSError as error:
                message = f"{self.authority}: no certificates can be read from it: {error}"
                raise LiveSettingsError(message) from None
        if "sms" in self.allowed and not self.phones:
            message = "messages are sent to numbers of one's own alone, and none is given"
            raise LiveSettingsError(message)

    def transport(self) -> httpx2.HTTPTransport:
        """Connections to the gateway, which trust whom they are told to."""
        trusted = ssl.create_default_context(cafile=self.authority) if self.authority else certificates(self.url)
        return httpx2.HTTPTransport(verify=trusted)


def read_known(path: Path) -> dict[str, Any]:
    """What a TOML file says of an account.

    Raises:
        LiveError: There is no such file, or it says what nobody asks for.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise LiveSettingsError(message) from error
    allowed = sorted({*_SETTINGS, *_NUMBERS})
    unknown = sorted(table.keys() - set(allowed))
    if unknown:
        message = f"{path}: {', '.join(unknown)} is not known; there are {', '.join(allowed)}"
        raise LiveSettingsError(message)
    known = {name: _frozen(value) for name, value in table.items()}
    for name in _NUMBERS:
        if not isinstance(known.get(name, ()), tuple):
            message = f"{path}: {name} is a list of numbers"
            raise LiveSettingsError(message)
    return known


def _frozen(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def settings_of(known: Mapping[str, Any]) -> dict[str, Any]:
    """What of all that is known are settings."""
    return {name: value for name, value in known.items() if name in _SETTINGS}
