"""Replies: render them in the layout of the document's samples, and parse them tolerantly."""

import codecs
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.errors import UnreadableReply
from ccell_fake.model import AccountInfo, AnyReply, Layout, Malformed, Operation, Reply, Report, Resp, Upmsg
from ccell_fake.wire import times, xml
from ccell_fake.wire.text import NotReadableError
from ccell_fake.wire.xml import Element

CONTENT_TYPE = "text/xml;charset=UTF-8"
"""The Content-Type of every answer. Without the charset, clients garble it (W6)."""

_Read = Callable[[Element], Resp | Report | Upmsg]
_ReadItems = Callable[[Element, str, _Read], Iterable[Any]]

ACCOUNT_ELEMENTS = {
    "ID": "id",
    "NAME": "name",
    "STATUS": "status",
    "RICHES": "riches",
    "CREDIT": "credit",
    "SIGNCODE": "signcode",
}
"""The elements of an account in the answer of info, with the attributes of `AccountInfo` (I1)."""


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
            return (xml.tag("report", report_attributes(item), "/>"),)
        case Upmsg():
            # The sample has a blank before the end of a node.
            return (xml.tag("upmsg", upmsg_attributes(item), " />"),)
        case AccountInfo():
            return (f"<{tag}>{xml.text(getattr(item, name))}</{tag}>" for tag, name in ACCOUNT_ELEMENTS.items())


def _resp(resp: Resp, layout: Layout) -> str:
    # A send may have five hundred, so this does without a dict of attributes.
    write = xml.attribute
    linkid = "" if resp.linkid is None else f' linkid="{write(resp.linkid)}"'
    first, second = (linkid, "") if layout.linkid_first else ("", linkid)
    return (
        f'<resp{first} msgid="{write(resp.msgid)}"{second} phone="{write(resp.phone)}"'
        f' return="{write(resp.code)}" info="{write(resp.info)}"/>'
    )


def report_attributes(report: Report) -> dict[str, str]:
    """Return the attributes of a report, in the document's order (R1)."""
    return {
        "msgid": report.msgid,
        "linkid": report.linkid,
        "phone": report.phone,
        "recvtime": times.render_recvtime(report.recvtime),
        "status": report.status,
        "info": report.info,
    }


def upmsg_attributes(upmsg: Upmsg) -> dict[str, str]:
    """Return the attributes of an upstream message, in the document's order (U1)."""
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
    return _parse(operation, data, charset, lambda root, tag, read: map(read, root.find_all(tag)))


def parse_leniently(operation: Operation, data: bytes, charset: str = "") -> Reply[Any]:
    """Parse a reply as `parse` does, but keep each resp, report or upstream message that is not as described.

    Such an item is a `Malformed`, in its place. So one odd item does not cost the others of its answer. An element of
    another name counts as an item if it has attributes.

    Raises:
        UnreadableReply: The body as a whole is not the XML that the document describes.
    """
    return _parse(operation, data, charset, _read_leniently)


def _parse(operation: Operation, data: bytes, charset: str, read_items: _ReadItems) -> Reply[Any]:
    try:
        body = data.strip().removeprefix(codecs.BOM_UTF8).lstrip()
        root = xml.parse(body, "root", encoding="declared", charset=charset)
        if operation is Operation.INFO:
            items = _accounts(root)
        else:
            tag, read = _READ_ITEM[operation]
            items = tuple(read_items(root, tag, read))
        return Reply(_required(root, "return"), root.get("info", ""), items)
    except NotReadableError as error:
        raise UnreadableReply(error.reason, data) from error


def _read_leniently(root: Element, tag: str, read: _Read) -> Iterator[Any]:
    for node in root.children:
        if node.tag == tag:
            try:
                yield read(node)
            except NotReadableError as error:
                yield Malformed(error.reason, dict(node.attributes))
        elif node.attributes:
            yield Malformed(f"<{node.tag}> is not <{tag}>", dict(node.attributes))


def _read_resp(node: Element) -> Resp:
    # A refused number needs no msgid (Q11).
    msgid = _required(node, "msgid") if node.get("return") == Code.SUCCESS else node.get("msgid", "")
    return Resp(msgid, _required(node, "phone"), _required(node, "return"), node.get("info", ""), node.get("linkid"))


def _read_report(node: Element) -> Report:
    return Report(
        _required(node, "msgid"),
        node.get("linkid", ""),
        _required(node, "phone"),
        instant(_required(node, "recvtime"), "recvtime"),
        _required(node, "status"),
        node.get("info", ""),
    )


def _read_upmsg(node: Element) -> Upmsg:
    motime = instant(_required(node, "motime"), "motime")
    return Upmsg(node.get("spnumber", ""), _required(node, "phone"), motime, node.get("msgcontent", ""))


def _accounts(root: Element) -> tuple[AccountInfo, ...]:
    texts = {node.tag: node.text for node in root.children}
    if not texts:
        return ()
    missing = [tag for tag in ACCOUNT_ELEMENTS if tag not in texts]
    if missing:
        message = f"<root> has no <{missing[0]}>"
        raise NotReadableError(message)
    return (AccountInfo(**{name: texts[tag] for tag, name in ACCOUNT_ELEMENTS.items()}),)


_READ_ITEM: dict[Operation, tuple[str, _Read]] = {
    Operation.SEND: ("resp", _read_resp),
    Operation.REPORT: ("report", _read_report),
    Operation.UPMSG: ("upmsg", _read_upmsg),
}


def _required(node: Element, name: str) -> str:
    value = node.get(name)
    if value is None:
        message = f"<{node.tag}> has no attribute {name}"
        raise NotReadableError(message)
    return value


def instant(text: str, name: str) -> datetime:
    """Read the time of a report or an upstream message. Raises NotReadableError, with the name of its attribute."""
    try:
        return times.parse(text)
    except ValueError as error:
        message = f"{name} {error}"
        raise NotReadableError(message) from error
