"""JSON-RPC requests: parse a payload, and render it as the vendor prints it (P6, J1 to J5)."""

import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_plus

from ccell_fake.errors import UnreadableRequest
from ccell_fake.model import Door, Envelope, Operation, Request, Submit
from ccell_fake.wire import json_text
from ccell_fake.wire.text import NotReadableError, legible, say_not_utf8

_CREDENTIALS = ("userid", "password", "seqid", "sign")
_SUBMIT = ("content", "phone", "sendtime", "linkid", "spcode")

MEMBERS = frozenset({"id", "jsonrpc", "method", "params", "submit", *_CREDENTIALS, *_SUBMIT})
"""The names of all members that a request may have."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Answers to the questions about JSON.

    Attributes:
        is_lenient: Strings may have single quotes or none (Q47).
        is_gbk: A text that is not UTF-8 is GBK (Q45).
        decodes_content: A content is URL-encoded once more (Q46).
        has_info: There is a method info (Q48).
    """

    is_lenient: bool = True
    is_gbk: bool = False
    decodes_content: bool = False
    has_info: bool = True


DEFAULT_READING = Reading()

_NAME = re.compile("[A-Za-z]{1,32}(?:[._][A-Za-z]{1,32})?")

_ASSUMED = {Operation.INFO: "Q48", Operation.REPORT: "Q49"}
"""The questions about whether there is a method, and about what it answers."""


class Call(NamedTuple):
    """A call of a method.

    Attributes:
        envelope: The door and the id, which the answer repeats.
        operation: The method; None if there is no such method.
        request: The request, or why it is unreadable.
        grounds: The published facts and the questions that reading it rested on.
    """

    envelope: Envelope
    operation: Operation | None
    request: Request | UnreadableRequest
    grounds: tuple[str, ...] = ()


def parse(data: bytes, reading: Reading = DEFAULT_READING) -> Call:
    """Parse a call. Members stand in any order, and unknown ones are ignored.

    Raises:
        UnreadableRequest: The payload is no JSON object.
    """
    grounds = ["P6"]
    try:
        text = _decoded(data, grounds, is_gbk=reading.is_gbk)
        value, needs_leniency = json_text.parse(text, is_lenient=reading.is_lenient)
        named = json_text.object_of(value, "the JSON")
        envelope = Envelope(Door.JSON, json_text.render(named["id"]) if "id" in named else None)
    except NotReadableError as error:
        raise UnreadableRequest(error.reason, error.ground) from error
    if needs_leniency:
        grounds.append("Q47")
    operation = None
    try:
        operation = _operation(named.get("method"), reading)
        request = _request(operation, named.get("params"), reading)
    except NotReadableError as error:
        return Call(envelope, operation, UnreadableRequest(error.reason, error.ground))
    if operation in _ASSUMED:
        grounds.append(_ASSUMED[operation])
    if not request.sign:
        grounds.append("J2")
    if any("%" in (submit.content or "") or "+" in (submit.content or "") for submit in request.submits):
        grounds.append("Q46")
    return Call(envelope, operation, request, tuple(grounds))


def _decoded(data: bytes, grounds: list[str], *, is_gbk: bool) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if is_gbk:
            grounds.append("Q45")
            return data.decode("gb18030", "replace")
        raise NotReadableError(say_not_utf8(data, error), "Q45") from error


def _operation(method: object, reading: Reading) -> Operation:
    names = [one.value for one in Operation]
    if not isinstance(method, str) or method not in names:
        # Whatever is no name may be a password in the wrong place.
        wrong = "the call has no method" if method is None else "the method is not the name of one"
        if isinstance(method, str) and _NAME.fullmatch(method):
            wrong = f"there is no method {method!r}"
        message = f"{wrong}; there are {', '.join(names)}"
        raise NotReadableError(message)
    operation = Operation(method)
    if operation is Operation.INFO and not reading.has_info:
        message = "there is no method info over JSON-RPC"
        raise NotReadableError(message, "Q48")
    return operation


def _request(operation: Operation, params: object, reading: Reading) -> Request:
    given = {} if params is None else json_text.object_of(params, "params")
    has_submits = operation is Operation.SEND and given.get("submit") is not None
    return Request(
        json_text.text_of(given.get("userid")),
        json_text.text_of(given.get("password")),
        tuple(_submit(one, reading) for one in json_text.array_of(given, "submit")) if has_submits else (),
        json_text.text_of(given.get("seqid")),
        json_text.text_of(given.get("sign")),
    )


def _submit(submit: object, reading: Reading) -> Submit:
    given = json_text.object_of(submit, "an item of submit")
    texts = {name: json_text.text_of(given.get(name)) for name in _SUBMIT}
    if reading.decodes_content and texts["content"]:
        texts["content"] = legible(unquote_plus(texts["content"]))
    return Submit(**texts)


def render(operation: Operation, request: Request, id_: str | None = "1") -> bytes:
    """Render a call in UTF-8 without blanks and without absent members. `id_` is the id as JSON."""
    params = _members(request, _CREDENTIALS)
    if operation is Operation.SEND:
        params["submit"] = [_members(submit, _SUBMIT) for submit in request.submits]
    head = "" if id_ is None else f'"id":{id_},'
    return f'{{{head}"method":"{operation}","params":{json_text.render(params)}}}'.encode()


def _members(value: Request | Submit, names: tuple[str, ...]) -> dict[str, object]:
    return {name: getattr(value, name) for name in names if getattr(value, name) is not None}


def is_complete(operation: Operation, request: Request, id_: str | None, data: bytes) -> bool:
    """Return whether a parsed call holds all of its payload: no member was ignored, repeated or read leniently."""
    try:
        return json_text.canonical(data) == json_text.canonical(render(operation, request, id_))
    except ValueError:
        return False
