"""JSON-RPC replies: render them as the vendor's gateway was seen to answer, and parse them tolerantly (J6 to J9)."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply
from ccell_fake.model import AccountInfo, AnyReply, Layout, Malformed, Operation, Reply, Report, Resp, Upmsg
from ccell_fake.wire import json_text
from ccell_fake.wire.replies import ACCOUNT_ELEMENTS, instant, report_attributes, upmsg_attributes
from ccell_fake.wire.text import NotReadableError

CONTENT_TYPE = "application/json;charset=UTF-8"
"""The Content-Type of every answer. Without the charset, clients garble it (J8)."""

_CODES = frozenset(Code)

_Item = dict[str, object]
_Read = Callable[[_Item], Any]


def render(reply: AnyReply, layout: Layout, id_: str | None) -> bytes:
    """Render a reply without blanks. All values are strings, but the code of a refused request is a number (J6, J7).

    Args:
        reply: The reply.
        layout: Its layout.
        id_: The id of the request as JSON; None if it had none.
    """
    if reply.code == Code.SUCCESS:
        result = [_members(item, layout) for item in reply.items]
        parts = [f'"result":{json_text.render(result)}']
    else:
        code = reply.code if reply.code in _CODES else json_text.render(reply.code)
        parts = [f'"error":{{"code":{code},"message":{json_text.render(reply.info)}}}']
    if id_ is not None:
        parts.append(f'"id":{id_}')
    return f"{{{','.join(parts)}}}".encode()


def _members(item: Resp | Report | Upmsg | AccountInfo, layout: Layout) -> dict[str, str]:
    match item:
        case Resp():
            return {"phone": item.phone, "msgid": item.msgid, "return": item.code, "info": item.info}
        case Report():
            attributes = report_attributes(item)
            if layout.report_linkid:
                return attributes
            return {name: value for name, value in attributes.items() if name != "linkid"}
        case Upmsg():
            return upmsg_attributes(item)
        case AccountInfo():
            return {tag: getattr(item, name) for tag, name in ACCOUNT_ELEMENTS.items()}


def parse(operation: Operation, data: bytes, charset: str = "") -> AnyReply:
    """Parse a reply. The order of members does not matter, and numbers count as texts.

    Args:
        operation: The method that was called.
        data: The body, in UTF-8.
        charset: The charset of the Content-Type. It is used if the body is not UTF-8.

    Raises:
        UnreadableReply: The body is not the JSON that was published. The error holds the bytes.
    """
    return _parse(operation, data, charset, lambda items, read: map(read, items))


def parse_leniently(operation: Operation, data: bytes, charset: str = "") -> Reply[Any]:
    """Parse a reply as `parse` does, but keep each item that is not as described as a `Malformed`, in its place.

    Raises:
        UnreadableReply: The body as a whole is not the JSON that was published.
    """
    return _parse(operation, data, charset, _read_leniently)


def _parse(
    operation: Operation, data: bytes, charset: str, read_items: Callable[[list[_Item], _Read], Iterable[Any]]
) -> Reply[Any]:
    try:
        value, _ = json_text.parse(_decoded(data, charset), is_lenient=False)
        answer = json_text.object_of(value, "the answer")
        if answer.get("error") is not None:
            error = json_text.object_of(answer["error"], "error")
            return Reply(_required(error, "code"), json_text.text_of(error.get("message")) or "")
        items = [json_text.object_of(one, "an item of result") for one in json_text.array_of(answer, "result")]
        return Reply(Code.SUCCESS.value, "", tuple(read_items(items, _READ_ITEM[operation])))
    except NotReadableError as error:
        raise UnreadableReply(error.reason, data) from error


def _decoded(data: bytes, charset: str) -> str:
    body = data.strip().removeprefix(codecs.BOM_UTF8)
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        if charset and charset.lower() not in {"utf-8", "utf8"}:
            try:
                return body.decode("gb18030" if charset.lower() in {"gbk", "gb2312"} else charset)
            except (LookupError, ValueError):
                pass
        message = "the answer is not UTF-8"
        raise NotReadableError(message) from error


def _read_leniently(items: list[_Item], read: _Read) -> Iterator[Any]:
    for item in items:
        try:
            yield read(item)
        except NotReadableError as error:
            texts = {name: value if isinstance(value, str) else json_text.render(value) for name, value in item.items()}
            yield Malformed(error.reason, texts)


def _read_resp(item: _Item) -> Resp:
    code = _required(item, "return")
    msgid = _required(item, "msgid") if code == Code.SUCCESS else _text(item, "msgid")
    return Resp(msgid, _required(item, "phone"), code, _text(item, "info"), json_text.text_of(item.get("linkid")))


def _read_report(item: _Item) -> Report:
    return Report(
        _required(item, "msgid"),
        _text(item, "linkid"),
        _required(item, "phone"),
        instant(_required(item, "recvtime"), "recvtime"),
        _required(item, "status"),
        _text(item, "info"),
    )


def _read_upmsg(item: _Item) -> Upmsg:
    motime = instant(_required(item, "motime"), "motime")
    return Upmsg(_text(item, "spnumber"), _required(item, "phone"), motime, _text(item, "msgcontent"))


def _read_account(item: _Item) -> AccountInfo:
    return AccountInfo(**{name: _required(item, tag) for tag, name in ACCOUNT_ELEMENTS.items()})


_READ_ITEM: dict[Operation, _Read] = {
    Operation.SEND: _read_resp,
    Operation.REPORT: _read_report,
    Operation.UPMSG: _read_upmsg,
    Operation.INFO: _read_account,
}


def _text(item: _Item, name: str) -> str:
    return json_text.text_of(item.get(name)) or ""


def _required(item: _Item, name: str) -> str:
    value = json_text.text_of(item.get(name))
    if value is None:
        message = f"it has no member {name}"
        raise NotReadableError(message)
    return value
