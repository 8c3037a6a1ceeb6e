"""Magic numbers: userids and phones that cause a certain answer without any arrangement."""

from ccell_fake.codes import Code

GROUND = "magic"
"""The ground of a refusal caused by a magic number."""

STATS = ("DELIVRD", "UNDELIV", "EXPIRED", "REJECTD", "DELETED", "ACCEPTD", "UNKNOWN", "ERRORRD")

_REFUSING_PREFIX = "1700"
_FAILING_PREFIX = "1701"
HEADS = (_REFUSING_PREFIX, _FAILING_PREFIX)
"""The first digits of magic phones."""

_KEYPAD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999")

USERIDS = {str(code): code for code in Code if code is not Code.SUCCESS and not code.is_about_a_number}
"""Userids that equal a code. Every endpoint answers them with that code, with any password."""

REQUEST_PHONES = {_REFUSING_PREFIX + code: code for code in USERIDS.values()}
"""Phones whose last seven digits are the code that their request is refused with."""

NUMBER_PHONES = {_REFUSING_PREFIX + code: code for code in Code if code.is_about_a_number}
"""Phones whose last seven digits are the code that they are refused with."""

REPORT_PHONES = {_FAILING_PREFIX + stat.translate(_KEYPAD): stat for stat in STATS}
"""Phones whose last seven digits spell the stat of their report on a telephone keypad."""
