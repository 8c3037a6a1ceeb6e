"""A second gateway, written from what the vendor says alone: the independent witness of the contract suite.

It shares no line with the emulator and imports nothing but the standard library. What it holds is in `CLAIMS`. Where
the document is silent it goes by the registry's defaults, except for `DIFFERS`. Its accounts are `ACCOUNTS`. Run from
the folder of tests, `python -m contract.minimal --port 0` prints its address on one line and ends on SIGTERM.
"""

from .accounts import ACCOUNTS, Account
from .gateway import DEAD, REPLYING, Handled
from .served import MinimalGateway

__all__ = ["ACCOUNTS", "CLAIMS", "DEAD", "DIFFERS", "REPLYING", "Account", "Handled", "MinimalGateway"]

CLAIMS = frozenset(
    {
        *("T1", "T2", "T3", "T4", "T5", "K1", "K2", "K3", "K4"),
        *("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "A1", "A2", "A3"),
        *("R1", "R2", "R3", "R4", "R5", "R6", "U1", "U2", "U3", "U4", "U5", "I1", "C1"),
        *("P1", "P2", "P3", "P6"),
    }
)
"""The clauses and published facts that it holds. Of C1's codes, 1001999 is answered only where it fails itself."""

DIFFERS = {
    "Q1": "1001003",
    "Q8": "then",
    "Q9": "refuse",
    "Q12": "value",
    "Q13": "number",
    "Q20": "sampled",
    "Q24": "empty",
    "Q30": "no",
    "Q31": "declaration",
    "Q32": "sampled",
    "Q35": "codepoint",
    "Q36": "refuse",
    "Q37": "accept",
    "Q39": "accept",
    "Q40": "accept",
    "Q41": "10",
    "Q42": "1001999",
    "Q43": "both",
    "Q44": "stored",
    "Q45": "gbk",
    "Q46": "decoded",
    "Q47": "refuse",
    "Q48": "no",
    "Q49": "without_linkid",
    "Q55": "keep",
    "Q57": "not_found",
    "Q59": "length",
}
"""The questions it answers otherwise than the registry's defaults."""
