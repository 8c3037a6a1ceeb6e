"""Replay a run: send each request again at its own time, one after the other, and compare the answers.

A signed request is signed anew, because a recording shows neither its sign nor its password. Recorded reports and
upstream messages are added to the account before the request that fetched them, at their recorded
times, so that answers to fetches can be compared.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ccell_fake.control.account import non_defaults
from ccell_fake.control.client import AccountControl, ControlClient, ControlError, Unreachable
from ccell_fake.model import AccountInfo, Operation, Report, Upmsg
from ccell_fake.settings import AccountSettings
from ccell_fake.signing import sign
from ccell_fake.transcripts import Comparison, Difference, Ending, Exchange, RecordedRun
from ccell_mock_server.proxy.exchanges import DecodedExchange, add_answer, decode
from ccell_mock_server.proxy.inferred_accounts import infer_accounts, is_authenticated
from ccell_mock_server.proxy.upstream import Upstream

_FIRST_STRAY_MSGID = 900_000_000_000_000_000

_END_OF_SECOND = timedelta(seconds=1, microseconds=-1)
"""Recorded times have whole seconds. Items are added at the end of theirs, after messages sent in the same second."""

SettingsChooser = Callable[[AccountSettings], AccountSettings]
"""Returns the settings to open an account with, from the inferred settings."""


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """The result of replaying a run.

    Attributes:
        run: The run.
        compared: Number of compared answers.
        skipped: Numbers of exchanges without comparison: not sent, not answered, or over the thread limit.
        differences: The differences.
    """

    run: RecordedRun
    compared: int
    skipped: tuple[int, ...]
    differences: tuple[Difference, ...]


def replay(
    run: RecordedRun,
    upstream: Upstream,
    control: ControlClient,
    choose_settings: SettingsChooser = lambda inferred: inferred,
) -> ReplayResult:
    """Replay a run against an emulator. Its accounts are opened for the run and removed afterwards.

    Args:
        run: The run.
        upstream: The emulator.
        control: The emulator's control API.
        choose_settings: Returns the final settings of an account.

    Raises:
        ControlError: An account cannot be opened, for example because its userid exists already.
        Unreachable: The emulator cannot be reached.
    """
    with ExitStack() as stack:
        accounts: dict[str, AccountControl] = {}
        passwords: dict[str, str] = {}
        for inferred in infer_accounts(run):
            settings = choose_settings(inferred)
            account = control.open(non_defaults(settings))
            stack.callback(account.close)
            accounts[inferred.userid] = account
            # The emulator shows only a password that it has made.
            passwords[inferred.userid] = settings.password or account.password
        player = _Player(upstream, accounts, passwords)
        differences: list[Difference] = []
        skipped: list[int] = []
        for exchange in run.exchanges:
            result = player.play(decode(exchange))
            if result is None:
                skipped.append(exchange.number)
            else:
                differences += result
    return ReplayResult(run, len(run.exchanges) - len(skipped), tuple(skipped), tuple(differences))


class _Player:
    def __init__(self, upstream: Upstream, accounts: dict[str, AccountControl], passwords: dict[str, str]) -> None:
        self._upstream = upstream
        self._passwords = passwords
        self._accounts = accounts
        self._comparison = Comparison()
        self._has_balance: set[str] = set()
        self._stray_msgids: dict[str, str] = {}

    def play(self, recorded: DecodedExchange) -> list[Difference] | None:
        """Replay an exchange and return the differences. Returns None if there is nothing to compare."""
        exchange = recorded.exchange
        if exchange.ending is Ending.UNREACHABLE or recorded.is_over_thread_limit:
            return None
        account = self._accounts.get(recorded.userid)
        if account is not None:
            # The clocks of the recorder and the gateway may have differed.
            account.freeze(max([exchange.at, *self._add_fetched_items(recorded, account)]))
        signed = self._signed_anew(recorded)
        replayed = self._send(signed)
        is_info = exchange.operation is Operation.INFO and recorded.reply is not None and bool(recorded.reply.items)
        if account is not None and is_info and recorded.userid not in self._has_balance:
            self._has_balance.add(recorded.userid)
            if _adjust_balance(recorded, decode(replayed), account):
                replayed = self._send(signed)
        if exchange.ending is not Ending.ANSWERED:
            return None
        return list(self._comparison.differences(exchange, replayed))

    def _signed_anew(self, recorded: DecodedExchange) -> Exchange:
        """Return a request with the sign of the replayed account. A sign that was refused stays."""
        exchange, request, password = recorded.exchange, recorded.request, self._passwords.get(recorded.userid)
        if request is None or not request.sign or password is None or not is_authenticated(recorded):
            return exchange
        old, new = request.sign.encode(), sign(request.seqid or "", password).encode()
        return replace(exchange, query=exchange.query.replace(old, new), body=exchange.body.replace(old, new))

    def _send(self, exchange: Exchange) -> Exchange:
        target = exchange.path.encode("latin-1") + (b"?" + exchange.query if exchange.query else b"")
        headers = [(b"Content-Type", exchange.content_type.encode("latin-1"))] if exchange.content_type else []
        answer = self._upstream.forward(exchange.method, target, headers, exchange.body)
        if answer.ending is Ending.UNREACHABLE:
            raise Unreachable(answer.reason)
        return add_answer(replace(exchange, status=None, answer=b"", answer_type="", reason=""), answer)

    def _add_fetched_items(self, recorded: DecodedExchange, account: AccountControl) -> Iterator[datetime]:
        """Add the items that a request fetched, and return their times."""
        for item in recorded.reply.items if recorded.reply else ():
            if isinstance(item, Report):
                at = item.recvtime + _END_OF_SECOND
                account.freeze(at)
                self._add_report(item, account)
                yield at
            elif isinstance(item, Upmsg):
                at = item.motime + _END_OF_SECOND
                account.freeze(at)
                spcode = item.spnumber.removeprefix(account.status().settings.spnumber)
                account.reply(item.phone.strip(), item.msgcontent, spcode=spcode)
                yield at

    def _add_report(self, report: Report, account: AccountControl) -> None:
        msgid = self._comparison.replayed_msgid(report.msgid)
        # A repeated report, or one of a message that was not accepted here, becomes a stray report.
        with suppress(ControlError):
            if msgid is not None:
                account.settle(msgid, report.status, report.info)
                return
        # The recorded gateway may have msgids that the emulator cannot have. A comparison only wants one for each.
        stray = self._stray_msgids.setdefault(report.msgid, f"{_FIRST_STRAY_MSGID + len(self._stray_msgids)}")
        phone = report.phone.strip()
        account.add_report(msgid or stray, phone, linkid=report.linkid, status=report.status, info=report.info)


def _adjust_balance(recorded: DecodedExchange, replayed: DecodedExchange, account: AccountControl) -> bool:
    """Set the balance that the first info shows. Returns whether it changed."""
    riches = [
        int(item.riches)
        for decoded in (recorded, replayed)
        for item in (decoded.reply.items if decoded.reply else ())
        if isinstance(item, AccountInfo) and item.riches.isdecimal()
    ]
    if len(riches) != 2 or riches[0] == riches[1]:  # noqa: PLR2004 - one of each exchange
        return False
    account.change(balance=riches[0])
    return True
