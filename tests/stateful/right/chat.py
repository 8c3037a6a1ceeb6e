"""A right program: it sends questions to phones, and keeps what they answer."""

from stateful.right.gateway import REPLIES_PER_PAGE, Gateway, Refusal, Unanswered
from stateful.right.otp import OtpService


class Chat(OtpService):
    """Keeps all replies, in the order in which they were fetched.

    Attributes:
        replies: Phone and text of each reply.
    """

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.replies: list[tuple[str, str]] = []

    def fetch_replies(self) -> None:
        """Fetch replies until a page is not full."""
        while True:
            try:
                page = self.gateway.replies()
            except (Unanswered, Refusal):
                return
            for reply in page:
                self.reply(reply)
            if len(page) < REPLIES_PER_PAGE:
                return

    def reply(self, reply: dict[str, str]) -> None:
        """Keep a reply. The document's sample has a blank before the number."""
        self.replies.append((reply["phone"].strip(), reply["msgcontent"]))
