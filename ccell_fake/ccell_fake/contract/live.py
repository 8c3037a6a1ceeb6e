"""A gateway of which nothing is known but its address and an account: the live service, or what stands in for it."""

import re
import ssl
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from math import isfinite
from pathlib import Path
from time import sleep
from typing import Any, NoReturn, cast

import httpx2

from ccell_fake.client import Client, RequestRefused
from ccell_fake.client.gateway import base
from ccell_fake.client.transport import certificates
from ccell_fake.codes import Code
from ccell_fake.contract.account import Account
from ccell_fake.contract.budget import Budget
from ccell_fake.contract.costs import KINDS, Cost
from ccell_fake.contract.guard import Guard
from ccell_fake.contract.needs import (
    CROWD,
    FAILING,
    FROZEN,
    IP_REFUSED,
    NO_BALANCE,
    NO_CHANNEL,
    NO_SENDING_RULE,
    SMALL_BALANCE,
    STILL_CLOCK,
    UPSTREAM,
    Need,
    NotAsked,
)
from ccell_fake.contract.recording import Recording
from ccell_fake.contract.standing import Standing
from ccell_fake.model import Operation
from ccell_fake.settings import AccountSettings
from ccell_fake.transcripts.exchange import Exchange
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

_SETTINGS = frozenset(one.name for one in fields(AccountSettings)) - {
    "userid",
    "password",
    "assumptions",
    "personas",
    "outcomes",
}
_NUMBERS = ("dead", "answering")
_NUMBER = re.compile(r"1[3-9][0-9]{9}")
_PAUSE = 1.0


