"""Python's urllib. It declares a POST as a form by default. json.dumps escapes all Chinese, and writes blanks."""

import hashlib
import http.client
import json
import sys
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus
from urllib.request import Request, urlopen

CONTENT = "验证码为1234。【签名】"
PHONES = ("13800000000", "13900000001")
EACH = [{"phone": phone, "content": CONTENT} for phone in PHONES]
JOINED = [{"phone": ",".join(PHONES), "content": CONTENT}]
NO_HEADERS: Mapping[str, str] = {}


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def exchange(url: str, body: str | None = None, headers: Mapping[str, str] = NO_HEADERS) -> str:
    data = None if body is None else body.encode()
    try:
        with urlopen(Request(url, data, dict(headers)), timeout=60) as answer:  # noqa: S310 - the emulator's address
            return str(answer.read().decode(answer.headers.get_content_charset("latin-1")))
    except (OSError, http.client.HTTPException) as error:
        show({"lost": repr(error)})
        sys.exit(0)


def read(answer: str, id_: object) -> None:
    """Print the first number's result. Other members, or values that are not strings, are errors."""
    members = json.loads(answer)
    assert members.pop("id") == id_
    if "error" in members:
        show({"error": members["error"]["code"], "message": members["error"]["message"]})
        return
    first = members["result"][0]
    assert first.keys() == {"phone", "msgid", "return", "info"}
    assert all(isinstance(value, str) for value in first.values())
    show({"code": first["return"], "msgid": first["msgid"], "info": first["info"]})


def show(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


def main(url: str, userid: str, password: str, scenario: str) -> None:
    url += "/sms3_api/jsonapi/jsonrpc2.jsp"
    seqid = f"{time.strftime('%y%m%d%H%M%S')}000001"
    plain: dict[str, object] = {"userid": userid, "password": password}
    signed: dict[str, object] = {"userid": userid, "seqid": seqid, "sign": md5(seqid + md5(password))}

    def call(params: Mapping[str, object], submit: object) -> dict[str, object]:
        return {"method": "send", "params": {**params, "submit": submit}, "id": 1}

    match scenario:
        case "post":
            answer = exchange(url, json.dumps(call(plain, EACH)))
        case "post-json":
            answer = exchange(url, json.dumps(call(signed, JOINED)), {"Content-Type": "application/json"})
        case "post-encoded":
            body = quote(json.dumps(call(plain, JOINED), ensure_ascii=False), safe="")
            answer = exchange(url, body, {"Content-Type": "text/plain;charset=ISO-8859-1"})
        case "get":
            answer = exchange(f"{url}?{quote_plus(json.dumps(call(plain, EACH)))}")
        case _:
            raise ValueError(scenario)
    read(answer, 1)


main(*sys.argv[1:])
