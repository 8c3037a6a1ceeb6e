"""The accounts that the minimal gateway starts with, each there for one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """One account: what it may do, and how long its requests take in seconds."""

    userid: str
    password: str = "123456"
    login: str = "someone@example.com"
    balance: int = 100_000
    credit: int = 0
    signatures: tuple[str, ...] = ("*",)
    spcode: bool = False
    spnumber: str = "0001"
    sending_rule: bool = True
    unreachable: tuple[str, ...] = ()
    blacklist: frozenset[str] = frozenset()
    whitelist: frozenset[str] = frozenset()
    templates: tuple[str, ...] = ()
    black_words: tuple[str, ...] = ()
    white_words: tuple[str, ...] = ()
    closing_phrase: str = ""
    allowed_ips: tuple[str, ...] = ()
    frozen: bool = False
    max_concurrency: int = 3
    lock_after: int = 10
    lock_window: int = 60
    processing: float = 0.0


ACCOUNTS = (
    Account("200001"),
    Account("200002", spcode=True),
    Account("200003", closing_phrase="退订回T"),
    Account("200004", frozen=True),
    Account("200005", allowed_ips=("10.0.0.0/8",)),
    Account("200006", balance=3, credit=2),
    Account("200007", signatures=("签名",)),
    Account("200008", sending_rule=False),
    Account("200009", unreachable=("138",)),
    Account("200010", templates=("您的订单*已发货。",)),
    Account("200011", blacklist=frozenset({"13800000008"}), black_words=("发票",)),
    Account("200012", whitelist=frozenset({"13900000000"})),
    Account("200013", white_words=("会员",)),
    Account("200014", processing=1.0),
    Account("200015", processing=1.0),
    Account("200016", processing=1.0, max_concurrency=5),
)
"""The accounts it starts with: 200014 and 200015 are slow with the default limit, 200016 with a raised one."""
