"""An account that is asked with: by the real client, and by bytes of one's own."""

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TypeVar
from xml.sax.saxutils import quoteattr

import httpx2

from ccell_fake.client import Client
from ccell_fake.client.gateway import parse_base_url
from ccell_fake.contract.arranger import Arranger
from ccell_fake.contract.known_account import KnownAccount
from ccell_fake.contract.needs import NotAsked
from ccell_fake.contract.raw_answer import RawAnswer
from ccell_fake.contract.recording import Recording
from ccell_fake.model import Operation

Item = TypeVar("Item")

_XML = "text/xml; charset=UTF-8"
_SECONDS = 90.0


class NothingCame(AssertionError):
    """What a gateway brings about by itself did not come, and there is no later at which it may."""


class ContractAccount:
    """One account of a target.

    Attributes:
        userid: Who it is.
        password: Its password.
        standing: What is known of it.
        arranger: What moves the world around it.
        client: The real client, which repeats nothing.
    """

    def __init__(
        self, url: str, userid: str, password: str, *, standing: KnownAccount, arranger: Arranger, transport: Recording
    ) -> None:
        """Ask with an account.

        Args:
            url: Where the gateway is.
            userid: Who it is.
            password: Its password.
            standing: What is known of it.
            arranger: What moves the world around it.
            transport: What carries requests, and keeps them.
        """
        self.userid = userid
        self.password = password
        self.standing = standing
        self.arranger = arranger
        self.client: Client = Client(url, userid, password, transport=transport, threads=16)
        self._url = parse_base_url(url)
        self._transport = transport

    def __repr__(self) -> str:
        """Without the password, and without the account."""
        return "<Account>"

    def only_recorded(self) -> None:
        """From now on, let no new request out, as `Recording.only_recorded` has it."""
        self._transport.only_recorded()

    def close(self) -> None:
        """It is needed no more."""
        self.client.close()
        self.arranger.close()

    @property
    def own(self) -> tuple[str, ...]:
        """Numbers it may send to."""
        return self.standing.own

    @property
    def answering(self) -> str:
        """A phone that can be let send messages to the account."""
        return (*self.standing.answering, *self.own)[0]

    def root(self, inner: str = "", **attributes: str | None) -> str:
        """A request's payload with the account's credential, or with other attributes; None leaves one out."""
        credential: dict[str, str | None] = {"userid": self.userid, "password": self.password}
        return f"<root{_rendered({**credential, **attributes})}>{inner}</root>"

    def submits(self, *submits: dict[str, str | None]) -> str:
        """What stands in the root of a send, of submits made of these attributes; None leaves one out."""
        return "".join(f"<submit{_rendered(submit)}/>" for submit in submits)

    def send(self, *submits: dict[str, str | None]) -> RawAnswer:
        """Send submits made of these attributes, in their order; None leaves one out."""
        return self.post(Operation.SEND, self.root(self.submits(*submits)))

    def post(self, operation: Operation, payload: str | bytes, content_type: str = _XML) -> RawAnswer:
        """Ask with a payload in the body of a POST."""
        body = payload.encode() if isinstance(payload, str) else payload
        return self._heard(
            operation, httpx2.Request("POST", self._at(operation), content=body, headers={"Content-Type": content_type})
        )

    def get(self, operation: Operation, query: str) -> RawAnswer:
        """Ask with a query as it stands in the request line: printable ASCII without blanks."""
        url = httpx2.URL(self._at(operation)).copy_with(query=query.encode())
        target = f"{url.path}?{query}".encode()
        return self._heard(operation, httpx2.Request("GET", url, extensions={"target": target}))

    def _at(self, operation: Operation) -> str:
        return self._url + operation.path

    def _heard(self, operation: Operation, request: httpx2.Request) -> RawAnswer:
        request.extensions["timeout"] = httpx2.Timeout(_SECONDS).as_dict()
        response = self._transport.handle_request(request)
        return RawAnswer(operation, response.status_code, dict(response.headers), response.read())

    def left(self) -> int:
        """Messages that may still be sent, credit included."""
        info = self.client.info()
        return info.riches + info.credit

    def until(self, fetch: Callable[[], Sequence[Item]], count: int = 1) -> list[Item]:
        """What was fetched, as soon as it is so much.

        Raises:
            NothingCame: It is less, where nothing lets it wait.
            NotAsked: It is less once there is no waiting for it any longer.
        """
        found = self.so_far(fetch, count)
        if len(found) < count:
            message = f"needs what the gateway brings about by itself: {count} were waited for, {len(found)} came"
            raise NothingCame(message) if "prompt" in self.standing.abilities else NotAsked(message)
        return found

    def so_far(self, fetch: Callable[[], Sequence[Item]], count: int = 1) -> list[Item]:
        """What was fetched, as soon as it is so much, or once there is no waiting for it any longer."""
        found = list(fetch())
        while len(found) < count and self.arranger.is_worth_waiting():
            found += fetch()
        return found

    def wait_out(self) -> None:
        """Wait as long as there is any waiting, for everything that the gateway brings about by itself."""
        while self.arranger.is_worth_waiting():
            pass

    def crowd(self, requests: int, operation: Operation | None = None) -> AbstractContextManager[object]:
        """Keep so many requests in progress, as `Arranger.crowd` does."""
        return self.arranger.crowd(requests, operation)

    def at_once(self, asks: Sequence[Callable[[], RawAnswer]]) -> list[RawAnswer]:
        """What is heard where all of these are asked at the same moment, each in a thread of its own."""
        barrier = threading.Barrier(len(asks))
        heard: dict[int, RawAnswer] = {}
        errors: list[BaseException] = []

        def ask(place: int) -> None:
            try:
                barrier.wait(_SECONDS)
                heard[place] = asks[place]()
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
                errors.append(error)

        threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(asks))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return [heard[place] for place in range(len(asks))]


def _rendered(attributes: dict[str, str | None]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value is not None)
