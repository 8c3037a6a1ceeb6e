"""The table of status codes, violated: each code answered as another one, and each with another text (C1)."""

from ccell_fake.codes import Code
from ccell_fake.model import Operation

from .behaviours import without
from .carries import replacing, written
from .mutant import Carry, Mutant

_RULES = {
    Code.ACCOUNT_FROZEN: "frozen",
    Code.PASSWORD_WRONG: "password",
    Code.IP_REFUSED: "allowed-ips",
    Code.CLOSING_PHRASE_MISSING: "closing-phrase",
    Code.NO_SENDING_RULE: "sending-rule",
    Code.NO_CHANNEL: "channel",
    Code.TEMPLATE_MISMATCH: "template",
    Code.NUMBER_BLACKLISTED: "blacklist",
    Code.NUMBER_NOT_WHITELISTED: "whitelist",
    Code.BLACK_WORD: "black-words",
    Code.NO_WHITE_WORD: "white-words",
}


def _other(code: Code) -> Code:
    """Return the next code of the same family in the table."""
    family = [one for one in Code if one.is_about_a_number == code.is_about_a_number]
    return family[(family.index(code) + 1) % len(family)]


def _answered(code: Code, other: Code, text: str) -> Carry:
    """A code is answered as another, with a text, through either door."""
    forms = ('return="{}" info="{}', '"return":"{}","info":"{}', '"code":{},"message":"{}')

    def alter(body: bytes) -> bytes:
        for form in forms:
            body = body.replace(form.format(code, code.text).encode(), form.format(other, text).encode())
        return body

    return written(alter)


def _recoded(code: Code) -> Mutant:
    other = _other(code)
    carry = _answered(code, other, other.text)
    return Mutant("C1", f"{code} is answered as {other}.", carry=carry, killed_by=f"C1 {code}", code=code)


def _reworded(code: Code) -> Mutant:
    carry = _answered(code, code, f"错误：{code}")
    return Mutant("C1", f"{code} has another text.", carry=carry, killed_by=f"C1 {code}", code=code)


def _never(code: Code, rule: str) -> Mutant:
    return Mutant("C1", f"{code} is never answered.", behaviour=without(rule), killed_by=f"C1 {code}", code=code)


MUTANTS = (
    *map(_recoded, Code),
    *map(_reworded, Code),
    *(_never(code, rule) for code, rule in _RULES.items()),
    Mutant(
        "C1",
        "A success of info says OK.",
        carry=replacing("成功", "OK", Operation.INFO),
        killed_by="C1 0",
        code=Code.SUCCESS,
    ),
)
