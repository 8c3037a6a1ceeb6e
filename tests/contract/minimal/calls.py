"""JSON-RPC calls and answers of the minimal gateway, as XML requests and answers of the same content."""

import json
from typing import Any, NamedTuple, cast
from urllib.parse import unquote_plus
from xml.etree import ElementTree as ET

METHODS = ("send", "report", "upmsg")


class Call(NamedTuple):
    """A call: its method, its request, and its id as a member of the answer. Without a request it is malformed."""

    method: str
    request: ET.Element | None
    id: dict[str, object]


def read_call(payload: bytes) -> Call:
    """Read a call in UTF-8, or else in GBK."""
    try:
        members = json.loads(_text(payload))
    except ValueError:
        return Call("", None, {})
    if not isinstance(members, dict):
        return Call("", None, {})
    call = cast("dict[str, Any]", members)
    id_ = {"id": call["id"]} if "id" in call else {}
    method, params = call.get("method"), call.get("params")
    if method not in METHODS or not isinstance(params, dict):
        return Call("", None, id_)
    return Call(method, _request(cast("dict[str, Any]", params)), id_)


def write_answer(root: ET.Element, id_: dict[str, object]) -> bytes:
    """Write an answer: the items of a success, or the code of a refusal. Nothing in it has a linkid."""
    if root.get("return") == "0":
        body: dict[str, Any] = {"result": [_item(item) for item in root]}
    else:
        body = {"error": {"code": int(root.get("return", "")), "message": root.get("info")}}
    return json.dumps(body | id_, ensure_ascii=False, separators=(",", ":")).encode()


def _item(item: ET.Element) -> dict[str, str]:
    if item.tag == "resp":
        return {name: item.get(name, "") for name in ("phone", "msgid", "return", "info")}
    return {name: value for name, value in item.attrib.items() if name != "linkid"}


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        return payload.decode("gbk")


def _request(params: dict[str, Any]) -> ET.Element | None:
    submits = params.pop("submit", [])
    if not isinstance(submits, list):
        return None
    root = ET.Element("root", _attributes(params))
    for submit in cast("list[object]", submits):
        if not isinstance(submit, dict):
            return None
        node = ET.SubElement(root, "submit", _attributes(cast("dict[str, Any]", submit)))
        if "content" in node.attrib:
            # A content is URL-encoded once more.
            node.set("content", unquote_plus(node.get("content", "")))
    return root


def _attributes(members: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in members.items() if value is not None}
