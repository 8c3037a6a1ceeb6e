"""Checks of a strategy's arguments, and the repr of a strategy as the call that created it."""

import inspect
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import DrawFn, SearchStrategy

P = ParamSpec("P")
T = TypeVar("T")


def named(function: Callable[P, SearchStrategy[T]]) -> Callable[P, SearchStrategy[T]]:
    """Give the function's strategies the function call as repr, as Hypothesis's own have."""
    signature = inspect.signature(function)
    draw = inspect.Parameter("draw", inspect.Parameter.POSITIONAL_ONLY)
    with_draw = inspect.Signature([draw, *signature.parameters.values()])

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> SearchStrategy[T]:
        strategy = function(*args, **kwargs)

        def definition(draw: DrawFn, /, *_: object, **__: object) -> T:
            return draw(strategy)

        definition.__name__ = function.__name__
        vars(definition)["__signature__"] = with_draw
        return st.composite(definition)(*args, **kwargs)

    return call


def check_sizes(what: str, minimum: int, maximum: int, least: int) -> None:
    """Check `min_<what>` and `max_<what>`; the lower bound must be at least `least`.

    Raises:
        InvalidArgument: Names the bound and its limit.
    """
    if minimum < least:
        message = f"min_{what} must be at least {least}, got {minimum}"
        raise InvalidArgument(message)
    if maximum < minimum:
        message = f"max_{what} must be at least min_{what}, which is {minimum}, got {maximum}"
        raise InvalidArgument(message)


def check_choice(what: str, value: object, choices: Iterable[str]) -> None:
    """Check that a value is one of the choices.

    Raises:
        InvalidArgument: Names the value and the choices.
    """
    listed = tuple(choices)
    if value not in listed:
        message = f"{what} must be one of {', '.join(listed)}, got {value!r}"
        raise InvalidArgument(message)
