"""A replay: each request of a run is sent again at its own time, one after the other, and its answer compared.

Reports and upstream messages that were recorded are let in before the request that fetched them, at the times they
bear, so that what an account fetches can be compared.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccell_fake.control.client import AccountControl, ControlClient, ControlError, Unreachable
from ccell_fake.model import AccountInfo, Report, Upmsg
from ccell_fake.settings import AccountSettings
from ccell_fake.transcripts import Comparison, Difference, Ending, Exchange, RecordedRun
from ccell_mock_server.proxy import inferred_accounts
from ccell_mock_server.proxy.decoded import DecodedExchange, understood
from ccell_mock_server.proxy.upstream import Upstream, with_answer

_WITHIN = timedelta(seconds=1, microseconds=-1)
"""How far into a second something is let in that bears it: after what was sent in the same one."""

Chosen = Callable[[AccountSettings], AccountSettings]
"""Makes the settings that an account is opened with of those that were learnt."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a run.

    Attributes:
        run: The run.
        compared: How many answers were compared.
        left_out: The numbers of exchanges that were not: never sent, not answered, or refused for what else was in
            progress.
        differences: What differs.
    """

    run: RecordedRun
    compared: int
    left_out: tuple[int, ...]
    differences: tuple[Difference, ...]


def replay(
    run: RecordedRun, upstream: Upstream, control: ControlClient, chosen: Chosen = lambda learnt: learnt
) -> Replayed:
    """Replay a run against an emulator, on accounts that are opened for it and forgotten afterwards.

    Args:
        run: What to ask.
        upstream: The emulator.
        control: Its control API.
        chosen: Has the last word on the settings of an account.

    Raises:
        ControlError: An account cannot be opened, as where one of its userid is there.
        Unreachable: There is no emulator.
    """
    with ExitStack() as stack:
        accounts: dict[str, AccountControl] = {}
        for learnt in inferred_accounts.accounts(run):
            opened = control.open(chosen(learnt))
            stack.callback(opened.close)
            accounts[learnt.userid] = opened
        playing = _Playing(upstream, accounts)
        differences: list[Difference] = []
        left_out: list[int] = []
        for exchange in run.exchanges:
            said = understood(exchange)
            found = playing.play(said)
            if found is None:
                left_out.append(exchange.number)
            else:
                differences += found
    return Replayed(run, len(run.exchanges) - len(left_out), tuple(left_out), tuple(differences))


class _Playing:
    def __init__(self, upstream: Upstream, accounts: dict[str, AccountControl]) -> None:
        self._upstream = upstream
        self._accounts = accounts
        self._comparison = Comparison()
        self._has_balance: set[str] = set()

    def play(self, said: DecodedExchange) -> list[Difference] | None:
        """What differs; None where there is nothing to compare with."""
        exchange = said.exchange
        if exchange.ending is Ending.UNREACHABLE or said.hung_on_others:
            return None
        account = self._accounts.get(said.userid)
        if account is not None:
            # The clocks of who recorded and who answered need not have agreed.
            account.freeze(max([exchange.at, *self._let_in(said, account)]))
        replayed = self._ask(exchange)
        if account is not None and inferred_accounts.is_info(said) and said.userid not in self._has_balance:
            self._has_balance.add(said.userid)
            if _balance(said, understood(replayed), account):
                replayed = self._ask(exchange)
        if exchange.ending is not Ending.ANSWERED:
            return None
        return list(self._comparison.differences(exchange, replayed))

    def _ask(self, exchange: Exchange) -> Exchange:
        target = exchange.path.encode("latin-1") + (b"?" + exchange.query if exchange.query else b"")
        headers = [(b"Content-Type", exchange.content_type.encode("latin-1"))] if exchange.content_type else []
        answered = self._upstream.ask(exchange.method, target, headers, exchange.body)
        if answered.ending is Ending.UNREACHABLE:
            raise Unreachable(answered.reason)
        return with_answer(replace(exchange, status=None, answer=b"", answer_type="", reason=""), answered)

    def _let_in(self, said: DecodedExchange, account: AccountControl) -> Iterator[datetime]:
        """Let in what was fetched; when each thing came in."""
        for item in said.reply.items if said.reply else ():
            match item:
                case Report():
                    account.freeze(item.recvtime + _WITHIN)
                    self._report(item, account)
                    yield item.recvtime + _WITHIN
                case Upmsg():
                    account.freeze(item.motime + _WITHIN)
                    spcode = item.spnumber.removeprefix(account.status().settings.spnumber)
                    account.reply(item.phone.strip(), item.msgcontent, spcode=spcode)
                    yield item.motime + _WITHIN
                case _:
                    pass

    def _report(self, report: Report, account: AccountControl) -> None:
        msgid = self._comparison.replayed_msgid(report.msgid)
        # One handed out before, or of a message that is not accepted here, comes as a stray one.
        with suppress(ControlError):
            if msgid is not None:
                account.settle(msgid, report.status, report.info)
                return
        phone = report.phone.strip()
        account.add_report(msgid or report.msgid, phone, linkid=report.linkid, status=report.status, info=report.info)


def _balance(recorded: DecodedExchange, replayed: DecodedExchange, account: AccountControl) -> bool:
    """Let an account have what the first info shows to be left; whether that changed anything."""
    riches = [
        int(item.riches)
        for said in (recorded, replayed)
        for item in (said.reply.items if said.reply else ())
        if isinstance(item, AccountInfo) and item.riches.isdecimal()
    ]
    if len(riches) != 2 or riches[0] == riches[1]:  # noqa: PLR2004 - of both
        return False
    account.change(balance=max(account.status().settings.balance + riches[0] - riches[1], 0))
    return True
