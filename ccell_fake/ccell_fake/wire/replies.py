"""Replies: render them in the layout of the document's samples, and parse them tolerantly."""

import codecs
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply
from ccell_fake.model import AccountInfo, AnyReply, Layout, Operation, Reply, Report, Resp, Upmsg
from ccell_fake.wire import times, xml
from ccell_fake.wire.xml import Element

CONTENT_TYPE = "text/xml;charset=UTF-8"
"""The Content-Type of every answer. Without the charset, clients garble it (W6)."""

_ACCOUNT_ELEMENTS = {
    "ID": "id",
    "NAME": "name",
    "STATUS": "status",
    "RICHES": "riches",
    "CREDIT": "credit",
    "SIGNCODE": "signcode",
}


def render(reply: AnyReply, layout: Layout = Layout()) -> bytes:  # noqa: B008 - frozen, so sharing it is safe
    """Render a reply on one line, with a blank between nodes as in the samples."""
    nodes = [node for item in reply.items for node in _nodes(item, layout)]
    gap = " " if nodes else ""
    root = xml.tag("root", {"return": reply.code, "info": reply.info})
    head = f"{xml.DECLARATION}{chr(10) if layout.declaration_line else gap}{root}"
    return gap.join((head, *nodes, "</root>")).encode()


def _nodes(item: Resp | Report | Upmsg | AccountInfo, layout: Layout) -> Iterable[str]:
    match item:
        case Resp():
            return (_resp(item, layout),)
        case Report():
            return (xml.tag("report", _report_attributes(item), "/>"),)
        case Upmsg():
            # The sample has a blank before the end of a node.
            return (xml.tag("upmsg", _upmsg_attributes(item), " />"),)
        case AccountInfo():
            return (f"<{tag}>{xml.text(getattr(item, name))}</{tag}>" for tag, name in _ACCOUNT_ELEMENTS.items())


def _resp(resp: Resp, layout: Layout) -> str:
    # A send may have five hundred, so this does without a dict of attributes.
    write = xml.attribute
    linkid = "" if resp.linkid is None else f' linkid="{write(resp.linkid)}"'
    first, second = (linkid, "") if layout.linkid_first else ("", linkid)
    return (
        f'<resp{first} msgid="{write(resp.msgid)}"{second} phone="{write(resp.phone)}"'
        f' return="{write(resp.code)}" info="{write(resp.info)}"/>'
    )


def _report_attributes(report: Report) -> dict[str, str]:
    return {
        "msgid": report.msgid,
        "linkid": report.linkid,
        "phone": report.phone,
        "recvtime": times.render_recvtime(report.recvtime),
        "status": report.status,
        "info": report.info,
    }


def _upmsg_attributes(upmsg: Upmsg) -> dict[str, str]:
    return {
        "spnumber": upmsg.spnumber,
        "phone": upmsg.phone,
        "motime": times.render_motime(upmsg.motime),
        "msgcontent": upmsg.msgcontent,
    }


def parse(operation: Operation, data: bytes, charset: str = "") -> AnyReply:
    """Parse a reply. The order of attributes does not matter.

    Args:
        operation: The endpoint that answered.
        data: The body, in the encoding that its declaration names, by default UTF-8.
        charset: The charset of the Content-Type. It is used if the body is not in the declared encoding.

    Raises:
        UnreadableReply: The body is not the XML that the document describes. The error holds the bytes.
    """
    try:
        body = data.strip().removeprefix(codecs.BOM_UTF8).lstrip()
        root = xml.parse(body, "root", as_declared=True, charset=charset)
        return Reply(_required(root, "return"), root.get("info", ""), _PARSE_ITEMS[operation](root))
    except xml.NotReadableError as error:
        raise UnreadableReply(error.reason, data) from error


def _resps(root: Element) -> tuple[Resp, ...]:
    return tuple(
        Resp(
            _msgid(node),
            _required(node, "phone"),
            _required(node, "return"),
            node.get("info", ""),
            node.get("linkid"),
        )
        for node in root.iterchildren("resp")
    )


def _msgid(resp: Element) -> str:
    """Read the msgid. It is optional if the number was refused (Q11)."""
    return _required(resp, "msgid") if resp.get("return") == Code.SUCCESS else resp.get("msgid", "")


def _reports(root: Element) -> tuple[Report, ...]:
    return tuple(
        Report(
            _required(node, "msgid"),
            node.get("linkid", ""),
            _required(node, "phone"),
            _instant(node, "recvtime"),
            _required(node, "status"),
            node.get("info", ""),
        )
        for node in root.iterchildren("report")
    )


def _upmsgs(root: Element) -> tuple[Upmsg, ...]:
    return tuple(
        Upmsg(node.get("spnumber", ""), _required(node, "phone"), _instant(node, "motime"), node.get("msgcontent", ""))
        for node in root.iterchildren("upmsg")
    )


def _accounts(root: Element) -> tuple[AccountInfo, ...]:
    texts = {node.tag: node.text or "" for node in root}
    if not texts:
        return ()
    missing = [tag for tag in _ACCOUNT_ELEMENTS if tag not in texts]
    if missing:
        message = f"<root> has no <{missing[0]}>"
        raise xml.NotReadableError(message)
    return (AccountInfo(**{name: texts[tag] for tag, name in _ACCOUNT_ELEMENTS.items()}),)


_PARSE_ITEMS: dict[Operation, Callable[[Element], tuple[Any, ...]]] = {
    Operation.SEND: _resps,
    Operation.REPORT: _reports,
    Operation.UPMSG: _upmsgs,
    Operation.INFO: _accounts,
}


def _required(node: Element, name: str) -> str:
    value = node.get(name)
    if value is None:
        message = f"<{node.tag}> has no attribute {name}"
        raise xml.NotReadableError(message)
    return value


def _instant(node: Element, name: str) -> datetime:
    try:
        return times.parse(_required(node, name))
    except ValueError as error:
        raise xml.NotReadableError(str(error)) from error
