"""Record requests that reach no endpoint, in the journal, the metrics and the log.

Their path or method is wrong, a browser marks them as cross-site, or the server refuses them.
"""

import logging
import re
from collections.abc import Container
from difflib import get_close_matches
from functools import partial
from http.client import FORBIDDEN, METHOD_NOT_ALLOWED, NOT_FOUND
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ccell_fake.clock import elapsed, in_micros
from ccell_fake.engine.answer import WHOLE, cut_text, describe_basis
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.gateway import Gateway
from ccell_fake.inspection import JournalEntry
from ccell_fake.wire import doors, secrets
from ccell_mock_server.gateway.handler import NO_OPERATION, passwords_of
from ccell_mock_server.metrics import Metrics

_LOG = logging.getLogger("ccell_fake.gateway")
_PLAIN = re.compile(r"[\w./~-]{1,200}", re.ASCII)
_RULES = {FORBIDDEN: "cross-site", NOT_FOUND: "path", METHOD_NOT_ALLOWED: "method"}
QUERY_LENGTH = "query-length"
"""The rule that refuses a long query (Q58)."""


class UnroutedRequest(NamedTuple):
    """A request that reaches no endpoint.

    Attributes:
        received_at: When the request was received, by `elapsed`.
        status: The HTTP status of the answer.
        reason: Why the server refuses it; empty if its path or method is wrong.
        ground: The question that decides this; empty if none does.
    """

    method: str
    path: str
    query: bytes
    body: bytes
    peer: str
    received_at: float
    status: int
    reason: str = ""
    ground: str = ""

    @property
    def rule(self) -> str:
        """The name of the rule that refuses it."""
        return QUERY_LENGTH if self.ground == "Q58" else _RULES.get(self.status, "http")

    def basis(self, answers: Answers) -> str:
        """Return the basis of the refusal, such as `assumed Q57`; empty if no question decides it."""
        return describe_basis((self.ground,), answers) if self.ground else ""


def headers(request: UnroutedRequest, answers: Answers) -> list[tuple[str, str]]:
    """Return the HTTP headers with the rule and the basis of a refusal."""
    return [("X-CCell-Rule", request.rule), ("X-CCell-Basis", request.basis(answers))]


def record(gateway: Gateway, metrics: Metrics, request: UnroutedRequest, answer: str) -> None:
    """Record a request, which is answered with its status and a text."""
    status, hide = f"{request.status}", partial(secrets.hide, secrets=tuple(passwords_of(gateway.accounts.known())))
    explanation = hide(_explain(request))
    duration = elapsed() - request.received_at
    entry = JournalEntry(
        at=gateway.accounts.clock.now(),
        operation=None,
        door=None,
        peer=request.peer,
        place="",
        request=cut_text(hide(_legible(request, gateway.accounts))),
        answer=answer,
        delivery=WHOLE,
        items=0,
        code=status,
        rule=request.rule,
        basis=request.basis(gateway.accounts.answers),
        explanation=f"{status}: {explanation}",
        duration=in_micros(duration),
    )
    try:
        gateway.record(entry)
    except Exception:  # noqa: BLE001 - it is logged, and the answer does not depend on it
        _LOG.exception("a request could not be recorded")
    metrics.count(NO_OPERATION, status, duration)
    _LOG.info("%s answered %s\n  %s", _plain(request.method), status, explanation)


def from_line(line: bytes, status: int, reason: str, peer: str) -> UnroutedRequest:
    """Return a request that the server refuses before it is complete. Its first line may be malformed or cut."""
    method, path, *_ = *line.split(b"?", 1)[0].decode(errors="replace").split(), "", ""
    return UnroutedRequest(method, path, b"", b"", peer, elapsed(), status, reason)


def _legible(request: UnroutedRequest, userids: Container[str]) -> str:
    """The request without secrets, which may be anywhere but in a path of plain characters."""
    payloads = (secrets.legible(data, userids) for data in (unquote_to_bytes(request.query), request.body) if data)
    return " ".join((*(_plain(one) for one in (request.method, request.path) if one), *payloads))


def _plain(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else secrets.HIDDEN


def _explain(request: UnroutedRequest) -> str:
    path = _plain(request.path)
    if request.reason:
        return request.reason
    if request.status == METHOD_NOT_ALLOWED:
        return f"{path} takes GET and POST, got {_plain(request.method)}"
    similar = get_close_matches(path, doors.PATHS, 1)
    hint = f"did you mean {similar[0]}?" if similar else f"there are {', '.join(doors.PATHS)}"
    return f"there is no {path!r}; {hint}"
