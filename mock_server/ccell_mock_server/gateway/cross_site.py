"""Refuse requests that a browser sends for a page of another site. Its user may not know of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ccell_mock_server.config.settings import is_loopback

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

REASON = (
    "The browser marks this request as one from a page of another site, which this address does not answer. "
    "The emulator's setting allow_cross_site allows such requests."
)
_REFUSAL = f"{REASON}\n".encode()


def is_cross_site(environ: Mapping[str, Any]) -> bool:
    """Return whether a browser marks a request as one from a page of another site.

    Browsers set Sec-Fetch-Site, and older ones only Origin. An address opened in the browser is not from a page. A page
    that reaches this machine by a name of its own (DNS rebinding) counts as another site.
    """
    site, origin = environ.get("HTTP_SEC_FETCH_SITE"), environ.get("HTTP_ORIGIN")
    if site is None and origin is None:
        return False
    host = _host(f"//{environ.get('HTTP_HOST', '')}")
    if site == "cross-site" or (origin is not None and _host(origin) != host):
        return True
    return site != "none" and not is_loopback(host)


def refuse(start_response: "StartResponse") -> list[bytes]:
    """Answer 403 with a reason."""
    headers = [("Content-Type", "text/plain;charset=UTF-8"), ("Content-Length", str(len(_REFUSAL)))]
    start_response("403 Forbidden", headers)
    return [_REFUSAL]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
