"""What can go wrong, by whose fault it is: a request or a reply that cannot be read."""


class CcellError(Exception):
    """The root of every error this package raises."""


class UnreadableRequest(CcellError):
    """A request that is not what the document asks for.

    Attributes:
        reason: What is wrong with it, in one English sentence without a full stop.
        ground: The id of the clause or question that it offends.
    """

    def __init__(self, reason: str, ground: str = "Q2") -> None:
        """Say what is wrong and which clause it offends."""
        super().__init__(reason)
        self.reason = reason
        self.ground = ground


class UnreadableReply(CcellError):
    """An answer that is not what the document describes.

    Attributes:
        reason: What is wrong with it.
        received: The bytes as they arrived.
    """

    def __init__(self, reason: str, received: bytes) -> None:
        """Keep the bytes as evidence beside the reason."""
        super().__init__(reason)
        self.reason = reason
        self.received = received
