"""A send whose requests are in progress at the same time, without threads or an event loop."""

from collections import deque
from collections.abc import Iterator

from ccell_fake.client import calls, results
from ccell_fake.client.errors import ClientError, OutcomeUnknown
from ccell_fake.client.gateway import GatewayCalls
from ccell_fake.client.results import Sent
from ccell_fake.client.steps import Plan
from ccell_fake.client.submits import split_requests
from ccell_fake.model import Submit


class ParallelSend:
    """Requests that workers share, and their results in the order of the numbers.

    No further request begins after an error. Requests in progress are finished.
    """

    def __init__(self, gateway: GatewayCalls, submits: tuple[Submit, ...]) -> None:
        self._gateway = gateway
        self._requests = split_requests(submits)
        self._todo = deque(enumerate(self._requests))
        self._begun: set[int] = set()
        self._outcomes: dict[int, Sent | ClientError] = {}
        self._foreign: Exception | None = None

    def __len__(self) -> int:
        """Number of requests."""
        return len(self._requests)

    def plans(self) -> Iterator[tuple[int, Plan[Sent]]]:
        """Take requests until there are none left. Each worker iterates over plans of its own."""
        while True:
            # Another worker may take the last one after any check.
            try:
                place, request = self._todo.popleft()
            except IndexError:
                return
            self._begun.add(place)
            yield place, calls.send(self._gateway, request, None)

    def add(self, place: int, part: Sent) -> None:
        """Record the result of a request."""
        self._outcomes[place] = part

    def fail(self, place: int, error: Exception) -> None:
        """Record the error of a request, or of the function that is told the progress."""
        self.stop()
        if isinstance(error, ClientError):
            self._outcomes[place] = error
        else:
            self._foreign = self._foreign or error

    def stop(self) -> None:
        """Begin no further request."""
        self._todo.clear()

    def result(self) -> Sent:
        """All results as one.

        Raises:
            ClientError: A request failed. The error of the first such request carries the progress of all.
        """
        if self._foreign is not None:
            self.note(self._foreign)
            raise self._foreign
        errors = [self._outcomes[place] for place in sorted(self._outcomes)]
        for error in errors:
            if isinstance(error, ClientError):
                self._record_progress(error)
                raise error
        return self._done()

    def note(self, error: BaseException) -> None:
        """Add the progress to an error that is not the client's, such as an interrupt."""
        interrupted = OutcomeUnknown("send: interrupted")
        self._record_progress(interrupted)
        error.add_note(str(interrupted))

    def _done(self) -> Sent:
        outcomes = (self._outcomes[place] for place in sorted(self._outcomes))
        return results.merge(one for one in outcomes if isinstance(one, Sent))

    def _record_progress(self, error: ClientError) -> None:
        done = self._done()
        unknown: list[Submit] = []
        unsent: list[Submit] = []
        for place, request in enumerate(self._requests):
            match self._outcomes.get(place):
                case ClientError() as failed:
                    unknown.extend(failed.unknown)
                    unsent.extend(failed.unsent)
                case None:
                    (unknown if place in self._begun else unsent).extend(request)
                case Sent():
                    pass
        error.resps, error.unanswered, error.malformed = done.resps, done.unanswered, done.malformed
        error.unknown, error.unsent = tuple(unknown), tuple(unsent)
