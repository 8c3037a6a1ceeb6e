"""Access to the control API: by token or from this machine, and never by a page of another site."""

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Response, request

from ccell_mock_server.config.settings import is_loopback
from ccell_mock_server.control.problems import problem
from ccell_mock_server.control.responses import refuse
from ccell_mock_server.http.paths import CONTROL_PREFIX

_SCHEME = "bearer"
_PAGES = tuple(f"{CONTROL_PREFIX}{name}" for name in ("openapi.json", "docs", "swagger", "console/"))
_OWN_SITES = {None, "same-origin", "none"}


def guard(control_token: str) -> Callable[[], Response | None]:
    """Make the check of each request. It returns a refusal, or None.

    With a token, a request must have it. Without, a request must come from this machine by a loopback name: another
    name that leads here is DNS rebinding.
    """

    def check() -> Response | None:
        return _check_origin() or (_check_token(control_token) if control_token else _check_is_local())

    return check


def _check_token(control_token: str) -> Response | None:
    if request.path == CONTROL_PREFIX or request.path.startswith(_PAGES):
        # They contain no data.
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME:
        token = ""
    if hmac.compare_digest(token.encode(errors="replace"), control_token.encode()):
        return None
    detail = "must have the header Authorization: Bearer with the control token"
    return refuse(problem(401, detail), {"WWW-Authenticate": "Bearer"})


def _check_is_local() -> Response | None:
    if not is_loopback(request.remote_addr or ""):
        return refuse(problem(403, "without a control token, requests must come from this machine"))
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        detail = f"without a control token, Host must be a loopback name such as 127.0.0.1, got {host[:80]!r}"
        return refuse(problem(403, detail))
    return None


def _check_origin() -> Response | None:
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    if origin is not None and origin != own:
        return refuse(problem(403, f"Origin must be {own}, got {origin[:80]!r}"))
    if request.headers.get("Sec-Fetch-Site") not in _OWN_SITES:
        return refuse(problem(403, "the request comes from a page of another site"))
    return None
