"""Hypothesis state machine that finds messages which an integration loses, duplicates or mixes up.

The machine sends, schedules, polls, replies, advances the clock and arranges faults in any order. It compares the
integration's store with a reference model of the gateway. Subclass `CcellMachine` for your integration and pass it to
`run`. Requires the extra `hypothesis`.
"""

from ccell_fake.extras import install

try:
    import hypothesis  # noqa: F401 # pyright: ignore[reportUnusedImport] - imported for the error message alone
except ImportError as _error:
    _message = f"ccell_fake.stateful requires Hypothesis: {install('hypothesis')}"
    raise ImportError(_message, name="hypothesis") from _error

from ccell_fake.stateful.abilities import FAULTS
from ccell_fake.stateful.audit import Fate, Message
from ccell_fake.stateful.emulator_model import EmulatorModel
from ccell_fake.stateful.exchange import UNANSWERED, WHOLE, AccountSnapshot, GatewayRequest, Submitted
from ccell_fake.stateful.findings import (
    Duplicated,
    Finding,
    Lost,
    Mismatched,
    NothingTried,
    Refused,
    Spent,
    Unfaithful,
    Withheld,
)
from ccell_fake.stateful.machine import CcellMachine
from ccell_fake.stateful.running import SETTINGS, replay, run
from ccell_fake.stateful.steps import (
    Advance,
    Busy,
    FetchReplies,
    FetchReports,
    Killed,
    Late,
    Plan,
    Reply,
    ReplyMany,
    Report,
    Restart,
    Send,
    SendMany,
    Slow,
    Step,
    StepFault,
)
from ccell_fake.stateful.target import AccountDriver, EmulatorTarget, Opened, Target

__all__ = [
    "FAULTS",
    "SETTINGS",
    "UNANSWERED",
    "WHOLE",
    "AccountDriver",
    "AccountSnapshot",
    "Advance",
    "Busy",
    "CcellMachine",
    "Duplicated",
    "EmulatorModel",
    "EmulatorTarget",
    "Fate",
    "FetchReplies",
    "FetchReports",
    "Finding",
    "GatewayRequest",
    "Killed",
    "Late",
    "Lost",
    "Message",
    "Mismatched",
    "NothingTried",
    "Opened",
    "Plan",
    "Refused",
    "Reply",
    "ReplyMany",
    "Report",
    "Restart",
    "Send",
    "SendMany",
    "Slow",
    "Spent",
    "Step",
    "StepFault",
    "Submitted",
    "Target",
    "Unfaithful",
    "Withheld",
    "replay",
    "run",
]
