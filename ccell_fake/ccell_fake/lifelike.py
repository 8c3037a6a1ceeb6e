"""Faker provider of phones, Chinese messages and replies for lifelike traffic."""

from functools import cache
from typing import Any

from ccell_fake.extras import install

try:
    from faker import Generator
    from faker.providers import BaseProvider
    from faker.providers.person.zh_CN import Provider as ChinesePeople
except ImportError as _error:
    _message = f"ccell_fake.lifelike requires Faker: {install('demo')}"
    raise ImportError(_message, name="faker") from _error

from ccell_fake.engine import magic, numbers
from ccell_fake.engine.assumptions import Answers
from ccell_fake.settings import Carrier

OPT_OUT = "退订回T"
"""Closing phrase of marketing texts, as `closing_phrase` may require (1001007)."""

_BRANDS = ("云杉", "青禾", "海棠", "星河", "白鹭", "拾光", "木棉", "远山", "橙子", "知行", "小鹿", "万象")
_TRADES = ("科技", "商城", "银行", "快递", "外卖", "出行", "医院", "酒店", "教育", "物业", "")
_LOCKERS = ("南门快递柜", "3号楼快递柜", "小区驿站", "物业前台")
_BRANCHES = ("人民路店", "西湖店", "市民中心店", "二楼服务台")
_ESTATES = ("阳光花园", "翠湖小区", "人民路18号院")
_GOODS = ("夏装", "牛奶", "图书", "运动鞋", "年卡", "车险", "坚果礼盒")
_VERIFICATIONS = (
    "验证码为{code}。",
    "您的验证码是{code},{minutes}分钟内有效,请勿泄露给他人。",
    "{code}(登录验证码,{minutes}分钟内有效)。如非本人操作,请忽略本短信。",
    "您正在修改登录密码,验证码{code},切勿告知他人,谨防诈骗。",
    "尊敬的{name},您本次支付{amount}元的动态码为{code}。",
)
_NOTICES = (
    "{name}您好,您的快递已到{locker},取件码{pickup},请于今日{hour}:00前领取。",
    "尊敬的{name},您尾号{tail}的账户{date}支出人民币{amount}元。",
    "{name}您好,您预约的{date}{hour}:00已确认,请提前{minutes}分钟到{branch}。",
    "您的订单{order}已发货,预计{date}送达,签收前请当面验货。",
    "温馨提醒:{estate}将于{date}{hour}:00起停水{minutes}分钟,请提前储水。",
)
_OFFERS = (
    "{name},{goods}{discount}折起,仅限今日!点击 c.example/{order} 抢购,",
    "会员日来了!满{price}减{minutes},{goods}买一送一,到{branch}即享。",
    "好久不见,{name}!送您{minutes}元{goods}券,{date}前有效。",
    "{goods}新品上市,前{price}名下单立享{discount}折,详询{phone}。",
)
_REPLIES = (
    *("TD", "T", "退订", "好的", "收到", "知道了", "谢谢", "ok", "OK", "1", "是", "不需要", "嗯嗯", "👍"),
    *("你是谁?", "怎么办理?", "已经取了,谢谢", "打错了吧", "别再发了!", "请问几点关门"),
)


class CcellProvider(BaseProvider):
    """Phones and texts of an account; the same for the same seed.

    Texts are Chinese in every locale. A gateway with default settings accepts them. The argument `signature` of a text
    is the sender's name without brackets; it is random by default.

        fake = faker.Faker()
        fake.add_provider(CcellProvider)
        fake.verification_text()
    """

    def __init__(self, generator: Any) -> None:  # noqa: ANN401 - Faker's own signature
        """Draw names from Faker's Chinese people by the generator's seed."""
        super().__init__(generator)
        self._people = ChinesePeople(generator)

    def phone(self, carrier: Carrier | None = None) -> str:
        """A number that the gateway recognises, such as `13800000000`, without the prefix of a magic number.

        Args:
            carrier: `mobile`, `unicom`, `telecom` or `broadnet`; None for any.

        Raises:
            ValueError: The carrier is unknown.
        """
        heads = _heads(carrier)
        if not heads:
            message = f"carrier must be one of {', '.join(sorted({*_carriers().values()}))}, got {carrier}"
            raise ValueError(message)
        return self.random_element(heads) + self.numerify("#######")

    def signature(self) -> str:
        """A sender's name without brackets, such as `青禾商城`."""
        return self.random_element(_BRANDS) + self.random_element(_TRADES)

    def reply(self) -> str:
        """A reply, such as `TD` or `收到`."""
        return self.random_element(_REPLIES)

    def verification_text(self, signature: str | None = None) -> str:
        """A signed content with a verification code."""
        return self._signed(_VERIFICATIONS, "", signature)

    def notice_text(self, signature: str | None = None) -> str:
        """A signed content about a parcel, a payment or an appointment."""
        return self._signed(_NOTICES, "", signature)

    def marketing_text(self, signature: str | None = None) -> str:
        """A signed advertisement whose text ends with OPT_OUT."""
        return self._signed(_OFFERS, OPT_OUT, signature)

    def content(self, signature: str | None = None) -> str:
        """Any of these texts, with fewer advertisements than verifications and notices."""
        kinds = (*[self.verification_text] * 2, *[self.notice_text] * 2, self.marketing_text)
        return self.random_element(kinds)(signature)

    def _signed(self, patterns: tuple[str, ...], closing: str, signature: str | None) -> str:
        bracketed = f"【{self.signature() if signature is None else signature}】"
        text = self.random_element(patterns).format_map(self._details()) + closing
        return self.random_element((f"{bracketed}{text}", f"{text}{bracketed}"))

    def _details(self) -> dict[str, str]:
        return {
            "name": self._people.last_name() + self._people.first_name(),
            "phone": self.phone(),
            "locker": self.random_element(_LOCKERS),
            "branch": self.random_element(_BRANCHES),
            "estate": self.random_element(_ESTATES),
            "goods": self.random_element(_GOODS),
            "date": f"{self.random_int(1, 12)}月{self.random_int(1, 28)}日",
            "code": self.numerify("######"),
            "pickup": self.numerify("%-%-%0##"),
            "order": self.numerify("%#########"),
            "tail": self.numerify("####"),
            "amount": self.numerify("%##.##"),
            "hour": str(self.random_int(8, 21)),
            "minutes": str(self.random_int(1, 6) * 5),
            "discount": str(self.random_int(3, 9)),
            "price": str(self.random_int(1, 9) * 100),
        }


def seeded(seed: int) -> CcellProvider:
    """A provider with its own generator and seed."""
    generator = Generator()
    generator.seed_instance(seed)
    return CcellProvider(generator)


@cache
def _carriers() -> dict[str, str]:
    return numbers.heads(Answers()["Q8"])


@cache
def _heads(carrier: Carrier | None) -> tuple[str, ...]:
    return tuple(head for head, whose in _carriers().items() if carrier in {None, whose} and head not in magic.HEADS)
