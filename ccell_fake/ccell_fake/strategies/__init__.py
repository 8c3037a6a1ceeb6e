"""Hypothesis strategies for everything that is said to the gateway, and for the accounts it is said by.

Each says in its docstring what it promises; under default settings the emulator keeps it. They shrink towards what the
document itself sends: a POST of `您好【签名】` to 13800000000. It takes the extra `hypothesis`.
"""

try:
    import hypothesis  # noqa: F401 # pyright: ignore[reportUnusedImport] - asked for, to say what brings it
except ImportError as _error:
    _message = "ccell_fake.strategies takes Hypothesis: pip install 'ccell-fake[hypothesis]'"
    raise ImportError(_message, name="hypothesis") from _error

from ccell_fake.strategies.accounts import account_settings, outcome_rules
from ccell_fake.strategies.alphabets import Repertoire
from ccell_fake.strategies.faults import FaultKind, fault_schedules, faults
from ccell_fake.strategies.http import RawRequest, payloads
from ccell_fake.strategies.numbers import Recognised, magic_phones, phones, unrecognisable_phones
from ccell_fake.strategies.schedule import distant_sendtimes, malformed_sendtimes, past_sendtimes, sendtimes
from ccell_fake.strategies.sends import requests, submits
from ccell_fake.strategies.texts import contents, linkids, signatures, spcodes

__all__ = [
    "FaultKind",
    "RawRequest",
    "Recognised",
    "Repertoire",
    "account_settings",
    "contents",
    "distant_sendtimes",
    "fault_schedules",
    "faults",
    "linkids",
    "magic_phones",
    "malformed_sendtimes",
    "outcome_rules",
    "past_sendtimes",
    "payloads",
    "phones",
    "requests",
    "sendtimes",
    "signatures",
    "spcodes",
    "submits",
    "unrecognisable_phones",
]
