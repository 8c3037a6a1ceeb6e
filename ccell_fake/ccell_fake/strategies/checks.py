"""How a strategy is asked for: what it is given is checked at once, and its repr is the call that made it."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

P = ParamSpec("P")
T = TypeVar("T")


def named(function: Callable[P, SearchStrategy[T]]) -> Callable[P, SearchStrategy[T]]:
    """Have the strategy that a function makes say by which call it was made, as Hypothesis's own do."""
    signature = inspect.signature(function)
    draw = inspect.Parameter("draw", inspect.Parameter.POSITIONAL_ONLY)
    with_draw = inspect.Signature([draw, *signature.parameters.values()])

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> SearchStrategy[T]:
        made = function(*args, **kwargs)

        def definition(draw: DrawFn, /, *_: object, **__: object) -> T:
            return draw(made)

        definition.__name__ = function.__name__
        vars(definition)["__signature__"] = with_draw
        return st.composite(definition)(*args, **kwargs)

    return call


def check_sizes(what: str, minimum: int, maximum: int, least: int) -> None:
    """Refuse bounds between which there is nothing.

    Args:
        what: What is bounded, as in `min_size` and `max_size`.
        minimum: The lower bound.
        maximum: The upper bound.
        least: What the lower bound has to be at least.

    Raises:
        InvalidArgument: Names the bound, and what would do.
    """
    if minimum < least:
        message = f"min_{what} is {minimum}; it takes {least} or more"
        raise InvalidArgument(message)
    if maximum < minimum:
        message = f"max_{what} is {maximum}; it takes {minimum} or more, for min_{what} is {minimum}"
        raise InvalidArgument(message)


def check_choice(what: str, given: object, choices: tuple[str, ...]) -> None:
    """Refuse what is not among the choices.

    Raises:
        InvalidArgument: Names what was given, and the choices.
    """
    if given not in choices:
        message = f"{what} is {given!r}; there are {', '.join(choices)}"
        raise InvalidArgument(message)
