"""Strategies for account settings that `ccell-fake check-config` accepts, and for outcome rules."""

from typing import Any, get_args

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument
from hypothesis.strategies import SearchStrategy

from ccell_fake.engine import magic
from ccell_fake.engine.numbers import NUMBER_DIGITS
from ccell_fake.settings import DOCUMENT_ACCOUNT, AccountSettings, Carrier, OutcomeRule, Persona, PersonaAnswer
from ccell_fake.strategies.alphabets import texts
from ccell_fake.strategies.checks import named
from ccell_fake.strategies.numbers import phones
from ccell_fake.strategies.texts import linkids, signatures
from ccell_fixtures.registries import ASSUMPTIONS, Assumption

_TEXTS = texts(("chinese", "gsm"))
_DIGITS = st.text("0123456789", min_size=1, max_size=14)
_PATTERNS = st.just("*") | st.lists(st.just("*") | _TEXTS, min_size=1, max_size=4).map("".join)
_PREFIXES = phones().flatmap(lambda phone: st.integers(0, len(phone)).map(lambda length: f"{phone[:length]}*"))
_NUMBERS = phones() | _PREFIXES
_SECONDS = st.integers(0, 3600).map(float) | st.floats(0, 10 * 365 * 86_400)
_ADDRESSES = (
    st.ip_addresses().map(str)
    | st.builds("{}/{}".format, st.ip_addresses(v=4), st.integers(0, 32))
    | st.builds("{}/{}".format, st.ip_addresses(v=6), st.integers(0, 128))
)
# The emulator really waits this long.
_PROCESSING_TIMES = st.sampled_from([0.0, 0.001, 0.01])


def _tuples(elements: SearchStrategy[str], least: int = 0) -> SearchStrategy[tuple[str, ...]]:
    return st.lists(elements, min_size=least, max_size=3, unique=True).map(tuple)


def _answers(question: Assumption) -> SearchStrategy[str | tuple[str, ...]]:
    if isinstance(question.default, tuple):
        return st.permutations(question.default).map(tuple)
    listed = st.sampled_from([*question.answers])
    return listed | st.from_regex(question.form, fullmatch=True) if question.form else listed


def _dictionaries(
    fields: dict[str, SearchStrategy[Any]], settings: dict[str, SearchStrategy[Any]]
) -> SearchStrategy[dict[str, Any]]:
    for name in settings:
        if name not in fields:
            message = f"unknown setting {name!r}; known settings: {', '.join(fields)}"
            raise InvalidArgument(message)
    return st.fixed_dictionaries(
        settings, optional={name: strategy for name, strategy in fields.items() if name not in settings}
    )


_RULE_FIELDS: dict[str, SearchStrategy[Any]] = {
    "phone": _NUMBERS,
    "content": _PATTERNS,
    "linkid": _PATTERNS | linkids(),
    "stat": st.sampled_from(magic.STATS) | _TEXTS,
    "status": st.sampled_from(["0", "-1", "1"]),
    "delay": _SECONDS,
    "spread": _SECONDS,
    "reports": st.integers(0, 2),
    "rate": st.floats(0, 1),
}


@named
def outcome_rules(**settings: SearchStrategy[Any]) -> SearchStrategy[OutcomeRule]:
    """Outcome rules, which decide reports. The simplest delivers every message.

    Args:
        settings: Strategies for settings, by name.

    Raises:
        InvalidArgument: A setting is unknown.
    """
    return _dictionaries(_RULE_FIELDS, settings).map(lambda drawn: OutcomeRule(**drawn))


_ANSWERS = st.builds(PersonaAnswer, keyword=_TEXTS, text=_TEXTS)
_PERSONAS = st.builds(
    Persona,
    phone=_NUMBERS,
    answers=st.lists(_ANSWERS, max_size=2).map(tuple),
    echo=st.booleans(),
    delay=_SECONDS,
    opt_out=_tuples(_TEXTS),
)
_ACCOUNT_FIELDS: dict[str, SearchStrategy[Any]] = {
    "userid": st.just(DOCUMENT_ACCOUNT.userid),
    "password": st.just(DOCUMENT_ACCOUNT.password),
    "name": _TEXTS,
    "status": st.sampled_from(["normal", "frozen"]),
    "balance": st.integers(0, 1_000_000),
    "credit": st.integers(0, 1_000_000),
    "signcode": st.just("*") | _tuples(signatures(), 1),
    "require_signature": st.booleans(),
    "max_concurrency": st.integers(1, 100),
    "lock_after": st.integers(0, 100),
    "lock_window": _SECONDS,
    "lock_duration": _SECONDS,
    "processing_time": _PROCESSING_TIMES,
    "allowed_ips": _tuples(_ADDRESSES),
    "spcode": st.booleans(),
    "spnumber": _DIGITS,
    "sending_rule": st.booleans(),
    "channels": _tuples(st.sampled_from(get_args(Carrier))),
    "templates": _tuples(_PATTERNS),
    # Eleven digits with a * are no prefix.
    "prefixes": _tuples(_NUMBERS.filter(lambda entry: len(entry) <= NUMBER_DIGITS)),
    "blacklist": _tuples(_NUMBERS),
    "whitelist": st.none() | _tuples(_NUMBERS),
    "black_words": _tuples(_TEXTS),
    "white_words": _tuples(_TEXTS),
    "closing_phrase": st.just("退订回T") | _TEXTS.map(str.strip),
    "report_delay": _SECONDS,
    "outcomes": st.lists(outcome_rules(), max_size=3).map(tuple),
    "personas": st.lists(_PERSONAS, max_size=2).map(tuple),
    "magic_numbers": st.booleans(),
    "assumptions": st.fixed_dictionaries(
        {}, optional={id_: _answers(question) for id_, question in ASSUMPTIONS.items() if question.scope == "account"}
    ),
}


@named
def account_settings(**settings: SearchStrategy[Any]) -> SearchStrategy[AccountSettings]:
    """Valid settings of the document's account. The simplest are the defaults.

    Args:
        settings: Strategies for settings, by name, such as `userid=st.just("200002")`.

    Raises:
        InvalidArgument: A setting is unknown.
    """
    credentials = {name: _ACCOUNT_FIELDS[name] for name in ("userid", "password")}
    return _dictionaries(_ACCOUNT_FIELDS, credentials | settings).map(lambda drawn: AccountSettings(**drawn))
