"""Violations of the transport and of the form of answers (T1 to T5)."""

import gzip
import re
from collections.abc import Callable
from functools import partial
from urllib.parse import quote, unquote_to_bytes

import httpx2

from ccell_fake.model import Operation

from .carries import carried, matching, posted, query_of, replacing, with_answer, with_body, with_query
from .mutant import Mutant

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

_EMPTY = '<root return="0" info="成功"></root>'
_ERROR = '<root return="1001999" info="接口系统错"></root>'

_SUCCESS = r'<\?xml[^>]*>(?=\s*<root return="0")'


def _not_by_get(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if (request.method, request.url.path) == ("GET", operation.path) else request


def _not_by_post(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if (request.method, request.url.path) == ("POST", operation.path) else request


def _named(request: httpx2.Request) -> httpx2.Request:
    """Read a GET's payload only after `xml=`."""
    if request.method != "GET":
        return request
    name, _, value = query_of(request).partition(b"=")
    return with_query(request, value if name == b"xml" else b"")


def _as_sent(request: httpx2.Request) -> httpx2.Request:
    """Leave a query percent-encoded."""
    return with_query(request, query_of(request).replace(b"%", b"%25")) if request.method == "GET" else request


def _only_encoded(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    """A query takes no character that need not be encoded but may be."""
    return httpx2.Response(400) if request.method == "GET" and b"=" in query_of(request) else request


def _as_a_form(request: httpx2.Request) -> httpx2.Request:
    """A body must be a form."""
    is_form = "form" in request.headers.get("content-type", "")
    return request if is_form or request.method == "GET" else with_body(request, b"")


def _malformed(form: bytes, request: httpx2.Request) -> httpx2.Request:
    """A payload of this form is not understood."""
    payload = request.read() or unquote_to_bytes(query_of(request))
    return with_body(request, b"<") if re.search(form, payload) else request


def _compressed(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    body = gzip.compress(response.read())
    return httpx2.Response(response.status_code, headers={**headers, "Content-Encoding": "gzip"}, content=body)


def _downloaded(_: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    response.headers["Content-Type"] = "application/octet-stream"
    return response


def _of(operation: Operation, method: str, request: httpx2.Request) -> bool:
    return (request.method, request.url.path) == (method, operation.path)


def _headed(
    content_type: str, of: Callable[[httpx2.Request], bool], request: httpx2.Request, response: httpx2.Response
) -> httpx2.Response:
    """Answers of some requests have another Content-Type."""
    if of(request):
        response.headers["Content-Type"] = content_type
    return response


def _never_by(method: str, operation: Operation, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    """Take the items, but answer that there are none."""
    if not _of(operation, method, request):
        return response
    return with_answer(response, re.sub(rb"\s*<(?:report|upmsg) [^>]*/>\s*", b"", response.read()))


def _error_if_empty_by_get(operation: Operation, request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    if not _of(operation, "GET", request):
        return response
    return with_answer(response, response.read().replace(_EMPTY.encode(), _ERROR.encode()))


def _status_of(
    status: int, operation: Operation, request: httpx2.Request, response: httpx2.Response
) -> httpx2.Response:
    """Successful answers of an endpoint have another HTTP status."""
    if request.url.path != operation.path or b'<root return="0"' not in response.read():
        return response
    return httpx2.Response(status, headers=response.headers, content=response.read())


class _SentTwice(httpx2.BaseTransport):
    """Carries each GET of send twice."""

    def __init__(self, transport: httpx2.BaseTransport) -> None:
        self._transport = transport

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if _of(Operation.SEND, "GET", request):
            self._transport.handle_request(request)
        return self._transport.handle_request(request)


def _answered_only(request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    """A GET of send to one number is answered, but not done."""
    if not _of(Operation.SEND, "GET", request):
        return request
    phones = re.findall(rb'phone="([0-9]+)"', unquote_to_bytes(query_of(request)))
    if len(phones) != 1 or phones[0].startswith(b"120"):
        return request
    resp = f'<resp msgid="{10**18}" phone="{phones[0].decode()}" return="0" info="成功"/>'
    body = f'{_DECLARATION}<root return="0" info="成功">{resp}</root>'
    return httpx2.Response(200, headers={"Content-Type": "text/xml;charset=UTF-8"}, content=body.encode())


def _only_encoded_at(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return _only_encoded(request) if request.url.path == operation.path else request


def _without_contents(request: httpx2.Request) -> httpx2.Request:
    return with_query(request, query_of(request).replace(b"content", b"text")) if request.method == "GET" else request


def _latin_query(request: httpx2.Request) -> httpx2.Request:
    if request.method != "GET":
        return request
    return with_query(request, quote(unquote_to_bytes(query_of(request)).decode("latin-1"), safe="").encode())


def _narrow(body: bytes) -> bytes:
    return "".join(one if one <= "\uffff" else "?" for one in body.decode(errors="replace")).encode()


MUTANTS = (
    Mutant("T1", "upmsg takes no GET.", carry=carried(partial(_not_by_get, Operation.UPMSG))),
    Mutant("T1", "report takes no POST.", carry=carried(partial(_not_by_post, Operation.REPORT))),
    Mutant("T1", "A GET's submits lose their contents.", carry=carried(_without_contents)),
    *(
        Mutant(
            "T1",
            f"A {method} of {operation} always answers that there is nothing.",
            carry=carried(answered=partial(_never_by, method, operation)),
            killed_by=f"T1 {operation}" if method == "GET" else killer,
            because="" if method == "GET" else f"a report or a message never comes by {method}",
        )
        for operation, killer in ((Operation.REPORT, "R1"), (Operation.UPMSG, "U1"))
        for method in ("GET", "POST")
    ),
    *(
        Mutant(
            "T1",
            f"A GET of {operation} answers an empty queue with an error.",
            carry=carried(answered=partial(_error_if_empty_by_get, operation)),
            killed_by=f"T1 {operation}",
        )
        for operation in (Operation.REPORT, Operation.UPMSG)
    ),
    Mutant("T1", "A GET of send is answered, but nothing is sent.", carry=carried(_answered_only), killed_by="T1 send"),
    Mutant("T1", "A GET of send is done twice.", carry=_SentTwice, killed_by="T1 send"),
    Mutant("T2", "An answer is sent as a download.", carry=carried(answered=_downloaded)),
    Mutant("T2", "A query with a raw = is refused.", carry=carried(_only_encoded)),
    *(
        Mutant(
            "T2",
            f"A query of {operation} with a raw = is refused.",
            carry=carried(partial(_only_encoded_at, operation)),
        )
        for operation in Operation
    ),
    Mutant("T3", "A body is read as ISO 8859-1.", carry=posted(lambda body: body.decode("latin-1").encode())),
    Mutant("T3", "Characters beyond the first plane become question marks.", carry=posted(_narrow)),
    Mutant("T3", "A query is read as ISO 8859-1.", carry=carried(_latin_query)),
    Mutant("T4", "A GET's payload must follow xml=.", carry=carried(_named)),
    Mutant("T4", "A query is not percent-decoded.", carry=carried(_as_sent)),
    Mutant("T4", "A body must be a form.", carry=carried(_as_a_form)),
    *(
        Mutant(
            "T4", f"A payload with {what} is malformed.", carry=carried(partial(_malformed, form)), killed_by="T4 xml"
        )
        for what, form in (
            ("a declaration", rb"^\s*<\?xml"),
            ("blanks between elements", rb"> <"),
            ("a blank before =", rb" =[ \"]"),
            ("line breaks between attributes", rb"<root\n"),
            ("single quotes", rb"='"),
            ("the password before the userid", rb"<root\s+password"),
            ("an end tag of submit", rb"</submit>"),
            ("character references", rb"&#[0-9]"),
            ("a self-closed root", rb"<root[^>]*/>"),
        )
    ),
    Mutant("T5", "Answers are compressed.", carry=carried(answered=_compressed)),
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
    Mutant(
        "T5",
        "No answer names a charset in its Content-Type.",
        carry=carried(answered=partial(_headed, "text/xml", lambda _: True)),
        killed_by="T5 charset",
    ),
    Mutant(
        "T5",
        "Answers to GET name no charset in their Content-Type.",
        carry=carried(answered=partial(_headed, "text/xml", lambda request: request.method == "GET")),
        killed_by="T5 charset",
    ),
    *(
        Mutant(
            "T5",
            f"Answers of {operation} name GBK in their Content-Type.",
            carry=carried(
                answered=partial(
                    _headed,
                    "text/xml;charset=GBK",
                    lambda request, operation=operation: request.url.path == operation.path,  # type: ignore[misc]
                )
            ),
            killed_by="T5 charset",
        )
        for operation in Operation
    ),
    *(
        Mutant(
            "T5",
            f"Successful answers of {operation} have HTTP status 202.",
            carry=carried(answered=partial(_status_of, 202, operation)),
            killed_by=killer,
            because=because,
        )
        for operation, killer, because in (
            (Operation.SEND, "Q26", "no clause names the HTTP status"),
            (Operation.REPORT, "R3", "asking takes the items of the queue"),
            (Operation.UPMSG, "U3", "asking takes the items of the queue"),
            (Operation.INFO, "T2", "no clause names the HTTP status"),
        )
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
