"""Steps and httpx2: an Ask as its request, its response or error as an outcome.

Transports are used as they are, without httpx2's clients around them. Those log every URL, and that of a GET holds the
password; and what they add on their own, such as following redirects, could send a message twice.
"""

import ssl
from functools import lru_cache

import httpx2

from ccell_fake.client.steps import Ask, Failure, HttpAnswer

FAILURES = (httpx2.RequestError, httpx2.InvalidURL)
"""What is raised where there is no answer; httpx2 takes no URL above 64 KiB, and a long GET would need one."""

# What is raised before anything of the request could leave.
_BEFORE_SENDING = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
)
_CONNECT_SECONDS = 10.0


def timeouts(seconds: float | None) -> httpx2.Timeout:
    """So many seconds for each wait, but less for a connection to be made, which either is there soon or is not."""
    return httpx2.Timeout(seconds, connect=_CONNECT_SECONDS if seconds is None else min(seconds, _CONNECT_SECONDS))


def limits(threads: int) -> httpx2.Limits:
    """A connection for each thread of the account.

    Raises:
        ValueError: There is no thread.
    """
    if threads < 1:
        message = f"an account has at least one thread, not {threads}"
        raise ValueError(message)
    return httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)


def certificates(url: str) -> ssl.SSLContext | bool:
    """Whom to trust: the host's authorities, which are slow to load and which plain HTTP does without."""
    return True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def request(ask: Ask, timeout: httpx2.Timeout) -> httpx2.Request:
    """The request that an Ask describes."""
    # A query holds the password, and no other request has the same.
    url = httpx2.URL(f"{ask.url}?{ask.query}") if ask.query else _address(ask.url)
    headers = {"Host": url.netloc.decode(), **ask.headers}
    if ask.body:
        headers["Content-Length"] = str(len(ask.body))
    # Given a stream, httpx2 does not look for what else these headers may need, which takes as long as all the rest.
    stream, extensions = httpx2.ByteStream(ask.body), {"timeout": timeout.as_dict()}
    made = httpx2.Request(ask.method, url, headers=headers, stream=stream, extensions=extensions)
    # Some transports look at the content.
    made.read()
    return made


@lru_cache
def _address(url: str) -> httpx2.URL:
    """An address, taken apart once: that takes longer than all the rest of making a request."""
    return httpx2.URL(url)


def answer(response: httpx2.Response) -> HttpAnswer:
    """What a response that has been read says."""
    return HttpAnswer(response.status_code, dict(response.headers.items()), response.content)


def failure(error: httpx2.RequestError | httpx2.InvalidURL) -> Failure:
    """What an error says about what was sent."""
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return Failure(reason, is_sent=not isinstance(error, _BEFORE_SENDING))
