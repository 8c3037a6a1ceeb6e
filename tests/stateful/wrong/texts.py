"""Programs that change the text of a message."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from stateful.right.bulk import BulkSender
from stateful.right.gateway import Gateway, Submit
from stateful.right.machines import Campaigning, Polling, Sending
from stateful.right.otp import OtpService
from stateful.wrong.registry import wrong

from ccell_fake.stateful import Mismatched, Refused


@wrong(Campaigning, Mismatched, steps=1)
class CutsSurrogatePairs(Gateway):
    """Escapes a text in pieces of 8 UTF-16 units, and loses a character that lies across two pieces."""

    units = 8

    def quote(self, value: str) -> str:
        units = value.encode("utf-16-le")
        pieces = [units[first : first + 2 * self.units] for first in range(0, len(units), 2 * self.units)]
        return super().quote("".join(piece.decode("utf-16-le", "ignore") for piece in pieces))


@wrong(Sending, Refused, steps=1)
class WritesSurrogates(Gateway):
    """Writes characters as references to their UTF-16 units, which XML does not allow for an emoji."""

    def encode(self, body: str) -> bytes:
        units = body.encode("utf-16-be")
        codes = [int.from_bytes(units[first : first + 2]) for first in range(0, len(units), 2)]
        return "".join(chr(code) if code < 128 else f"&#{code};" for code in codes).encode()


@wrong(Sending, Mismatched, steps=1)
class ComposesCharacters(Gateway):
    """Composes combining characters with the letters before them (NFC), so the phone gets another text."""

    def render(self, submit: Submit) -> str:
        return super().render(replace(submit, content=unicodedata.normalize("NFC", submit.content)))


@wrong(Polling, Mismatched, steps=1)
class WritesHalfWidth(Gateway):
    """Turns full-width letters, digits and punctuation into ASCII (NFKC), so the phone gets another text."""

    def render(self, submit: Submit) -> str:
        return super().render(replace(submit, content=unicodedata.normalize("NFKC", submit.content)))


@wrong(Campaigning, Mismatched, steps=1)
class SignsTwice(BulkSender):
    """Appends the signature to each text that does not begin with one, also to a text that ends with it."""

    signature = "【签名】"

    def submit(self, campaign: str, phones: Sequence[str], text: str) -> list[dict[str, str]]:
        signed = text if text.startswith("【") else text + self.signature
        return super().submit(campaign, phones, signed)


@wrong(Sending, Refused, steps=1)
class RemovesTheSignature(OtpService):
    """Removes the signature from a text, as if the gateway added it, and the gateway refuses the text."""

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        return super().submit(order, phone, re.sub("【[^】]*】", "", text))


@wrong(Sending, Mismatched, steps=1)
class ReplacesAmpersands(Gateway):
    """Replaces & by a word instead of escaping it, so the phone gets another text."""

    def quote(self, value: str) -> str:
        return super().quote(value.replace("&", "和"))


@wrong(Sending, Mismatched, steps=1)
class EscapesTwice(Gateway):
    """Escapes a text that is escaped already."""

    def quote(self, value: str) -> str:
        return super().quote(value.replace("&", "&amp;"))


@wrong(Sending, Refused, steps=1)
class EscapesNothing(Gateway):
    """Puts the text between quotation marks as it is."""

    def quote(self, value: str) -> str:
        return f'"{value}"'


@wrong(Sending, Refused, steps=1)
class CutsAtSeventy(OtpService):
    """Cuts a text at 70 characters, and with it its signature."""

    def submit(self, order: str, phone: str, text: str) -> list[dict[str, str]]:
        return super().submit(order, phone, text[:70])
