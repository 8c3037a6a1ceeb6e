"""A marketing sender that takes no for an answer."""

from collections.abc import Iterable

from examples.gateways import Gateway

OPT_OUT = {"T", "TD", "退订"}


class Marketing:
    """Sends campaigns to whoever has not opted out."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.opted_out: set[str] = set()

    def send(self, campaign: str, phones: Iterable[str], text: str) -> dict[str, str]:
        """Send a text; says with which code each number was answered. Who opted out is left out."""
        self.read_replies()
        willing = [phone for phone in dict.fromkeys(phones) if phone not in self.opted_out]
        if not willing:
            return {}
        return self._gateway.send(willing, f"{text}退订回T【签名】", campaign)

    def read_replies(self) -> None:
        """Note who wants no more."""
        for phone, text in self._gateway.replies():
            if text.strip().upper() in OPT_OUT:
                self.opted_out.add(phone)
