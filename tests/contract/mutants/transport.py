"""Violations of the transport and of the form of answers (T1 to T5)."""

from functools import partial
from urllib.parse import quote, unquote_to_bytes

import httpx2

from ccell_fake.model import Operation

from .carries import carried, matching, posted, replacing, with_body, with_query
from .mutant import Mutant

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_SUCCESS = r'<\?xml[^>]*>(?=\s*<root return="0")'


def _not_by_get(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if (request.method, request.url.path) == ("GET", operation.path) else request


def _not_by_post(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if (request.method, request.url.path) == ("POST", operation.path) else request


def _named(request: httpx2.Request) -> httpx2.Request:
    """Read a GET's payload only after `xml=`."""
    if request.method != "GET":
        return request
    name, _, value = request.url.query.partition(b"=")
    return with_query(request, value if name == b"xml" else b"")


def _as_sent(request: httpx2.Request) -> httpx2.Request:
    """Leave a query percent-encoded."""
    return with_query(request, request.url.query.replace(b"%", b"%25")) if request.method == "GET" else request


def _only_encoded(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    """A query takes no character that need not be encoded but may be."""
    return httpx2.Response(400) if request.method == "GET" and b"=" in request.url.query else request


def _as_a_form(request: httpx2.Request) -> httpx2.Request:
    """A body must be a form."""
    is_form = "form" in request.headers.get("content-type", "")
    return request if is_form or request.method == "GET" else with_body(request, b"")


def _downloaded(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    response.headers["Content-Type"] = "application/octet-stream"
    return response


def _without_contents(request: httpx2.Request) -> httpx2.Request:
    return with_query(request, request.url.query.replace(b"content", b"text")) if request.method == "GET" else request


def _latin_query(request: httpx2.Request) -> httpx2.Request:
    if request.method != "GET":
        return request
    return with_query(request, quote(unquote_to_bytes(request.url.query).decode("latin-1"), safe="").encode())


def _narrow(body: bytes) -> bytes:
    return "".join(one if one <= "\uffff" else "?" for one in body.decode(errors="replace")).encode()


MUTANTS = (
    Mutant("T1", "upmsg takes no GET.", carry=carried(partial(_not_by_get, Operation.UPMSG))),
    Mutant("T1", "report takes no POST.", carry=carried(partial(_not_by_post, Operation.REPORT))),
    Mutant("T1", "A GET's submits lose their contents.", carry=carried(_without_contents)),
    Mutant("T2", "An answer is sent as a download.", carry=carried(answered=_downloaded)),
    Mutant("T2", "A query with a raw = is refused.", carry=carried(_only_encoded)),
    Mutant("T3", "A body is read as ISO 8859-1.", carry=posted(lambda body: body.decode("latin-1").encode())),
    Mutant("T3", "Characters beyond the first plane become question marks.", carry=posted(_narrow)),
    Mutant("T3", "A query is read as ISO 8859-1.", carry=carried(_latin_query)),
    Mutant("T4", "A GET's payload must follow xml=.", carry=carried(_named)),
    Mutant("T4", "A query is not percent-decoded.", carry=carried(_as_sent)),
    Mutant("T4", "A body must be a form.", carry=carried(_as_a_form)),
    Mutant("T5", "Answers have no declaration.", carry=replacing(_DECLARATION, "")),
    Mutant(
        "T5",
        "Successful answers of report have no declaration.",
        carry=matching(_SUCCESS, "", Operation.REPORT),
        killed_by="R3",
        because="asking takes the items of the queue",
    ),
    Mutant(
        "T5",
        "Successful answers of upmsg have no declaration.",
        carry=matching(_SUCCESS, "", Operation.UPMSG),
        killed_by="U3",
        because="asking takes the items of the queue",
    ),
    Mutant("T5", "Answers declare GBK.", carry=replacing('encoding="UTF-8"', 'encoding="GBK"')),
    Mutant("T5", "The root is called response.", carry=replacing("root", "response")),
    Mutant("T5", "The root's code is called code.", carry=replacing("<root return=", "<root code=")),
    Mutant(
        "T5",
        "info comes before return.",
        carry=replacing('<root return="0" info="成功"', '<root info="成功" return="0"'),
    ),
)
