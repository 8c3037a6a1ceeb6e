"""The gateway's doors: XML, with an address for each endpoint, and JSON-RPC, with one address for all methods."""

import re
from typing import Any

from ccell_fake.model import JSON_PATH, AnyReply, Door, Envelope, Layout, Operation, Reply, Request
from ccell_fake.wire import json_replies, json_requests, replies, requests
from ccell_fake.wire.json_requests import DEFAULT_READING, Call, Reading

Endpoint = tuple[Door, Operation | None]
"""A door, and the operation that its path names. None for JSON-RPC, whose payload names it."""

PATHS: dict[str, Endpoint] = {
    **{operation.path: (Door.XML, operation) for operation in Operation},
    JSON_PATH: (Door.JSON, None),
}
"""The endpoints by path."""

CONTENT_TYPES = {Door.XML: replies.CONTENT_TYPE, Door.JSON: json_replies.CONTENT_TYPE}
"""The Content-Type of the answers through each door."""

XML_ENVELOPE = Envelope()
"""The envelope of every request in XML."""

_PARAMETERS = re.compile(r";[^/]*")
_EMPTY_SEGMENTS = re.compile(r"/(?:\.?/)+")


def simplify(path: str) -> str:
    """Leave out the parameters, the empty segments and the segments of one dot of a path (W5, Q57)."""
    return _EMPTY_SEGMENTS.sub("/", _PARAMETERS.sub("", path))


def render(reply: AnyReply, layout: Layout, envelope: Envelope) -> bytes:
    """Render a reply to a request that came in an envelope."""
    if envelope.door is Door.JSON:
        return json_replies.render(reply, layout, envelope.id)
    return replies.render(reply, layout)


def parse_request(
    endpoint: Endpoint, data: bytes, *, encoding: str = "refuse", reading: Reading = DEFAULT_READING
) -> Call:
    """Parse a request to an endpoint.

    Args:
        endpoint: The endpoint.
        data: The XML document or the JSON text.
        encoding: How to decode XML, as an answer to Q36.
        reading: How the questions about JSON are answered.

    Raises:
        UnreadableRequest: The payload is not acceptable XML, or no JSON object.
    """
    _, operation = endpoint
    if operation is None:
        return json_requests.parse(data, reading)
    return Call(XML_ENVELOPE, operation, requests.parse(operation, data, encoding=encoding))


def is_complete(operation: Operation, request: Request, envelope: Envelope, data: bytes) -> bool:
    """Return whether a parsed request holds all of its payload: nothing was ignored, repeated or read leniently."""
    if envelope.door is Door.JSON:
        return json_requests.is_complete(operation, request, envelope.id, data)
    return requests.is_complete(request, data)


def parse_reply(door: Door, operation: Operation, data: bytes, charset: str = "") -> AnyReply:
    """Parse a reply that came through a door. Raises UnreadableReply."""
    if door is Door.JSON:
        return json_replies.parse(operation, data, charset)
    return replies.parse(operation, data, charset)


def parse_reply_leniently(door: Door, operation: Operation, data: bytes, charset: str = "") -> Reply[Any]:
    """Parse a reply that came through a door, and keep its malformed items. Raises UnreadableReply."""
    if door is Door.JSON:
        return json_replies.parse_leniently(operation, data, charset)
    return replies.parse_leniently(operation, data, charset)
