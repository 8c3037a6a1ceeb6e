"""What the machine finds: a message that is lost, doubled or mixed up, or a gateway that is not what it should be."""


class Finding(AssertionError):
    """The root of everything the machine finds; its notes say what the gateway saw."""


class Lost(Finding):
    """A message, a report or a reply went missing between the gateway and the store.

    The store says that a message failed which the gateway accepted, or that it was accepted though it never arrived,
    or it does not have a report or a reply that was handed out to it.
    """


class Duplicated(Finding):
    """A phone gets the same message twice, or the store has a reply twice."""


class Mismatched(Finding):
    """The store says of a message what is not true of it, or a message went to another phone or at another time."""


class Unfaithful(Finding):
    """The target did something else than the document says; the integration is not to blame."""


class Withheld(Finding):
    """A request was kept back from a live gateway: it might have reached somebody else, or cost what is not allowed."""


def demand(is_so: bool, message: str) -> None:  # noqa: FBT001 - as assert has it
    """Hold a gateway to something.

    Raises:
        Unfaithful: It is not so.
    """
    if not is_so:
        raise Unfaithful(message)
