"""The gateway behind the recorder: which one it may be, and how a request is carried there and nowhere else."""

import posixpath
import re
import ssl
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes, urlsplit

import httpx2

from ccell_fake.transcripts import Ending, Exchange
from ccell_mock_server.config.settings import is_loopback
from ccell_mock_server.http.paths import CONTROL_PREFIX

Headers = tuple[tuple[bytes, bytes], ...]

LEFT_OUT = "compressed, and left out"
"""Why a body stands in no exchange: what is compressed could not be redacted."""

_CONNECT_SECONDS = 10.0
# What HTTP lets stand in a request line, whatever URLs say about it: a client's own spelling passes unchanged.
_UNSENDABLE = re.compile(rb"[^\x21-\x7e]|#")
_BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_OF_THE_CONNECTION = {
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
_OURS = {b"host", b"content-length", b"expect", b"accept-encoding"}


class UpstreamError(ValueError):
    """Nothing may be sent to an upstream; the message says why, and what would allow it."""


@dataclass(frozen=True, slots=True)
class UpstreamAnswer:
    """What came of a request.

    Attributes:
        ending: How it ended.
        reason: What went wrong, where no answer came.
        status: The HTTP status and its phrase, such as `200 OK`.
        headers: Those of the answer that are not the connection's own.
        body: The body of the answer as it came.
    """

    ending: Ending
    reason: str = ""
    status: str = ""
    headers: Headers = ()
    body: bytes = b""


class Upstream:
    """A gateway; requests are carried to it as they come, any number at the same time, each once."""

    def __init__(
        self, url: str, allowed_hosts: Collection[str] = (), cacert: Path | None = None, timeout: float = 300.0
    ) -> None:
        """Nothing is sent yet.

        Args:
            url: Its scheme, host and port, and what stands before the gateway's own paths.
            allowed_hosts: Hosts beyond loopback that it may be, spelt exactly so.
            cacert: Whose certificates to trust, PEM; those the host trusts unless given. They are always verified.
            timeout: Seconds to wait for an answer.

        Raises:
            UpstreamError: It is no address, or one that is not allowed, or there are no such certificates.
        """
        parts = _checked(url, allowed_hosts)
        self._base = parts.path.rstrip("/").encode()
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._timeout = httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS))
        try:
            context = ssl.create_default_context(cafile=cacert)
        except (OSError, ssl.SSLError) as error:
            message = f"{cacert}: no certificates can be read from it: {error}"
            raise UpstreamError(message) from error
        self._transport = httpx2.HTTPTransport(
            verify=context,
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=5),
        )

    def ask(self, method: str, target: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes) -> UpstreamAnswer:
        """Carry a request there. Redirects are not followed, and nothing is sent a second time.

        Args:
            method: GET or POST.
            target: Its path and query as they were placed.
            headers: Those it came with.
            body: Its body.
        """
        sent = [(name, value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION | _OURS]
        # What is compressed could not be redacted.
        sent.append((b"Accept-Encoding", b"identity"))
        request = httpx2.Request(
            method,
            self._origin,
            headers=sent,
            content=body or None,
            extensions={"timeout": self._timeout.as_dict(), "target": self._base + sendable(target)},
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
        kept = tuple((name, value) for name, value in response.headers.raw if name.lower() not in _OF_THE_CONNECTION)
        return UpstreamAnswer(Ending.ANSWERED, "", f"{response.status_code} {phrase}", kept, raw)

    def close(self) -> None:
        """Close the connections to it."""
        self._transport.close()


def _checked(url: str, allowed_hosts: Collection[str]) -> "_Parts":
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        message = f"the upstream is no address: {error}"
        raise UpstreamError(message) from error
    if parts.scheme not in {"http", "https"} or not host:
        message = "the upstream is no address like https://sms.example.com:8443"
        raise UpstreamError(message)
    if parts.username is not None or parts.query or parts.fragment:
        message = "the upstream is scheme, host and port, with a path if need be; it holds something else"
        raise UpstreamError(message)
    if is_control(parts.path.encode()):
        message = "the upstream is a gateway, not a control API"
        raise UpstreamError(message)
    if not is_loopback(host) and host not in allowed_hosts:
        message = f"{host} is not this machine; if it is meant, allow it: --allow-host {host}"
        raise UpstreamError(message)
    return _Parts(parts.scheme, parts.netloc, parts.path)


@dataclass(frozen=True, slots=True)
class _Parts:
    scheme: str
    netloc: str
    path: str


def sendable(target: bytes) -> bytes:
    """A target with everything percent-encoded that cannot stand in a request line, and nothing else."""
    return _UNSENDABLE.sub(lambda match: quote_from_bytes(match[0], safe="").encode(), target)


def is_control(path: bytes) -> bool:
    """Whether a path is the control API's, however it is written."""
    plain = unquote_to_bytes(unquote_to_bytes(path)).replace(b"\\", b"/")
    normal = posixpath.normpath(b"/" + re.sub(rb"/+", b"/", plain)) + b"/"
    return CONTROL_PREFIX.encode() in normal.lower()


def with_answer(exchange: Exchange, answered: UpstreamAnswer) -> Exchange:
    """An exchange with what came of it, its answer without compression."""
    if answered.ending is not Ending.ANSWERED:
        return replace(exchange, ending=answered.ending, reason=_joined(exchange.reason, answered.reason))
    headers = httpx2.Headers(answered.headers)
    answer, left_out = _plain(answered, headers.get("content-encoding", "").lower())
    return replace(
        exchange,
        status=int(answered.status[:3]),
        answer=answer,
        answer_type=headers.get("content-type", ""),
        reason=_joined(exchange.reason, left_out),
    )


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _plain(answered: UpstreamAnswer, encoding: str) -> tuple[bytes, str]:
    """An answer's body without compression, which a gateway may use though it was asked not to."""
    left_out = f"the answer was {LEFT_OUT}"
    if encoding not in {"", "identity", "gzip", "deflate"}:
        return b"", left_out
    try:
        return httpx2.Response(200, headers=list(answered.headers), content=answered.body).content, ""
    except httpx2.DecodingError:
        return b"", left_out


def _ending(error: httpx2.RequestError) -> Ending:
    if isinstance(error, _BEFORE_SENDING):
        return Ending.UNREACHABLE
    return Ending.TIMED_OUT if isinstance(error, httpx2.TimeoutException) else Ending.LOST