class LiveError(ValueError):
    """A live target that cannot be asked so; the message says what is missing or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
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
            message = "a live target is named by CCELL_BASE_URL, CCELL_USERID and CCELL_PASSWORD in the environment"
            raise LiveError(message)
        unknown = self.allowed.difference(KINDS)
        if unknown:
            message = f"{', '.join(sorted(unknown))} cannot be allowed; there are {', '.join(KINDS)}"
            raise LiveError(message)
        try:
            base(self.url)
        except ValueError as error:
            message = f"CCELL_BASE_URL: {error}"
            raise LiveError(message) from None
        if not all(map(_NUMBER.fullmatch, self.phones)):
            message = "a number of one's own is given by its 11 digits, without anything before, between or behind them"
            raise LiveError(message)
        if not (isfinite(self.patience) and self.patience >= 0):
            message = f"patience is a number of seconds, not {self.patience:g}"
            raise LiveError(message)
        if self.authority and not Path(self.authority).is_file():
            message = f"{self.authority}: there is no such file"
            raise LiveError(message)
        if "sms" in self.allowed and not self.phones:
            message = "messages are sent to numbers of one's own alone, and none is given"
            raise LiveError(message)


def read_known(path: Path) -> dict[str, Any]:
    """What a TOML file says of an account.

    Raises:
        LiveError: There is no such file, or it says what nobody asks for.
    """
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = f"{path}: {error}"
        raise LiveError(message) from error
    allowed = sorted({*_SETTINGS, *_NUMBERS})
    unknown = sorted(table.keys() - set(allowed))
    if unknown:
        message = f"{path}: {', '.join(unknown)} is not known; there are {', '.join(allowed)}"
        raise LiveError(message)
    known = {name: _frozen(value) for name, value in table.items()}
    for name in _NUMBERS:
        if not isinstance(known.get(name, ()), tuple):
            message = f"{path}: {name} is a list of numbers"
            raise LiveError(message)
    return known


def _frozen(value: object) -> object:
    return tuple(cast("list[object]", value)) if isinstance(value, list) else value


def settings_of(known: Mapping[str, Any]) -> dict[str, Any]:
    """What of all that is known are settings."""
    return {name: value for name, value in known.items() if name in _SETTINGS}


class LiveTarget:
    """A gateway that is reached by an address and a credential alone.

    Attributes:
        name: What reports call it.
        is_arranged: Nothing can be arranged here.
    """

    def __init__(self, live: Live) -> None:
        """Ask a gateway; nothing is sent yet."""
        self.name = "live"
        self.is_arranged = False
        self._live = live
        self._guard = Guard(
            live.userid, live.password, kinds=live.allowed, phones=frozenset(live.phones), budget=live.budget
        )

    def allow(self, cost: Cost) -> None:
        """Let a test be asked that costs so much.

        Raises:
            NotAsked: A kind of cost is not allowed, or the budget does not cover it.
        """
        refused = [kind for kind in KINDS if kind in cost.kinds - self._live.allowed]
        if refused:
            message = f"costs {cost}, and {' and '.join(refused)} {'is' if len(refused) == 1 else 'are'} not allowed"
            raise NotAsked(message)
        if cost.sms and cost.sms > self._live.budget.left:
            message = f"costs {cost}; {self._live.budget.left} of the budget are left"
            raise NotAsked(message)

    def open(self, needs: tuple[Need, ...], kept: list[Exchange], cost: Cost) -> Account:
        """The account, if it has what is needed, and nothing that keeps the test from what it wants.

        Raises:
            NotAsked: It has not.
        """
        standing = self._standing(needs)
        _check_use(standing, needs, cost)
        for need in needs:
            if not need.is_met(standing):
                message = f"needs {need.says}"
                raise NotAsked(message)
        arranger = _LiveArranger(self._live)
        account = Account(
            self._live.url,
            self._live.userid,
            self._live.password,
            standing=standing,
            arranger=arranger,
            transport=Recording(self._transport(), kept, self._guard),
        )
        arranger.account = account
        return account

    def _standing(self, needs: tuple[Need, ...]) -> Standing:
        standing = _standing(self._live, self._live.known)
        for shut in (FROZEN, IP_REFUSED):
            if shut.is_met(standing) and shut not in needs:
                message = f"needs an account that is in use, not {shut.says}"
                raise NotAsked(message)
        if FROZEN in needs or IP_REFUSED in needs:
            return standing
        return _standing(self._live, {**self._live.known, **self._shown()})

    def _shown(self) -> dict[str, Any]:
        """What info shows of the account now.

        Raises:
            ClientError: It shows nothing.
            NotAsked: The account is locked, in a run that may have locked it.
        """
        with Client(self._live.url, self._live.userid, self._live.password, transport=self._transport()) as client:
            try:
                info = client.info()
            except RequestRefused as error:
                # A test that was allowed to lock it may have done so; whatever else it is, nothing holds of it.
                if error.code != Code.ACCOUNT_FROZEN or "risk" not in self._live.allowed:
                    raise
                message = f"needs an account that is in use: {error}"
                raise NotAsked(message) from None
        signcode = "*" if info.signcode == ("*",) else info.signcode
        return {"signcode": signcode, "balance": info.riches, "credit": info.credit}

    def _transport(self) -> httpx2.BaseTransport:
        if self._live.authority:
            return httpx2.HTTPTransport(verify=ssl.create_default_context(cafile=self._live.authority))
        return httpx2.HTTPTransport(verify=certificates(self._live.url))


def _check_use(standing: Standing, needs: tuple[Need, ...], cost: Cost) -> None:
    """Refuse to send with an account that cannot, unless it is that what is asked about.

    Raises:
        NotAsked: It cannot.
    """
    if not cost.sms:
        return
    for spoilt in (NO_SENDING_RULE, NO_CHANNEL):
        if spoilt.is_met(standing) and spoilt not in needs:
            message = f"needs an account that can send, not {spoilt.says}"
            raise NotAsked(message)
    left = standing.settings.balance + standing.settings.credit
    if left < cost.sms and NO_BALANCE not in needs and SMALL_BALANCE not in needs:
        message = f"needs {cost.sms} messages; {left} of the balance are left"
        raise NotAsked(message)


def _standing(live: Live, known: Mapping[str, Any]) -> Standing:
    settings = settings_of(known)
    return Standing(
        settings=replace(AccountSettings(), **settings),
        known=frozenset(settings),
        own=live.phones,
        dead=tuple(phone for phone in known.get("dead", ()) if phone in live.phones),
        answering=tuple(phone for phone in known.get("answering", ()) if phone in live.phones),
        new=tuple(phone for phone in live.phones if _is_new(phone)),
        passable=live.patience,
        abilities=frozenset({"clock"} if live.patience else ()),
    )


def _is_new(phone: str) -> bool:
    return any(phone.startswith(digits) and prefix.since > DOCUMENT_YEAR for digits, prefix in PREFIXES.items())


class _LiveArranger:
    """What can be done without any hold on the gateway: to wait, and to write to a phone that answers."""

    account: Account

    def __init__(self, live: Live) -> None:
        self._left = live.patience
        self._longest = live.patience

    def later(self, seconds: float) -> None:
        if seconds > self._longest:
            message = f"needs {seconds:g} seconds to pass; --ccell-patience is {self._longest:g}"
            raise NotAsked(message)
        sleep(seconds)

    def stand_still(self) -> NoReturn:
        _cannot(STILL_CLOCK)

    def upstream(self, phone: str, texts: Iterable[str]) -> None:
        if phone not in self.account.standing.answering:
            _cannot(UPSTREAM)
        for text in texts:
            self.account.client.send(phone, self.account.standing.content(text))

    def crowd(self, requests: int, operation: Operation | None = None) -> NoReturn:  # noqa: ARG002 - as Arranger has them
        _cannot(CROWD)

    def fail(self) -> NoReturn:
        _cannot(FAILING)

    def is_worth_waiting(self) -> bool:
        if self._left <= 0:
            return False
        sleep(min(_PAUSE, self._left))
        self._left -= _PAUSE
        return True

    def close(self) -> None:
        pass


def _cannot(need: Need) -> NoReturn:
    message = f"needs {need.says}"
    raise NotAsked(message)
