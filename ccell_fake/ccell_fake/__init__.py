"""A verified fake of the CCell SMS gateway: clients, faults and settings for tests.

A name is imported from its module when you first use it, so `import ccell_fake` costs nothing.
"""

from importlib import import_module

from ccell_fake.__about__ import __version__

TYPE_CHECKING = False  # as typing has it, whose import would double the cost
if TYPE_CHECKING:
    from ccell_fake.client import AsyncClient, Client, Retry
    from ccell_fake.control.client import ControlClient
    from ccell_fake.faults import (
        BrokenJsonFault,
        BrokenXmlFault,
        CloseFault,
        CodeFault,
        DelayFault,
        DribbleFault,
        GbkFault,
        HttpFault,
        ResetFault,
        TruncateFault,
    )
    from ccell_fake.model import Operation
    from ccell_fake.settings import OutcomeRule

__all__ = [
    "AsyncClient",
    "BrokenJsonFault",
    "BrokenXmlFault",
    "Client",
    "CloseFault",
    "CodeFault",
    "ControlClient",
    "DelayFault",
    "DribbleFault",
    "GbkFault",
    "HttpFault",
    "Operation",
    "OutcomeRule",
    "ResetFault",
    "Retry",
    "TruncateFault",
    "__version__",
]

_MODULES = {
    "AsyncClient": "client",
    "Client": "client",
    "ControlClient": "control.client",
    "Operation": "model",
    "OutcomeRule": "settings",
    "Retry": "client",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    module = import_module(f"{__name__}.{_MODULES.get(name, 'faults')}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
