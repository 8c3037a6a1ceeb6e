"""Log the requests of the gateway: accepted sends, refusals, and at the level debug every request with its rule."""

import logging

from ccell_fake.clock import ClockSetting
from ccell_fake.engine.account import Account
from ccell_fake.engine.answer import Answer
from ccell_fake.engine.context import Arrival
from ccell_fake.errors import StoreUnavailable
from ccell_fake.model import Operation, Request, Resp
from ccell_mock_server.log import logger

_LOG = logger("gateway")
_PHONES, _CHARACTERS = 3, 40
_REAL = ClockSetting()


def log_answer(arrival: Arrival, answer: Answer, account: Account | None) -> None:
    """Log the answer to a request.

    Args:
        arrival: The request.
        answer: Its answer.
        account: Its account; None if it names none.
    """
    if not _LOG.isEnabledFor(logging.INFO):
        return
    code, clock = answer.reply.code or "without a code", _account_clock(account)
    _LOG.debug(
        "%s %s answered %s by %s, rule %s, %d µs%s",
        "-" if account is None else account.settings.userid,
        *(arrival.operation, code, answer.basis, answer.rule, answer.duration, clock),
    )
    accepted = [one for one in answer.reply.items if isinstance(one, Resp) and one.is_accepted]
    if account is not None and accepted and isinstance(arrival.request, Request):
        _LOG.info("%s%s", arrival.hide(_describe(account, arrival.request, accepted)), clock)
    if answer.explanation:
        _LOG.info("%s answered %s by %s%s\n  %s", arrival.operation, code, answer.basis, clock, answer.explanation)


def log_failure(operation: Operation | None) -> None:
    """Log the exception that is handled, and that prevented an answer."""
    _LOG.exception("%s failed", operation)


def log_unavailable(operation: Operation | None, error: StoreUnavailable) -> None:
    """Log that a request was not decided, because the store is not available."""
    _LOG.warning("%s failed: %s", operation, error)


def _describe(account: Account, request: Request, accepted: list[Resp]) -> str:
    """Describe the accepted messages of a send by the first of them."""
    first = accepted[0]
    phones = ", ".join(one.phone for one in accepted[:_PHONES])
    more = f" and {len(accepted) - _PHONES} more" if len(accepted) > _PHONES else ""
    submit = next((one for one in request.submits if first.phone in (one.phone or "")), request.submits[0])
    content = submit.content or ""
    segments = account.view.describe(content).segments
    cut = content if len(content) <= _CHARACTERS else f"{content[:_CHARACTERS]}…"
    reference = f"linkid={submit.linkid}" if submit.linkid else f"msgid={first.msgid}"
    count = f"{segments} segment{'' if segments == 1 else 's'}"
    return f"{account.settings.userid} send accepted: {phones}{more}: {cut} {reference}, {count}"


def _account_clock(account: Account | None) -> str:
    """Return the account's time if its clock is set. The log itself has the host's time."""
    if account is None or account.clock.setting == _REAL:
        return ""
    return f", account's clock {account.clock.now():%Y-%m-%d %H:%M:%S}"
