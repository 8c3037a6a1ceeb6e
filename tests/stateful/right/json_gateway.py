"""HTTP and signed JSON-RPC, as an integration writes them with the standard library."""

import hashlib
import itertools
import json
from collections.abc import Sequence
from http.client import HTTPException
from typing import Any
from urllib.request import urlopen

from stateful.right.gateway import Gateway, Refusal, Submit, Unanswered

_NUMBERS = itertools.count(160615134758000001)


class JsonGateway(Gateway):
    """An account of the gateway, which is called by JSON-RPC with a sign in place of the password."""

    def send(self, submits: Sequence[Submit]) -> list[dict[str, str]]:
        """Send. Returns the members of each resp, and the linkid that it belongs to."""
        resps = self.call("send", submit=[self.members(submit) for submit in submits])
        linkids = [submit.linkid for submit in submits for _ in submit.phone.split(",")]
        return [{**resp, "linkid": linkid} for resp, linkid in zip(resps, linkids, strict=True)]

    def reports(self) -> list[dict[str, str]]:
        """Fetch a page of reports."""
        return self.call("report")

    def replies(self) -> list[dict[str, str]]:
        """Fetch a page of upstream messages."""
        return self.call("upmsg")

    def members(self, submit: Submit) -> dict[str, str]:
        """The members of a submit."""
        sendtime = {"sendtime": submit.sendtime} if submit.sendtime else {}
        return {"content": submit.content, "phone": submit.phone, "linkid": submit.linkid, **sendtime}

    def call(self, method: str, **params: Any) -> list[dict[str, str]]:
        """Call a method. Returns the items of the answer."""
        seqid = f"{next(_NUMBERS):018}"
        sign = _md5(seqid + _md5(self.password))
        params = {"userid": self.userid, "seqid": seqid, "sign": sign, **params}
        body = json.dumps({"id": 1, "method": method, "params": params}).encode()
        url = f"{self.url}/sms3_api/jsonapi/jsonrpc2.jsp"
        try:
            with urlopen(url, body, self.timeout) as answer:  # noqa: S310 - http
                reply = json.loads(answer.read())
        except (OSError, HTTPException, ValueError) as error:
            raise Unanswered(method) from error
        if "error" in reply:
            raise Refusal(str(reply["error"]["code"]))
        return list(reply["result"])


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - the gateway's
