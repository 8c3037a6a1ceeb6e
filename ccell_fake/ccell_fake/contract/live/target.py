"""A gateway of which nothing is known but its address and an account: the live service, or what stands in for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ccell_fake.client import AccountStatus as Shown
from ccell_fake.client import Client, ClientError, RequestRefused
from ccell_fake.client.gateway import parse_base_url
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.costs import KINDS, Cost
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.live.arranger import LiveArranger
from ccell_fake.contract.live.guard import Guard
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError, settings_of
from ccell_fake.contract.needs import (
    FROZEN,
    IP_REFUSED,
    NO_BALANCE,
    NO_CHANNEL,
    NO_SENDING_RULE,
    SMALL_BALANCE,
    Need,
    NotAsked,
)
from ccell_fake.contract.recording import Recording
from ccell_fake.settings import AccountSettings
from ccell_fake.transcripts.exchange import Exchange
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

_INFO_SECONDS = 10.0
_REFUSALS = {FROZEN: Code.ACCOUNT_FROZEN, IP_REFUSED: Code.IP_REFUSED}


class LiveContractTarget:
    """A gateway that is reached by an address and a credential alone.

    Attributes:
        name: What reports call it.
        is_arranged: Nothing can be arranged here.
    """

    def __init__(self, live: LiveSettings) -> None:
        """Ask a gateway; nothing is sent yet."""
        self.name = "live"
        self.is_arranged = False
        self._live = live
        self._guard = Guard(
            live.userid, live.password, kinds=live.allowed, phones=frozenset(live.phones), budget=live.budget
        )

    def check(self) -> None:
        """Ask info once, which is free, so that what cannot be asked is said at once and not by test after test.

        A refusal is what is asked about where the account is known to be frozen, or refused from here.

        Raises:
            LiveError: Within 10 seconds there is no answer, none that can be read, or a refusal.
        """
        try:
            self._info()
        except RequestRefused as error:
            known = _standing(self._live, self._live.known)
            if error.code not in {code for need, code in _REFUSALS.items() if need.is_met(known)}:
                message = f"{parse_base_url(self._live.url)} refuses the account: {error}"
                raise LiveSettingsError(message) from None
        except ClientError as error:
            message = f"within {_INFO_SECONDS:g} seconds there was no answer that can be read: {error}"
            raise LiveSettingsError(message) from None

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

    def open(self, needs: tuple[Need, ...], kept: list[Exchange], cost: Cost) -> ContractAccount:
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
        if cost.risk:
            self._live.budget.take_risk()
        arranger = LiveArranger(self._live.patience)
        account = ContractAccount(
            self._live.url,
            self._live.userid,
            self._live.password,
            standing=standing,
            arranger=arranger,
            transport=Recording(self._live.transport(), kept, self._guard),
        )
        arranger.account = account
        return account

    def _standing(self, needs: tuple[Need, ...]) -> KnownAccount:
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
        try:
            info = self._info()
        except RequestRefused as error:
            # A test that was allowed to lock it may have done so; whatever else it is, nothing holds of it.
            if error.code != Code.ACCOUNT_FROZEN or not self._live.budget.is_risk_taken:
                raise
            message = f"needs an account that is in use: {error}"
            raise NotAsked(message) from None
        signcode = "*" if info.signcode == ("*",) else info.signcode
        return {"signcode": signcode, "balance": info.riches, "credit": info.credit}

    def _info(self) -> Shown:
        live, transport = self._live, self._live.transport()
        with Client(live.url, live.userid, live.password, transport=transport, timeout=_INFO_SECONDS) as client:
            return client.info()


def _check_use(standing: KnownAccount, needs: tuple[Need, ...], cost: Cost) -> None:
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


def _standing(live: LiveSettings, known: Mapping[str, Any]) -> KnownAccount:
    settings = settings_of(known)
    return KnownAccount(
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
