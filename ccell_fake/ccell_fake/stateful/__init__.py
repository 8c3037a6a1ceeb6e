"""A Hypothesis state machine that tries an integration with the gateway, and finds what it loses, doubles and mixes up.

It sends, schedules, polls, lets phones reply, time pass and faults strike, in any order; a reference model knows what
the gateway must do meanwhile; and what the integration's store says is held against it. Subclass `CcellMachine` for
your integration and hand it to `run`. It takes the extra `hypothesis`.
"""

try:
    import hypothesis  # noqa: F401 # pyright: ignore[reportUnusedImport] - asked for, to say what brings it
except ImportError as _error:
    _message = "ccell_fake.stateful takes Hypothesis: pip install 'ccell-fake[hypothesis]'"
    raise ImportError(_message, name="hypothesis") from _error

from ccell_fake.stateful.audit import Fate, Message
from ccell_fake.stateful.emulator_model import EmulatorModel
from ccell_fake.stateful.exchange import UNANSWERED, WHOLE, AccountSnapshot, GatewayRequest, Submitted
from ccell_fake.stateful.findings import Duplicated, Finding, Lost, Mismatched, Unfaithful, Withheld
from ccell_fake.stateful.machine import CcellMachine
from ccell_fake.stateful.running import SETTINGS, run
from ccell_fake.stateful.target import AccountDriver, EmulatorTarget, Opened, Spent, Target

__all__ = [
    "SETTINGS",
    "UNANSWERED",
    "WHOLE",
    "AccountDriver",
    "AccountSnapshot",
    "CcellMachine",
    "Duplicated",
    "EmulatorModel",
    "EmulatorTarget",
    "Fate",
    "Finding",
    "GatewayRequest",
    "Lost",
    "Message",
    "Mismatched",
    "Opened",
    "Spent",
    "Submitted",
    "Target",
    "Unfaithful",
    "Withheld",
    "run",
]
