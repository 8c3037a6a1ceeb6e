"""A live target: a gateway known only by its address and an account."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import httpx2

from ccell_fake.client import AccountStatus, Client, ClientError, RequestRefused
from ccell_fake.client.writing import parse_base_url
from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.checks import KINDS, Cost
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.live.arranger import LiveArranger
from ccell_fake.contract.live.guard import Guard
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError, select_settings
from ccell_fake.contract.needs import (
    FROZEN,
    IP_REFUSED,
    JSON_RPC,
    NO_BALANCE,
    NO_CHANNEL,
    NO_SENDING_RULE,
    SMALL_BALANCE,
    Need,
    NotAsked,
)
from ccell_fake.contract.recording import Recording
from ccell_fake.errors import UnreadableReply
from ccell_fake.model import JSON_PATH, Door, Operation, Request
from ccell_fake.settings import AccountSettings
from ccell_fake.transcripts.exchange import Exchange
from ccell_fake.wire import json_replies, json_requests
from ccell_fixtures.prefixes import DOCUMENT_YEAR, PREFIXES

_INFO_SECONDS = 10.0
_REFUSALS = {FROZEN: Code.ACCOUNT_FROZEN, IP_REFUSED: Code.IP_REFUSED}


class LiveContractTarget:
    """A gateway that is reached with an address and a credential alone.

    Attributes:
        name: Its name in reports.
        is_arranged: Always false.
    """

    def __init__(self, live: LiveSettings) -> None:
        """Use a gateway. Sends nothing yet."""
        self.name = "live"
        self.is_arranged = False
        self._live = live
        self._guard = Guard(
            live.userid, live.password, kinds=live.allowed, phones=frozenset(live.phones), budget=live.budget
        )

    def check(self) -> None:
        """Call info once, which is free, to find out at once whether the account can be used.

        A refusal is fine if the account is known to be frozen or to refuse this machine.

        Raises:
            LiveSettingsError: Within 10 seconds there is no readable answer, or the account is refused.
        """
        try:
            self._info()
        except RequestRefused as error:
            known = _known_account(self._live, self._live.known)
            if error.code not in {code for need, code in _REFUSALS.items() if need.is_satisfied_by(known)}:
                message = f"{parse_base_url(self._live.url)} refuses the account: {error}"
                raise LiveSettingsError(message) from None
        except ClientError as error:
            message = f"no readable answer within {_INFO_SECONDS:g} seconds: {error}"
            raise LiveSettingsError(message) from None

    def allow(self, cost: Cost) -> None:
        """Allow a check of this cost.

        Raises:
            NotAsked: A kind of cost is not allowed, or the budget is too small.
        """
        refused = [kind for kind in KINDS if kind in cost.kinds - self._live.allowed]
        if refused:
            message = f"costs {cost}, and {' and '.join(refused)} {'is' if len(refused) == 1 else 'are'} not allowed"
            raise NotAsked(message)
        if cost.sms and cost.sms > self._live.budget.left:
            message = f"costs {cost}; {self._live.budget.left} of the budget are left"
            raise NotAsked(message)

    def open(self, needs: tuple[Need, ...], exchanges: list[Exchange], cost: Cost) -> ContractAccount:
        """Open the account if it satisfies the needs and can be used for the check.

        Raises:
            NotAsked: It cannot.
        """
        known = self._known_account(needs)
        _check_usable(known, needs, cost)
        for need in needs:
            if not need.is_satisfied_by(known):
                message = f"needs {need.description}"
                raise NotAsked(message)
        if cost.risk:
            self._live.budget.take_risk()
        arranger = LiveArranger(self._live.patience, self._live.pause)
        account = ContractAccount(
            self._live.url,
            self._live.userid,
            self._live.password,
            known=known,
            arranger=arranger,
            transport=Recording(self._live.transport(), exchanges, self._guard),
        )
        arranger.account = account
        return account

    def _known_account(self, needs: tuple[Need, ...]) -> KnownAccount:
        known = _known_account(self._live, self._live.known)
        for need in (FROZEN, IP_REFUSED):
            if need.is_satisfied_by(known) and need not in needs:
                message = f"needs an account in use, not {need.description}"
                raise NotAsked(message)
        if FROZEN not in needs and IP_REFUSED not in needs:
            known = _known_account(self._live, self._read_info())
        return replace(known, doors=frozenset(Door)) if JSON_RPC in needs and self._speaks_json() else known

    def _read_info(self) -> dict[str, Any]:
        """The known facts, with the balance that info shows, and its signature unless one is known (I1).

        Raises:
            ClientError: Info fails.
            NotAsked: The account is locked, and this run may have locked it.
        """
        try:
            info = self._info()
        except RequestRefused as error:
            # A check with the risk allowed may have locked the account.
            if error.code != Code.ACCOUNT_FROZEN or not self._live.budget.is_risk_taken:
                raise
            message = f"needs an account in use: {error}"
            raise NotAsked(message) from None
        signcode = "*" if info.signcode == ("*",) else info.signcode
        return {"signcode": signcode, **self._live.known, "balance": info.riches, "credit": info.credit}

    def _speaks_json(self) -> bool:
        """Return whether the gateway answers a JSON-RPC call in JSON. The call is a send without a submit."""
        live = self._live
        call = json_requests.render(Operation.SEND, Request(live.userid, live.password))
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        with httpx2.Client(transport=live.transport(), timeout=_INFO_SECONDS) as client:
            answer = client.post(parse_base_url(live.url) + JSON_PATH, content=call, headers=headers)
        try:
            json_replies.parse(Operation.SEND, answer.content)
        except UnreadableReply:
            return False
        return answer.status_code == HTTPStatus.OK

    def _info(self) -> AccountStatus:
        live, transport = self._live, self._live.transport()
        with Client(live.url, live.userid, live.password, transport=transport, timeout=_INFO_SECONDS) as client:
            return client.info()


def _check_usable(known: KnownAccount, needs: tuple[Need, ...], cost: Cost) -> None:
    """Check that the account can send, unless the check is about accounts that cannot.

    Raises:
        NotAsked: It cannot send.
    """
    if not cost.sms:
        return
    for need in (NO_SENDING_RULE, NO_CHANNEL):
        if need.is_satisfied_by(known) and need not in needs:
            message = f"needs an account that can send, not {need.description}"
            raise NotAsked(message)
    left = known.settings.balance + known.settings.credit
    if left < cost.sms and NO_BALANCE not in needs and SMALL_BALANCE not in needs:
        message = f"needs {cost.sms} messages; {left} of the balance are left"
        raise NotAsked(message)


def _known_account(live: LiveSettings, known: Mapping[str, Any]) -> KnownAccount:
    settings = select_settings(known)
    return KnownAccount(
        settings=replace(AccountSettings(), password=live.password, **settings),
        known_settings=frozenset(settings),
        own_numbers=live.phones,
        dead_numbers=tuple(phone for phone in known.get("dead", ()) if phone in live.phones),
        replying_numbers=tuple(phone for phone in known.get("answering", ()) if phone in live.phones),
        new_numbers=tuple(phone for phone in live.phones if _is_new(phone)),
        longest_advance=live.patience,
        abilities=frozenset({"clock"} if live.patience else ()),
    )


def _is_new(phone: str) -> bool:
    return any(phone.startswith(digits) and prefix.since > DOCUMENT_YEAR for digits, prefix in PREFIXES.items())
