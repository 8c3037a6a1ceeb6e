"""Who may use the control API: by token, and never a page of another site in somebody's browser."""

import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Response, request

from ccell_mock_server.config.settings import is_loopback
from ccell_mock_server.control.problems import problem
from ccell_mock_server.http.paths import CONTROL_PREFIX

_SCHEME = "bearer"
_PAGES = tuple(f"{CONTROL_PREFIX}{name}" for name in ("openapi.json", "docs", "swagger"))
_OWN_SITES = {None, "same-origin", "none"}


def guard(control_token: str) -> Callable[[], Response | None]:
    """What each request has to pass; it answers a refusal, or None where there is none.

    With a token, everyone who knows it may come in. Without, only who connects from this machine by one of its loopback
    names may, for a name of somebody else's that leads here (DNS rebinding) is no sign of good will.
    """

    def check() -> Response | None:
        return _check_token(control_token) if control_token else _check_nearness()

    def checked() -> Response | None:
        return _check_origin() or check()

    return checked


def _check_token(control_token: str) -> Response | None:
    if request.path.startswith(_PAGES):
        # They say nothing that is not in the documentation.
        return None
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME:
        token = ""
    if hmac.compare_digest(token.encode(errors="replace"), control_token.encode()):
        return None
    detail = "it takes the header Authorization: Bearer with the control token behind it"
    return problem(401, detail, headers={"WWW-Authenticate": "Bearer"})


def _check_nearness() -> Response | None:
    if not is_loopback(request.remote_addr or ""):
        return problem(403, "without a control token only this machine may ask; start the emulator with one")
    host = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(host):
        detail = (
            f"the Host header says {host[:80]!r}; without a control token it takes a loopback name, such as 127.0.0.1"
        )
        return problem(403, detail)
    return None


def _check_origin() -> Response | None:
    origin = request.headers.get("Origin")
    own = f"{request.scheme}://{request.host}"
    if origin is not None and origin != own:
        return problem(403, f"the Origin header says {origin[:80]!r}; pages of other origins may not ask, {own} may")
    if request.headers.get("Sec-Fetch-Site") not in _OWN_SITES:
        return problem(403, "the request was made by a page of another site")
    return None
