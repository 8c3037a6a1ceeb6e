"""Errors of the core: unreadable requests and replies, and impossible arrangements."""


class CcellError(Exception):
    """The base class of all errors of this package."""


class InheritedError(CcellError):
    """A forked process used an emulator of its parent process. Only the process that created it can use it."""


class UnreadableRequest(CcellError):
    """A request violates the document.

    Attributes:
        reason: The violation, in one English sentence without a full stop.
        ground: The id of the violated clause or question.
    """

    def __init__(self, reason: str, ground: str = "Q2") -> None:
        super().__init__(reason)
        self.reason = reason
        self.ground = ground


class UnreadableReply(CcellError):
    """An answer violates the document.

    Attributes:
        reason: The violation.
        received: The received bytes.
    """

    def __init__(self, reason: str, received: bytes) -> None:
        super().__init__(reason)
        self.reason = reason
        self.received = received


class NoSuchThing(CcellError):
    """An account, message, fault or hold does not exist. The message names it."""


class NotPossible(CcellError):
    """An arrangement is impossible in the present state. The message says why, and what would pass."""


class AnswerTooLong(CcellError):
    """The answer to a request would be longer than answers may be. The message says how long."""


class TooManyWaiters(CcellError):
    """The maximum number of requests is waiting or delayed already."""


class StoreUnavailable(CcellError):
    """The store cannot be reached at present, or has no connection free. The message says which."""


class EffectUnknown(StoreUnavailable):
    """The store was lost while it carried out a request. The request may have an effect."""


class EntriesDropped(CcellError):
    """Journal entries were asked for that have been dropped.

    Attributes:
        after_position: The position of the last dropped entry. All later entries are kept.
    """

    def __init__(self, userid: str, after_position: int) -> None:
        whose = f"account {userid}" if userid else "requests of no account"
        super().__init__(f"the journal of {whose} has dropped its entries up to {after_position}; ask for later ones")
        self.after_position = after_position
