"""Violations of what was published of JSON-RPC (P6), and other answers to its questions (Q45 to Q49)."""

from collections.abc import Callable
from functools import partial

import httpx2

from ccell_fake.model import JSON_PATH, Operation

from .behaviours import items
from .carries import carried, matching, with_body
from .mutant import Carry, Mutant


def _not_by(method: str, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    return httpx2.Response(405) if (request.method, request.url.path) == (method, JSON_PATH) else request


def _not_found(operation: Operation, request: httpx2.Request) -> httpx2.Request | httpx2.Response:
    is_called = request.url.path == JSON_PATH and f'"method": "{operation}"'.encode() in request.read()
    return httpx2.Response(404) if is_called else request


def _without_charset(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
    if request.url.path == JSON_PATH:
        response.headers["Content-Type"] = "application/json"
    return response


def _called(alter: Callable[[bytes], bytes]) -> Carry:
    """The body of each JSON-RPC call arrives as another."""

    def asked(request: httpx2.Request) -> httpx2.Request:
        is_call = (request.method, request.url.path) == ("POST", JSON_PATH)
        return with_body(request, alter(request.read())) if is_call else request

    return carried(asked)


def _latin(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("latin-1").encode()
    return body


def _only_quoted_names(body: bytes) -> bytes:
    return b"[]" if body.startswith(b"{id") else body


MUTANTS = (
    *(
        Mutant("P6", f"JSON-RPC takes no {method}.", carry=carried(partial(_not_by, method)))
        for method in ("GET", "POST")
    ),
    Mutant("P6", "Answers in JSON name no charset in their Content-Type.", carry=carried(answered=_without_charset)),
    Mutant(
        "P6",
        "Only the first submit of a call is done.",
        carry=_called(lambda body: body.replace(b"}, {", b'}], "x": [{')),
    ),
    *(
        Mutant(
            "P6",
            f"{operation} is no method of JSON-RPC.",
            carry=carried(partial(_not_found, operation)),
            killed_by="P6 queues",
        )
        for operation in (Operation.REPORT, Operation.UPMSG)
    ),
    Mutant("Q45", "JSON that is not UTF-8 is read as ISO 8859-1.", carry=_called(_latin)),
    Mutant("Q45", "JSON that is not UTF-8 is read as GBK.", answers={"Q45": "gbk"}),
    Mutant(
        "Q46", "Escapes of URLs are dropped from contents.", carry=_called(lambda body: body.replace(b"\\u002541", b""))
    ),
    Mutant("Q46", "Contents in JSON are URL-decoded once more.", answers={"Q46": "decoded"}),
    Mutant("Q47", "Single quotes are accepted, but not names without quotes.", carry=_called(_only_quoted_names)),
    Mutant("Q47", "JSON needs double quotes.", answers={"Q47": "refuse"}),
    Mutant("Q48", "The answer to info has no item.", behaviour=items(Operation.INFO, lambda _: ())),
    Mutant("Q48", "info is no method of JSON-RPC.", answers={"Q48": "no"}),
    Mutant(
        "Q49",
        "A report in JSON begins with its phone.",
        carry=matching(r'("msgid":"[^"]*","linkid":"[^"]*"),("phone":"[^"]*")', r"\2,\1"),
    ),
    Mutant("Q49", "Reports in JSON have no linkid.", answers={"Q49": "without_linkid"}),
)
