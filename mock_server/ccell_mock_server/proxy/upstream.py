"""Forward requests to one allowed upstream gateway, unchanged and once."""

import posixpath
import re
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, quote_from_bytes, unquote_to_bytes, urlsplit

import httpx2

from ccell_fake.transcripts import Ending
from ccell_mock_server.config.settings import is_loopback
from ccell_mock_server.http.paths import CONTROL_PREFIX

_CONNECT_SECONDS = 10.0
# Everything else is valid in a request line of HTTP, even if not in a URL, and passes unchanged.
_UNSENDABLE = re.compile(rb"[^\x21-\x7e]|#")
_BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_HOP_BY_HOP = {
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-authorization",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
}
_REPLACED = {b"host", b"content-length", b"expect", b"accept-encoding"}


class UpstreamError(ValueError):
    """The upstream is invalid or not allowed. The message gives the reason, and the option that allows it."""


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """The answer to a forwarded request.

    Attributes:
        ending: How the exchange ended.
        reason: The error, if there was no answer.
        status: The HTTP status and its phrase, such as `200 OK`.
        headers: The headers, without hop-by-hop headers.
        body: The body as received.
    """

    ending: Ending
    reason: str = ""
    status: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class Upstream:
    """A gateway. Forwards any number of requests at the same time, each once."""

    def __init__(
        self, url: str, allowed_hosts: Collection[str] = (), cacert: Path | None = None, timeout: float = 300.0
    ) -> None:
        """Check the address. Sends nothing yet.

        Args:
            url: Scheme, host and port, and any path before the gateway's own paths.
            allowed_hosts: Allowed hosts besides loopback, matched exactly.
            cacert: Trusted certificates, PEM. The default is the system's. Certificates are always verified.
            timeout: Seconds to wait for an answer.

        Raises:
            UpstreamError: The address is invalid or not allowed, or the certificates cannot be read.
        """
        parts = parse_upstream(url, allowed_hosts)
        self._path = parts.path.rstrip("/").encode()
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._timeout = httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
        try:
            # The host's certificates load slowly, and plain HTTP does without them.
            needs_trust = cacert or parts.scheme == "https"
            context = (
                ssl.create_default_context(cafile=cacert) if needs_trust else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            )
        except (OSError, ssl.SSLError) as error:
            message = f"certificates cannot be read from {cacert}: {error}"
            raise UpstreamError(message) from error
        self._transport = httpx2.HTTPTransport(
            verify=context,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=5),
        )

    def forward(
        self, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes
    ) -> UpstreamAnswer:
        """Forward a request. Never follows a redirect and never sends twice."""
        sent = [(name, value) for name, value in headers if name.lower() not in _HOP_BY_HOP | _REPLACED]
        # Redaction cannot read compressed data.
        sent.append((b"Accept-Encoding", b"identity"))
        request = httpx2.Request(
            method,
            self._origin,
            headers=sent,
            content=body or None,
            extensions={"timeout": self._timeout.as_dict(), "target": self._path + encode_target(target)},
        )
        try:
            response = self._transport.handle_request(request)
            try:
                raw = b"".join(response.iter_raw())
            finally:
                response.close()
        except httpx2.RequestError as error:
            return UpstreamAnswer(_ending(error), f"{type(error).__name__}: {error}")
        phrase = response.extensions.get("reason_phrase", b"").decode("latin-1") or "-"
        kept = tuple((name, value) for name, value in response.headers.raw if name.lower() not in _HOP_BY_HOP)
        return UpstreamAnswer(Ending.ANSWERED, "", f"{response.status_code} {phrase}", kept, raw)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()


def parse_upstream(url: str, allowed_hosts: Collection[str]) -> SplitResult:
    """Parse the address of an upstream.

    Raises:
        UpstreamError: It is invalid or not allowed.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        message = f"the upstream must be an address: {error}"
        raise UpstreamError(message) from error
    if parts.scheme not in {"http", "https"} or not host:
        message = "the upstream must be an address like https://sms.example.com:8443"
    elif parts.username is not None or parts.query or parts.fragment:
        message = "the upstream must have only scheme, host, port and path"
    elif is_control_path(parts.path.encode()):
        message = "the upstream must be a gateway, not a control API"
    elif not is_loopback(host) and host not in allowed_hosts:
        message = f"{host} is not on loopback; to allow it, use --allow-host {host}"
    else:
        return parts
    raise UpstreamError(message)


def encode_target(target: bytes) -> bytes:
    """Percent-encode only the bytes that a request line cannot contain."""
    return _UNSENDABLE.sub(lambda match: quote_from_bytes(match[0], safe="").encode(), target)


def is_control_path(path: bytes) -> bool:
    """Return whether a path is the control API's, in any encoding."""
    plain = unquote_to_bytes(unquote_to_bytes(path)).replace(b"\\", b"/")
    normal = posixpath.normpath(b"/" + re.sub(rb"/+", b"/", plain)) + b"/"
    return CONTROL_PREFIX.encode() in normal.lower()


def _ending(error: httpx2.RequestError) -> Ending:
    if isinstance(error, _BEFORE_SENDING):
        return Ending.UNREACHABLE
    return Ending.TIMED_OUT if isinstance(error, httpx2.TimeoutException) else Ending.LOST
