"""Marketing sender that respects opt-outs."""

from collections.abc import Iterable

from examples.gateways import Gateway

OPT_OUT = {"T", "TD", "退订"}


class Marketing:
    """Sends campaigns to everyone who has not opted out."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.opted_out: set[str] = set()

    def send(self, campaign: str, phones: Iterable[str], text: str) -> dict[str, str]:
        """Send a text to the phones that have not opted out. Returns the code of each number."""
        self.read_replies()
        willing = [phone for phone in dict.fromkeys(phones) if phone not in self.opted_out]
        if not willing:
            return {}
        return self._gateway.send(willing, f"{text}退订回T【签名】", campaign)

    def read_replies(self) -> None:
        """Record opt-outs."""
        for phone, text in self._gateway.replies():
            if text.strip().upper() in OPT_OUT:
                self.opted_out.add(phone)
