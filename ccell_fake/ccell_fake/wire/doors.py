"""The gateway's doors: XML, with an address for each endpoint, and JSON-RPC, with one address for all methods."""

from typing import Any

from ccell_fake.model import AnyReply, Door, Envelope, Layout, Operation, Reply
from ccell_fake.wire import json_replies, replies

CONTENT_TYPES = {Door.XML: replies.CONTENT_TYPE, Door.JSON: json_replies.CONTENT_TYPE}
"""The Content-Type of the answers through each door."""


def render(reply: AnyReply, layout: Layout, envelope: Envelope) -> bytes:
    """Render a reply to a request that came in an envelope."""
    if envelope.door is Door.JSON:
        return json_replies.render(reply, layout, envelope.id)
    return replies.render(reply, layout)


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
