"""Exceptions of a run: findings, and the exceptions that end runs against a live service."""

from ccell_fake.stateful.steps import Plan


class Finding(AssertionError):
    """Base class of everything the machine finds. Its note tells the story.

    Attributes:
        plan: The plan that shows it, for `replay`.
    """

    plan: Plan = Plan()


class Lost(Finding):
    """A message, a report or a reply was lost between the gateway and the store.

    The store marks an accepted message as failed, marks a message as accepted that never arrived, or lacks a report or
    a reply that was handed out.
    """


class Duplicated(Finding):
    """A phone gets the same message twice, or the store has a reply twice."""


class Mismatched(Finding):
    """The store has a wrong fate for a message, or the gateway got another text, phone or time than was handed over."""


class Refused(Finding):
    """The gateway refused a request or a number because of what the integration did."""


class NothingTried(Finding):
    """The gateway accepted no message in the whole run, so the integration was not tried."""


class Unfaithful(Finding):
    """The gateway did not behave as the document says. The integration is not to blame."""


class Withheld(Finding):
    """A request to a live service was blocked: it might have reached another person, or cost more than allowed."""


def require(condition: bool, message: str) -> None:  # noqa: FBT001 - as assert has it
    """Raise Unfaithful if a gateway does not meet a condition."""
    if not condition:
        raise Unfaithful(message)


class Spent(Exception):
    """No further run is possible: the budget is used up."""
