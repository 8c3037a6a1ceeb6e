"""Open questions about the order of checks, for requests and for numbers (Q6, Q7)."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from ccell_fake.codes import Code
from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_order import Violation, find_order
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import checks
from ccell_fake.contract.needs import ANY_SIGNATURE, HOLD, NO_SPCODE, OWN_NUMBER, SETTINGS, Need
from ccell_fake.contract.submits import UNKNOWN, submit, unknown
from ccell_fake.contract.tests.test_questions_numbers import INVALID_TIME
from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_fake.model import Operation
from ccell_fixtures.registries import ASSUMPTIONS

_PHRASE = "退订回T"

_REQUEST_VIOLATIONS = (
    Violation("parse", changes={"password": None}),
    Violation("account", changes={"userid": "000000000"}),
    Violation("ip", (SETTINGS,), {"allowed_ips": ["192.0.2.1"]}),
    Violation("password", changes={"password": "no-such-password"}),
    Violation("frozen", (SETTINGS,), {"status": "frozen"}),
    Violation("concurrency", (HOLD,), changes={"hold": True}),
    Violation("completeness", changes={"incomplete": True}),
    Violation("limits", changes={"many": True}),
    Violation("closing_phrase", (SETTINGS,), {"closing_phrase": _PHRASE}),
    Violation("balance", (SETTINGS,), {"balance": 0}),
)
_NUMBER_VIOLATIONS = (
    Violation("recognised", changes={"phone": UNKNOWN}),
    Violation("blacklist", (SETTINGS,), {"blacklist": ["1*"]}),
    Violation("whitelist", (SETTINGS,), {"whitelist": ["10000"]}),
    Violation("sending_rule", (SETTINGS,), {"sending_rule": False}),
    Violation("spcode", (NO_SPCODE,), changes={"spcode": "01"}),
    # An unrecognised number has no carrier, so it cannot violate the channel check.
    Violation("channel", (SETTINGS,), {"channels": ["telecom"]}, {"phone": None}),
    Violation("sendtime", changes={"sendtime": INVALID_TIME}),
    Violation("signature", (ANY_SIGNATURE,), changes={"signature": ""}),
    Violation("template", (SETTINGS,), {"templates": ["模板*"]}),
    Violation("black_words", (SETTINGS,), {"black_words": ["内容"]}),
    Violation("white_words", (SETTINGS,), {"white_words": ["白词"]}),
)


def _open(check_run: CheckRun, violations: Sequence[Violation]) -> tuple[ContractAccount, Mapping[str, object]]:
    """Open an account for violations. Returns it with their changes of the request."""
    settings = {name: value for violation in violations for name, value in violation.settings.items()}
    chosen = Need("order", "", lambda _: True, settings)
    account = check_run.account(*(need for violation in violations for need in violation.needs), chosen)
    return account, {name: value for violation in violations for name, value in violation.changes.items()}


@checks("Q6", OWN_NUMBER, cost="sms 1")
def test_the_order_of_checks_of_a_request(check_run: CheckRun) -> tuple[str, ...]:
    def send(violations: Sequence[Violation]) -> str | None:
        account, changes = _open(check_run, violations)
        checks = {violation.check for violation in violations}
        if "account" in checks and not checks <= {"account", "parse"}:
            # An unknown account cannot violate any other check.
            return None
        phone = account.own_numbers[0] if "balance" in checks else UNKNOWN
        phones = ",".join([phone, *unknown(NUMBERS_PER_REQUEST)]) if changes.get("many") else phone
        inner = f'<submit phone="{phones}" content="{account.known.signature}内容"/>'
        if changes.get("incomplete"):
            inner += f'<submit phone="{UNKNOWN}"/>'
        credential = {name: value for name, value in changes.items() if name in {"userid", "password"}}
        payload = account.payload(inner, **credential)  # type: ignore[arg-type]
        with ExitStack() as stack:
            if changes.get("hold"):
                stack.enter_context(account.arranger.hold(account.known.settings.max_concurrency))
            answer = account.post(Operation.SEND, payload)
        return None if answer.code == Code.SUCCESS else answer.code

    order, check_run.note = find_order(_REQUEST_VIOLATIONS, send, _default("Q6"))
    return order


@checks("Q7", OWN_NUMBER, cost="sms 6")
def test_the_order_of_checks_of_a_number(check_run: CheckRun) -> tuple[str, ...]:
    def send(violations: Sequence[Violation]) -> str | None:
        account, changes = _open(check_run, violations)
        signature = changes.get("signature", account.known.signature)
        attributes = {name: str(changes[name]) for name in ("spcode", "sendtime") if name in changes}
        answer = account.send(
            submit(str(changes.get("phone") or account.own_numbers[0]), f"{signature}内容", **attributes)
        )
        return answer.codes[0] if answer.codes else None

    order, check_run.note = find_order(_NUMBER_VIOLATIONS, send, _default("Q7"))
    return order


def _default(question: str) -> tuple[str, ...]:
    default = ASSUMPTIONS[question].default
    return default if isinstance(default, tuple) else (default,)
