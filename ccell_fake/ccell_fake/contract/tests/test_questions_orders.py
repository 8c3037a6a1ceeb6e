"""In which order requests and numbers are checked (Q6, Q7)."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from ccell_fake.contract.account import ContractAccount
from ccell_fake.contract.check_run import CheckRun
from ccell_fake.contract.checks import asks
from ccell_fake.contract.needs import ANY_SIGNATURE, CROWD, NO_SPCODE, OWN_NUMBER, SETTINGS, Need
from ccell_fake.contract.numbers import UNKNOWN, submit, unknown
from ccell_fake.contract.orders import Offence, found_out
from ccell_fake.contract.tests.test_questions_numbers import NO_TIME
from ccell_fake.limits import NUMBERS_PER_REQUEST
from ccell_fake.model import Operation
from ccell_fixtures.registries import ASSUMPTIONS

_PHRASE = "退订回T"

_OF_REQUESTS = (
    Offence("parse", changes={"password": None}),
    Offence("account", changes={"userid": "000000000"}),
    Offence("ip", (SETTINGS,), {"allowed_ips": ["192.0.2.1"]}),
    Offence("password", changes={"password": "no-such-password"}),
    Offence("frozen", (SETTINGS,), {"status": "frozen"}),
    Offence("concurrency", (CROWD,), changes={"crowd": True}),
    Offence("completeness", changes={"incomplete": True}),
    Offence("limits", changes={"many": True}),
    Offence("closing_phrase", (SETTINGS,), {"closing_phrase": _PHRASE}),
    Offence("balance", (SETTINGS,), {"balance": 0}),
)
_OF_NUMBERS = (
    Offence("recognised", changes={"phone": UNKNOWN}),
    Offence("blacklist", (SETTINGS,), {"blacklist": ["1*"]}),
    Offence("whitelist", (SETTINGS,), {"whitelist": ["10000"]}),
    Offence("sending_rule", (SETTINGS,), {"sending_rule": False}),
    Offence("spcode", (NO_SPCODE,), changes={"spcode": "01"}),
    # A number that is not recognised has no carrier, and offends no channel.
    Offence("channel", (SETTINGS,), {"channels": ["telecom"]}, {"phone": None}),
    Offence("sendtime", changes={"sendtime": NO_TIME}),
    Offence("signature", (ANY_SIGNATURE,), changes={"signature": ""}),
    Offence("template", (SETTINGS,), {"templates": ["模板*"]}),
    Offence("black_words", (SETTINGS,), {"black_words": ["内容"]}),
    Offence("white_words", (SETTINGS,), {"white_words": ["白词"]}),
)


def _opened(inquiry: CheckRun, offences: Sequence[Offence]) -> tuple[ContractAccount, Mapping[str, object]]:
    """An account that has what the offences need, and what they change."""
    settings = {name: value for offence in offences for name, value in offence.settings.items()}
    chosen = Need("order", "", lambda _: True, settings)
    account = inquiry.account(*(need for offence in offences for need in offence.needs), chosen)
    return account, {name: value for offence in offences for name, value in offence.changes.items()}


@asks("Q6", OWN_NUMBER, cost="sms 1")
def test_in_which_order_a_request_is_checked(inquiry: CheckRun) -> tuple[str, ...]:
    def ask(offences: Sequence[Offence]) -> str | None:
        account, changes = _opened(inquiry, offences)
        checks = {offence.check for offence in offences}
        if "account" in checks and not checks <= {"account", "parse"}:
            # Of an account that is not there, nothing else can be wrong.
            return None
        phone = account.own[0] if "balance" in checks else UNKNOWN
        phones = ",".join([phone, *unknown(NUMBERS_PER_REQUEST)]) if changes.get("many") else phone
        inner = f'<submit phone="{phones}" content="{account.standing.signature}内容"/>'
        if changes.get("incomplete"):
            inner += f'<submit phone="{UNKNOWN}"/>'
        credential = {name: value for name, value in changes.items() if name in {"userid", "password"}}
        payload = account.root(inner, **credential)  # type: ignore[arg-type]
        with ExitStack() as stack:
            if changes.get("crowd"):
                stack.enter_context(account.crowd(account.standing.settings.max_concurrency))
            heard = account.post(Operation.SEND, payload)
        return heard.code if heard.is_root_alone else None

    offences = _OF_REQUESTS
    order, inquiry.note = found_out(offences, ask, _default("Q6"))
    return order


@asks("Q7", OWN_NUMBER, cost="sms 6")
def test_in_which_order_a_number_is_checked(inquiry: CheckRun) -> tuple[str, ...]:
    def ask(offences: Sequence[Offence]) -> str | None:
        account, changes = _opened(inquiry, offences)
        signature = changes.get("signature", account.standing.signature)
        attributes = {name: str(changes[name]) for name in ("spcode", "sendtime") if name in changes}
        heard = account.send(submit(str(changes.get("phone") or account.own[0]), f"{signature}内容", **attributes))
        return heard.codes[0] if heard.codes else None

    order, inquiry.note = found_out(_OF_NUMBERS, ask, _default("Q7"))
    return order


def _default(question: str) -> tuple[str, ...]:
    default = ASSUMPTIONS[question].default
    return default if isinstance(default, tuple) else (default,)
