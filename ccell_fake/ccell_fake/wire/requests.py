"""Requests: parsed from the bytes of a payload, rendered as the document's samples write them (S1, A1 to A3)."""

from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import xml


def parse(operation: Operation, data: bytes, *, as_declared: bool = False) -> Request:
    """The request that a payload holds. Elements and attributes the document does not name are passed over.

    Args:
        operation: The endpoint it was sent to; only a send has submits.
        data: The XML document.
        as_declared: Decode as the declaration says rather than insist on UTF-8 (Q36).

    Raises:
        UnreadableRequest: It is not acceptable XML, or its root is not `root`.
    """
    try:
        root = xml.parse(data, "root", as_declared=as_declared)
    except xml.NotReadableError as error:
        raise UnreadableRequest(error.reason, error.ground) from error
    submits = root.iterchildren("submit") if operation is Operation.SEND else ()
    return Request(
        root.get("userid"),
        root.get("password"),
        tuple(
            Submit(
                submit.get("phone"),
                submit.get("content"),
                submit.get("sendtime"),
                submit.get("linkid"),
                submit.get("spcode"),
            )
            for submit in submits
        ),
    )


def render(request: Request) -> bytes:
    """A request's payload in UTF-8, on one line, with absent attributes left out."""
    submits = [
        xml.tag(
            "submit",
            {
                "phone": submit.phone,
                "content": submit.content,
                "sendtime": submit.sendtime,
                "linkid": submit.linkid,
                "spcode": submit.spcode,
            },
            "/>",
        )
        for submit in request.submits
    ]
    root = xml.tag("root", {"userid": request.userid, "password": request.password})
    return f"{root}{''.join(submits)}</root>".encode()


def says_all(request: Request, data: bytes) -> bool:
    """Whether a request is all that the document says from which it was parsed.

    It is not where there are elements, attributes, texts or comments that were passed over.
    """
    return xml.canonical(data) == xml.canonical(render(request))
