"""Faults in keeping replies."""

from typing import Any

from stateful.right.chat import Chat
from stateful.right.gateway import REPLIES_PER_PAGE, Gateway, Refusal, Unanswered
from stateful.right.machines import Chatting
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Lost, Mismatched


@wrong(Chatting, Lost, steps=2)
class OverwritesTheFirstReply(Chat):
    """Keeps one reply of each phone."""

    def reply(self, reply: dict[str, str]) -> None:
        phone = reply["phone"].strip()
        self.replies = [one for one in self.replies if one[0] != phone]
        super().reply(reply)


@wrong(Chatting, Lost, steps=1)
class IgnoresPhonesWithABlank(Chat):
    """Ignores a reply whose phone is not eleven digits. In the document's sample a blank comes first."""

    def reply(self, reply: dict[str, str]) -> None:
        if reply["phone"].isdecimal():
            super().reply(reply)


@wrong(Chatting, Lost, steps=1)
class FetchesAHundredReplies(Chat):
    """Takes the 100 replies of a page for all that there can be, and fetches none once it has as many."""

    def fetch_replies(self) -> None:
        while len(self.replies) < REPLIES_PER_PAGE:
            try:
                page = self.gateway.replies()
            except (Unanswered, Refusal):
                return
            for reply in page:
                self.reply(reply)
            if len(page) < REPLIES_PER_PAGE:
                return


@wrong(Chatting, Lost, Mismatched, steps=1)
class DecodesGbk(Gateway):
    """Decodes all answers as GBK, so Chinese replies are garbled."""

    def parse(self, answer: bytes) -> Any:
        return super().parse(answer.decode("gbk", "replace").encode())
