"""The two clients have the same methods with the same parameters."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from ccell_fake.client import AsyncClient, Client

# An asynchronous client also waits for these.
_ASYNCHRONOUS = {"close": "aclose", "__enter__": "__aenter__", "__exit__": "__aexit__"}
_DIFFERENT_TYPES = {"transport", "sleep", "stop", "options", "return"}
_NAMES = [
    name
    for name, value in vars(Client).items()
    if not name.startswith("_") or (name.startswith("__") and inspect.isfunction(value))
]


def _parameters(method: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    return [(one.name, one.kind, one.default) for one in inspect.signature(method).parameters.values()]


@pytest.mark.parametrize("name", _NAMES)
def test_a_method_has_the_same_parameters_in_both_clients(name: str) -> None:
    one, other = getattr(Client, name), getattr(AsyncClient, _ASYNCHRONOUS.get(name, name))
    expected, actual = _parameters(one), _parameters(other)
    if name == "__init__":
        # Each has its own way to sleep.
        expected, actual = ([(*item[:2], item[0] != "sleep" and item[2]) for item in one] for one in (expected, actual))
    assert actual == expected
    types, others = ({k: v for k, v in m.__annotations__.items() if k not in _DIFFERENT_TYPES} for m in (one, other))
    assert others == types


def test_the_asynchronous_client_has_no_other_methods() -> None:
    public = {name for name in vars(AsyncClient) if not name.startswith("_")}
    assert public == {_ASYNCHRONOUS.get(name, name) for name in _NAMES if not name.startswith("_")}


@pytest.mark.parametrize("name", [name for name in _NAMES if not name.startswith("_") and name != "send"])
def test_a_method_is_documented_in_both_clients(name: str) -> None:
    assert getattr(Client, name).__doc__
    assert getattr(AsyncClient, _ASYNCHRONOUS.get(name, name)).__doc__
