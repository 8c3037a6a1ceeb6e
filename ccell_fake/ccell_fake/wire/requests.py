"""Requests: parse a payload, and render it in the layout of the document's samples (S1, A1 to A3)."""

from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Operation, Request, Submit
from ccell_fake.wire import xml
from ccell_fake.wire.text import NotReadableError


def parse(operation: Operation, data: bytes, *, encoding: str = "refuse") -> Request:
    """Parse a request. Unknown elements and attributes are ignored.

    Args:
        operation: The endpoint. Only a send has submits.
        data: The XML document.
        encoding: How to decode it, as an answer to Q36: `refuse` what declares another encoding than UTF-8, `ignore`
            what it declares, or decode as `declared`.

    Raises:
        UnreadableRequest: The payload is not acceptable XML, or its root is not `root`.
    """
    try:
        root = xml.parse(data, "root", encoding=encoding)
    except NotReadableError as error:
        raise UnreadableRequest(error.reason, error.ground) from error
    submits = root.find_all("submit") if operation is Operation.SEND else ()
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
        root.get("seqid"),
        root.get("sign"),
    )


def render(request: Request) -> bytes:
    """Render a request in UTF-8 on one line, without absent attributes."""
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
    credential = {"password": request.password, "seqid": request.seqid, "sign": request.sign}
    root = xml.tag("root", {"userid": request.userid, **credential})
    return f"{root}{''.join(submits)}</root>".encode()


def is_complete(request: Request, data: bytes) -> bool:
    """Return whether a parsed request holds all of its payload: no element, attribute, text or comment was ignored."""
    return xml.canonical(data) == xml.canonical(render(request))
