"""What a run shows of the accounts it was recorded with; what it does not show stays at the defaults."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.engine import magic
from ccell_fake.errors import UnreadableReply, UnreadableRequest
from ccell_fake.model import AccountInfo, AnyReply, Operation, Request, Resp, Upmsg
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_fake.transcripts import Ending, Exchange, Run
from ccell_fake.wire import payload, replies, requests

_DIGEST = re.compile(r"[0-9a-f]{32}")
SILENT = (OutcomeRule(reports=0),)
"""Outcomes that bring no report by themselves: a replay lets those come in that were recorded."""


@dataclass(frozen=True, slots=True)
class Said:
    """An exchange as it is understood.

    Attributes:
        exchange: The exchange.
        request: What was asked; None where that cannot be read.
        reply: What was answered; None likewise, or where nothing was.
    """

    exchange: Exchange
    request: Request | None
    reply: AnyReply | None

    @property
    def userid(self) -> str:
        """Whose exchange it is; empty where that cannot be read."""
        return (self.request.userid or "") if self.request else ""

    @property
    def hung_on_others(self) -> bool:
        """Whether it was refused for what else was in progress (K2), which one after the other never is."""
        return self.reply is not None and self.reply.code == Code.CONCURRENCY_EXCEEDED


def understood(exchange: Exchange) -> Said:
    """An exchange, read as far as it can be."""
    operation = exchange.operation
    request: Request | None = None
    reply: AnyReply | None = None
    if operation is not None:
        with suppress(UnreadableRequest):
            found = payload.find(exchange.method, exchange.query, exchange.body, exchange.content_type)
            request = requests.parse(operation, found.data, as_declared=True)
        if exchange.ending is Ending.ANSWERED:
            with suppress(UnreadableReply):
                reply = replies.parse(operation, exchange.answer)
    return Said(exchange, request, reply)


def accounts(run: Run) -> Iterator[AccountSettings]:
    """The accounts of a run that let somebody in, as far as it shows their settings."""
    said = [understood(exchange) for exchange in run.exchanges]
    for userid in dict.fromkeys(one.userid for one in said):
        if userid and userid not in magic.USERIDS:
            settings = _account(userid, [one for one in said if one.userid == userid])
            if settings is not None:
                yield settings


def _account(userid: str, said: list[Said]) -> AccountSettings | None:
    passwords = [
        one.request.password
        for one in said
        if one.request and one.request.password and one.reply and one.reply.code not in _OUTSIDE
    ]
    if not passwords:
        return None
    # Who is let in with both a password and its md5 (W9) has the password.
    password = next((one for one in passwords if not _DIGEST.fullmatch(one)), passwords[0])
    settings = AccountSettings(userid=userid, password=password, outcomes=SILENT, lock_after=0)
    for one in said:
        settings = replace(settings, **_shown_by(one, settings))
    infos = [item for one in said for item in _items(one) if isinstance(item, AccountInfo)]
    return replace(settings, **_info(infos[0])) if infos else settings


_OUTSIDE = {Code.PASSWORD_WRONG, Code.PARAMETERS_INCOMPLETE}


def _shown_by(said: Said, settings: AccountSettings) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    accepted = {item.phone.strip() for item in _items(said) if isinstance(item, Resp) and item.is_accepted}
    if accepted & magic.NUMBER_PHONES.keys():
        shown["magic_numbers"] = False
    if accepted and said.request and any(submit.spcode for submit in said.request.submits):
        shown["spcode"] = True
    ports = [item.spnumber for item in _items(said) if isinstance(item, Upmsg)]
    if ports:
        # An extension stands behind the port, so the port is the shortest.
        shown["spnumber"] = min(ports if settings.spnumber == _PORT else [*ports, settings.spnumber], key=len)
    return shown


_PORT = AccountSettings().spnumber


def _info(info: AccountInfo) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": info.name, "status": "normal" if info.status == "0" else "frozen"}
    if info.credit.isdecimal():
        shown["credit"] = int(info.credit)
    names = tuple(filter(None, info.signcode.split(",")))
    if names and info.signcode != "*":
        shown["signcode"] = names
    return shown


def _items(said: Said) -> tuple[Any, ...]:
    return said.reply.items if said.reply else ()


def is_info(said: Said) -> bool:
    """Whether it shows how an account stands."""
    return said.exchange.operation is Operation.INFO and bool(_items(said))
