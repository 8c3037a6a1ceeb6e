"""Hypothesis strategies for requests to the gateway, their parts, faults, and account settings.

The docstring of each states a guarantee, which the emulator meets under default settings. They shrink towards the
document's sample: a POST of `您好【签名】` to 13800000000. Requires the extra `hypothesis`.
"""

from ccell_fake import extras as _extras

try:
    import hypothesis  # noqa: F401 # pyright: ignore[reportUnusedImport] - imported for the error message alone
except ImportError as _error:
    _message = f"ccell_fake.strategies requires Hypothesis: {_extras.install('hypothesis')}"
    raise ImportError(_message, name="hypothesis") from _error

from ccell_fake.strategies.accounts import account_settings, outcome_rules
from ccell_fake.strategies.alphabets import Repertoire
from ccell_fake.strategies.faults import fault_schedules, faults
from ccell_fake.strategies.http import RawRequest, payloads
from ccell_fake.strategies.numbers import Recognised, magic_phones, phones, unrecognisable_phones
from ccell_fake.strategies.schedule import distant_sendtimes, malformed_sendtimes, past_sendtimes, sendtimes
from ccell_fake.strategies.sends import requests, submits
from ccell_fake.strategies.texts import contents, linkids, signatures, spcodes

__all__ = [
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
