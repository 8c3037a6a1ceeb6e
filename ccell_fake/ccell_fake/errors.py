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


class NoSuchThing(CcellError):
    """An account, a message, a fault or a hold that is not there; the message names it."""


class NotPossible(CcellError):
    """An arrangement that cannot be made as things stand; the message says why, and what would pass."""


class EntriesDropped(CcellError):
    """A question about journal entries that are no longer kept.

    Attributes:
        after_position: Position of the last dropped entry; all entries after it are kept.
    """

    def __init__(self, userid: str, after_position: int) -> None:
        """Say from where on the journal can be asked."""
        whose = f"account {userid}" if userid else "requests of no account"
        super().__init__(f"the journal of {whose} has dropped its entries up to {after_position}; ask for later ones")
        self.after_position = after_position
