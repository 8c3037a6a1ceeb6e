"""A live gateway as the machine tries an integration on it: few messages, to one's own numbers, and nothing twice."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ccell_fake.client import Client
from ccell_fake.client.gateway import parse_base_url
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.contract.live.budget import Budget
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError
from ccell_fake.contract.live.waiting import WaitAllowance
from ccell_fake.faults import Fault
from ccell_fake.stateful import GatewayRequest, Opened, Spent
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.live.permit import Permit
from ccell_mock_server.live.relay import Relay
from ccell_mock_server.proxy.upstream import Upstream

_A_SECOND = 1_000_000


class NothingTried(AssertionError):
    """The gateway accepted no message: nothing was found out about the integration."""


@contextmanager
def live_target(  # noqa: PLR0913 - what is allowed is allowed by name
    url: str,
    userid: str,
    password: str,
    *,
    phones: Sequence[str],
    budget: int | Budget,
    drain: bool = False,
    patience: float = 0.0,
    messages: int = 4,
    authority: Path | None = None,
    timeout: float = 60.0,
) -> Generator["LiveTarget"]:
    """Have a live gateway for the machine to try an integration on: `stateful.run(Machine, target)`.

    The integration reaches the gateway through a relay on this machine. No request passes that may cost what was not
    allowed; messages are counted as they are charged, before they leave. Once they are spent, sends are refused with
    1001002, and there are no more runs. Nothing is sent again to find a shorter way to a failure.

    Args:
        url: Where the gateway is, with or without the path of its endpoints.
        userid: The account.
        password: Its password.
        phones: One's own numbers, by their 11 digits; the only ones that messages go to.
        budget: How many messages may be sent in all; a Budget where others take from the same.
        drain: Fetch reports and upstream messages, which nobody else finds then. Those that wait when a run begins are
            thrown away.
        patience: Seconds to wait in each run for reports that have not come in.
        messages: How many messages a run hands over at most.
        authority: Whose certificates to trust, PEM; those the host trusts unless given.
        timeout: Seconds to wait for an answer.

    Raises:
        LiveError: Something is missing, or cannot be.
        ClientError: The account cannot be asked.
        NothingTried: At the end, where the gateway accepted no message.
    """
    if messages < 1 or (isinstance(budget, int) and budget < 1):
        message = "there is at least one message to send, in a run and in all"
        raise LiveSettingsError(message)
    with ExitStack() as stack:
        if not isinstance(budget, Budget):
            folder = stack.enter_context(TemporaryDirectory(prefix="ccell-"))
            budget = Budget.create(Path(folder) / "budget.sqlite", budget)
        live = LiveSettings(
            url=url,
            userid=userid,
            password=password,
            budget=budget,
            allowed=frozenset({"sms", "drain"} if drain else {"sms"}),
            phones=tuple(phones),
            patience=patience,
            authority=str(authority or ""),
        )
        address = parse_base_url(url)
        upstream = stack.enter_context(
            closing(Upstream(address, {urlsplit(address).hostname or ""}, authority, timeout))
        )
        permit = Permit(userid, password, phones=phones, budget=budget, drain=drain)
        relay = Relay(upstream, permit, SystemClock())
        server = stack.enter_context(HttpServer(relay))
        client = stack.enter_context(Client(address, userid, password, timeout=timeout, transport=live.transport()))
        # What keeps an account from being asked is said before anything is tried.
        client.info()
        yield LiveTarget(live, relay, server.url, client, messages)
        _look_at(relay)
        if Code.SUCCESS not in relay.verdicts:
            codes = ", ".join(relay.verdicts) or "it was asked to send none"
            message = f"the gateway accepted no message: {codes}"
            raise NothingTried(message)


def _look_at(relay: Relay) -> None:
    """Let nothing that passed so far be taken for the next run's.

    Raises:
        Finding: Something must not have been.
    """
    for _ in relay.passed():
        pass


class LiveTarget:
    """A gateway behind a relay.

    Attributes:
        is_repeatable: Nothing is tried again.
    """

    def __init__(self, live: LiveSettings, relay: Relay, url: str, client: Client, messages: int) -> None:
        """Run against a gateway.

        Args:
            live: The account, and what may be done with it.
            relay: What stands before it.
            url: Where the relay is.
            client: What asks the gateway itself.
            messages: How many messages a run hands over at most.
        """
        self.is_repeatable: bool = False
        self._live = live
        self._relay = relay
        self._url = url
        self._client = client
        self._messages = messages
        # Numbers of earlier runs, and of earlier targets, are not used again: their reports may still come in.
        self._next = int(SystemClock().now().timestamp() * _A_SECOND)

    def open(self, balance: int, report_delay: timedelta) -> Opened:  # noqa: ARG002 - nothing can be arranged
        """Begin a run with what has come in thrown away, where that is allowed.

        Raises:
            Spent: No message is left.
        """
        if not self._live.budget.left:
            message = "the budget is spent"
            raise Spent(message)
        if "drain" in self._live.allowed:
            self._client.reports()
            self._client.upmsgs()
        _look_at(self._relay)
        opened = _LiveAccount(self._live, self._relay, self._url, self._next, self._messages)
        self._next += opened.allowance
        return opened


class _LiveAccount:
    driver = None

    def __init__(self, live: LiveSettings, relay: Relay, url: str, first: int, messages: int) -> None:
        self.url = url
        self.userid = live.userid
        self.password = live.password
        self.phones = live.phones
        self.may_fetch = "drain" in live.allowed
        self.allowance = messages
        self.first_number = first
        self._relay = relay
        self._patience = WaitAllowance(live.patience)
        relay.is_open = True

    @property
    def now(self) -> datetime:
        return SystemClock().now().replace(microsecond=0)

    def supports(self, fault: Fault) -> bool:
        return self._relay.takes(fault)

    def arrange(self, fault: Fault) -> None:
        self._relay.arrange(fault)

    def clear_faults(self) -> None:
        self._relay.calm()

    def requests(self) -> Iterator[GatewayRequest]:
        return self._relay.passed()

    def wait_for_more(self) -> bool:
        return self._patience.is_worth_waiting()

    def close(self) -> None:
        self._relay.is_open = False
        self._relay.calm()
