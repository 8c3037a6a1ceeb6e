"""Record requests that reach no endpoint because of their path or method, in the journal, the metrics and the log."""

import logging
import re
from collections.abc import Container
from difflib import get_close_matches
from functools import partial
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ccell_fake.clock import elapsed, in_micros
from ccell_fake.engine.answer import WHOLE, cut_text
from ccell_fake.engine.gateway import Gateway
from ccell_fake.inspection import JournalEntry
from ccell_fake.model import Operation
from ccell_fake.wire import secrets
from ccell_mock_server.gateway.handler import passwords_of
from ccell_mock_server.metrics import Metrics

_LOG = logging.getLogger("ccell_fake.gateway")
_PLAIN = re.compile(r"[\w./~-]{1,200}", re.ASCII)
_PATHS = [operation.path for operation in Operation]
# Label of the metrics.
_NO_OPERATION = "none"


class UnroutedRequest(NamedTuple):
    """A request that reaches no endpoint.

    Attributes:
        has_path: Whether an endpoint has its path, but does not take its method.
        received_at: When the request was received, by `elapsed`.
    """

    method: str
    path: str
    query: bytes
    body: bytes
    peer: str
    received_at: float
    has_path: bool

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return 405 if self.has_path else 404


def record(gateway: Gateway, metrics: Metrics, request: UnroutedRequest, answer: str) -> None:
    """Record a request, which is answered with its status and a text."""
    status, hide = f"{request.status}", partial(secrets.hide, secrets=tuple(passwords_of(gateway.accounts)))
    explanation = hide(_explain(request))
    duration = elapsed() - request.received_at
    entry = JournalEntry(
        at=gateway.accounts.clock.now(),
        operation=None,
        peer=request.peer,
        place="",
        request=cut_text(hide(_legible(request, gateway.accounts))),
        answer=answer,
        delivery=WHOLE,
        items=0,
        code=status,
        rule="method" if request.has_path else "path",
        basis="",
        explanation=f"{status}: {explanation}",
        duration=in_micros(duration),
    )
    try:
        gateway.record(entry)
    except Exception:  # noqa: BLE001 - it is logged, and the answer does not depend on it
        _LOG.exception("a request could not be recorded")
    metrics.count(_NO_OPERATION, status, duration)
    _LOG.info("%s answered %s\n  %s", _plain(request.method), status, explanation)


def _legible(request: UnroutedRequest, userids: Container[str]) -> str:
    """The request without secrets, which may be anywhere but in a path of plain characters."""
    payloads = (secrets.legible(data, userids) for data in (unquote_to_bytes(request.query), request.body) if data)
    return " ".join((_plain(request.method), _plain(request.path), *payloads))


def _plain(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else secrets.HIDDEN


def _explain(request: UnroutedRequest) -> str:
    path = _plain(request.path)
    if request.has_path:
        return f"{path} takes GET and POST, got {_plain(request.method)}"
    similar = get_close_matches(path, _PATHS, 1)
    hint = f"did you mean {similar[0]}?" if similar else f"there are {', '.join(_PATHS)}"
    return f"there is no {path!r}; {hint}"
