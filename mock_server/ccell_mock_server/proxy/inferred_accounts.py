"""Infer the settings of accounts from a recorded run. Settings that the run does not show keep their defaults."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.engine import magic
from ccell_fake.model import AccountInfo, Resp, Upmsg
from ccell_fake.settings import AccountSettings, OutcomeRule
from ccell_fake.signing import is_digest
from ccell_fake.transcripts import RecordedRun
from ccell_mock_server.proxy.exchanges import DecodedExchange, decode

NO_REPORTS = (OutcomeRule(reports=0),)
"""Outcomes without reports. A replay adds the recorded reports itself."""
_UNAUTHENTICATED = {Code.PASSWORD_WRONG, Code.PARAMETERS_INCOMPLETE}
# The gateway checks sendtime and content after the spcode (Q7).
_AFTER_SPCODE = {
    Code.SENDTIME_MALFORMED,
    Code.SENDTIME_TOO_FAR,
    Code.SENDTIME_PAST,
    Code.SIGNATURE_MISSING,
    Code.FIXED_SIGNATURE_MISSING,
    Code.FIXED_SIGNATURE_OTHER,
    Code.SIGNATURE_TOO_LONG,
    Code.TEMPLATE_MISMATCH,
    Code.BLACK_WORD,
    Code.NO_WHITE_WORD,
}
_DEFAULT_PORT = AccountSettings().spnumber


def infer_accounts(run: RecordedRun) -> Iterator[AccountSettings]:
    """Return the settings of each account that the gateway authenticated."""
    exchanges = [decode(exchange) for exchange in run.exchanges]
    for userid in dict.fromkeys(exchange.userid for exchange in exchanges):
        if userid and userid not in magic.USERIDS:
            settings = _infer(userid, [exchange for exchange in exchanges if exchange.userid == userid])
            if settings is not None:
                yield settings


def _infer(userid: str, exchanges: list[DecodedExchange]) -> AccountSettings | None:
    passwords = [
        one.request.password for one in exchanges if one.request and one.request.password and is_authenticated(one)
    ]
    is_signed = any(one.request and one.request.sign and is_authenticated(one) for one in exchanges)
    if not passwords and not is_signed:
        return None
    # If both a password and its md5 were accepted (W9), the account has the password. A sign does not show it.
    password = next((one for one in passwords if not is_digest(one)), passwords[0] if passwords else "")
    settings = AccountSettings(userid=userid, password=password, outcomes=NO_REPORTS, lock_after=0)
    for exchange in exchanges:
        settings = replace(settings, **_settings_from(exchange, settings))
    infos = [item for exchange in exchanges for item in _items(exchange) if isinstance(item, AccountInfo)]
    return replace(settings, **_settings_from_info(infos[0])) if infos else settings


def is_authenticated(exchange: DecodedExchange) -> bool:
    """Return whether the gateway took the credentials of a request for right."""
    return exchange.reply is not None and exchange.reply.code not in _UNAUTHENTICATED


def _settings_from(exchange: DecodedExchange, settings: AccountSettings) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    accepted = {item.phone.strip() for item in _items(exchange) if isinstance(item, Resp) and item.is_accepted}
    if accepted & magic.NUMBER_PHONES.keys():
        changes["magic_numbers"] = False
    spcodes = [submit.spcode for submit in exchange.request.submits] if exchange.request else []
    is_past_spcode = any(isinstance(item, Resp) and item.code in _AFTER_SPCODE for item in _items(exchange))
    if (accepted and any(spcodes)) or (is_past_spcode and all(spcodes)):
        changes["spcode"] = True
    ports = [item.spnumber for item in _items(exchange) if isinstance(item, Upmsg)]
    if ports:
        # An extension follows the port, so the shortest number is the port.
        known = [] if settings.spnumber == _DEFAULT_PORT else [settings.spnumber]
        changes["spnumber"] = min([*ports, *known], key=len)
    return changes


def _settings_from_info(info: AccountInfo) -> dict[str, Any]:
    changes: dict[str, Any] = {"name": info.name, "status": "normal" if info.status == "0" else "frozen"}
    if info.credit.isdecimal():
        changes["credit"] = int(info.credit)
    names = tuple(filter(None, info.signcode.split(",")))
    if names and info.signcode != "*":
        changes["signcode"] = names
    return changes


def _items(exchange: DecodedExchange) -> tuple[Any, ...]:
    return exchange.reply.items if exchange.reply else ()
