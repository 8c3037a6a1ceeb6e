"""A live service as the target of a machine: few messages, only to your own numbers, and nothing sent twice."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from ccell_fake.client import Client
from ccell_fake.client.writing import parse_base_url
from ccell_fake.clock import SystemClock
from ccell_fake.codes import Code
from ccell_fake.contract.live.allowances import Budget, WaitAllowance
from ccell_fake.contract.live.settings import LiveSettings, LiveSettingsError
from ccell_fake.faults import Fault
from ccell_fake.proxies import exempted
from ccell_fake.stateful import GatewayRequest, NothingTried, Opened, Plan, Spent, StepFault
from ccell_mock_server.http.server import HttpServer
from ccell_mock_server.live.permit import Permit
from ccell_mock_server.live.relay import Relay
from ccell_mock_server.proxy.upstream import Upstream

_MICROSECONDS = 1_000_000


@contextmanager
def live_target(  # noqa: PLR0913 - keyword-only permissions
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
    """Provide a live service for testing an integration: `stateful.run(Machine, target)`.

    The integration reaches the gateway through a local relay. The relay forwards no request that may cost something not
    allowed. Messages are counted as charged, before they are sent. Sends get 1001002 and no further run starts when
    the budget is spent. A failure is never sent again to shorten it.

    Args:
        url: Address of the gateway, with or without the path of its endpoints.
        userid: The account.
        password: Its password.
        phones: Your own numbers, 11 digits each. Messages go only to these.
        budget: Number of messages to send in all, or a Budget to share.
        drain: Allow fetching reports and upstream messages, which nobody else gets then. Items that are waiting when a
            run begins are discarded.
        patience: Seconds to wait for missing reports in each run.
        messages: Maximum number of messages in a run.
        authority: Trusted certificates, PEM. The default is the system's.
        timeout: Seconds to wait for an answer.

    Raises:
        LiveError: A setting is missing or invalid.
        ClientError: info fails for the account.
        NothingTried: At the end, if the gateway accepted no message.
    """
    if messages < 1 or (isinstance(budget, int) and budget < 1):
        message = f"messages and budget must be positive, got {messages} and {budget}"
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
            cacert=str(authority or ""),
        )
        address = parse_base_url(url)
        upstream = stack.enter_context(
            closing(Upstream(address, {urlsplit(address).hostname or ""}, authority, timeout))
        )
        permit = Permit(userid, password, phones=phones, budget=budget, drain=drain)
        relay = Relay(upstream, permit, SystemClock())
        server = stack.enter_context(HttpServer(relay))
        stack.enter_context(exempted(server.url))
        client = stack.enter_context(Client(address, userid, password, timeout=timeout, transport=live.transport()))
        # An unusable account must fail before the first run.
        client.info()
        yield LiveTarget(live, relay, server.url, client, messages)
        _discard_requests(relay)
        if Code.SUCCESS not in relay.verdicts:
            codes = ", ".join(relay.verdicts) or "the integration sent none"
            message = f"the gateway accepted no message: {codes}"
            raise NothingTried(message)


def _discard_requests(relay: Relay) -> None:
    """Discard earlier requests, so that the next run does not get them.

    Raises:
        Finding: One of them must not have happened.
    """
    for _ in relay.requests():
        pass


class LiveTarget:
    """A live service, reached through a relay.

    Attributes:
        is_repeatable: False; no run is repeated.
        phones: The only numbers that may be sent to.
    """

    def __init__(self, live: LiveSettings, relay: Relay, url: str, client: Client, messages: int) -> None:
        """Use the relay at `url`; `client` reaches the gateway itself. `messages` limits each run."""
        self.is_repeatable: bool = False
        self.phones: Sequence[str] = live.phones
        self._live = live
        self._relay = relay
        self._url = url
        self._client = client
        self._messages = messages
        # Reports of earlier runs and targets may still arrive, so their numbers are not used again.
        self._next = int(SystemClock().now().timestamp() * _MICROSECONDS)

    def open(self, plan: Plan) -> Opened:  # noqa: ARG002 - a live account cannot be changed
        """Begin a run. Discard waiting items if fetching is allowed.

        Raises:
            Spent: The budget is spent.
        """
        if not self._live.budget.left:
            message = "the budget is spent"
            raise Spent(message)
        if "drain" in self._live.allowed:
            self._client.reports()
            self._client.upmsgs()
        _discard_requests(self._relay)
        opened = _LiveAccount(self._live, self._relay, self._url, self._next, self._messages)
        self._next += opened.allowance
        return opened


class _LiveAccount:
    driver = None

    def __init__(self, live: LiveSettings, relay: Relay, url: str, first: int, messages: int) -> None:
        self.url = url
        self.userid = live.userid
        self.password = live.password
        self.may_fetch = "drain" in live.allowed
        self.allowance = messages
        self.first_number = first
        self._relay = relay
        self._patience = WaitAllowance(live.patience, live.pause)
        relay.is_open = True

    @property
    def now(self) -> datetime:
        return SystemClock().now().replace(microsecond=0)

    def supports(self, fault: StepFault) -> bool:
        return isinstance(fault, Fault) and self._relay.supports(fault)

    def busy(self) -> AbstractContextManager[object]:
        return nullcontext()

    def wait_until_idle(self) -> None:
        pass

    def count_requests(self) -> int:
        return 0

    def arrange(self, fault: Fault) -> None:
        self._relay.arrange(fault)

    def clear_faults(self) -> None:
        self._relay.clear_faults()

    def requests(self, is_own: Callable[[str], bool]) -> Iterator[GatewayRequest]:  # noqa: ARG002 - all are
        return self._relay.requests()

    def wait_for_more(self) -> bool:
        return self._patience.wait()

    def close(self) -> None:
        self._relay.is_open = False
        self._relay.clear_faults()
