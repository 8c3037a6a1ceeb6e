"""What a run shows of the accounts it was recorded with; what it does not show stays at the defaults."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.engine import magic
from ccell_fake.model import AccountInfo, Operation, Resp, Upmsg
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_fake.transcripts import RecordedRun
from ccell_mock_server.proxy.decoded import DecodedExchange, understood

_DIGEST = re.compile(r"[0-9a-f]{32}")
SILENT = (OutcomeRule(reports=0),)
"""Outcomes that bring no report by themselves: a replay lets those come in that were recorded."""


def accounts(run: RecordedRun) -> Iterator[AccountSettings]:
    """The accounts of a run that let somebody in, as far as it shows their settings."""
    said = [understood(exchange) for exchange in run.exchanges]
    for userid in dict.fromkeys(one.userid for one in said):
        if userid and userid not in magic.USERIDS:
            settings = _account(userid, [one for one in said if one.userid == userid])
            if settings is not None:
                yield settings


def _account(userid: str, said: list[DecodedExchange]) -> AccountSettings | None:
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


def _shown_by(said: DecodedExchange, settings: AccountSettings) -> dict[str, Any]:
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


def _items(said: DecodedExchange) -> tuple[Any, ...]:
    return said.reply.items if said.reply else ()


def is_info(said: DecodedExchange) -> bool:
    """Whether it shows how an account stands."""
    return said.exchange.operation is Operation.INFO and bool(_items(said))
