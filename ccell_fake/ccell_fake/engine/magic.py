"""Magic numbers: userids and phones that bring about an answer without any arrangement."""

from ccell_fake.codes import Code

GROUND = "magic"
"""The ground of a refusal that a magic number asked for."""

STATS = ("DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELETED", "ACCEPTD", "UNKNOWN", "ERRORRD")

_REFUSING_PREFIX = "1700"
_FAILING_PREFIX = "1701"
HEADS = (_REFUSING_PREFIX, _FAILING_PREFIX)
"""How magic phones begin."""

_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

USERIDS = {str(code): code for code in Code if code is not Code.SUCCESS and not code.is_about_a_number}
"""Userids that every endpoint answers with the code they are, whatever the password."""

REQUEST_PHONES = {_REFUSING_PREFIX + code: code for code in USERIDS.values()}
"""Phones that refuse their request with the code in their last seven digits."""

NUMBER_PHONES = {_REFUSING_PREFIX + code: code for code in Code if code.is_about_a_number}
"""Phones that are refused with the code in their last seven digits."""

REPORT_PHONES = {_FAILING_PREFIX + stat.translate(_KEYPAD): stat for stat in STATS}
"""Phones whose report has the stat that the last seven digits spell on a telephone's keypad."""
