"""The 24 status codes of the document's table 3.1, with their texts."""

from enum import StrEnum


class Code(StrEnum):
    """A status code. 1001xxx is about a request, 1004xxx about one number (C1)."""

    SUCCESS = "0"
    PARAMETERS_INCOMPLETE = "1001001"
    BALANCE_TOO_SMALL = "1001002"
    ACCOUNT_FROZEN = "1001003"
    PASSWORD_WRONG = "1001004"
    IP_REFUSED = "1001005"
    CONCURRENCY_EXCEEDED = "1001006"
    CLOSING_PHRASE_MISSING = "1001007"
    NUMBER_UNRECOGNISED = "1004001"
    NO_SENDING_RULE = "1004002"
    SIGNATURE_MISSING = "1004003"
    FIXED_SIGNATURE_MISSING = "1004004"
    FIXED_SIGNATURE_OTHER = "1004005"
    NO_CHANNEL = "1004006"
    TEMPLATE_MISMATCH = "1004007"
    NUMBER_BLACKLISTED = "1004008"
    NUMBER_NOT_WHITELISTED = "1004009"
    BLACK_WORD = "1004010"
    NO_WHITE_WORD = "1004011"
    SENDTIME_MALFORMED = "1004012"
    SENDTIME_TOO_FAR = "1004013"
    SENDTIME_PAST = "1004014"
    SIGNATURE_TOO_LONG = "1004015"
    SYSTEM_ERROR = "1001999"

    @property
    def text(self) -> str:
        """The document's text."""
        return _TEXTS[self]

    @property
    def is_about_a_number(self) -> bool:
        """True if it refuses one number rather than the request (Q3)."""
        return self.startswith("1004")


_TEXTS = {
    Code.SUCCESS: "成功",
    Code.PARAMETERS_INCOMPLETE: "参数不完整",
    Code.BALANCE_TOO_SMALL: "余额不足",
    Code.ACCOUNT_FROZEN: "账号已冻结",
    Code.PASSWORD_WRONG: "密码不正确",
    Code.IP_REFUSED: "访问IP受限",
    Code.CONCURRENCY_EXCEEDED: "并发数超限",
    Code.CLOSING_PHRASE_MISSING: "短信附加语不符",
    Code.NUMBER_UNRECOGNISED: "手机号不可识别",
    Code.NO_SENDING_RULE: "未配置有效发送规则",
    Code.SIGNATURE_MISSING: "短信内容必须有签名",
    Code.FIXED_SIGNATURE_MISSING: "短信内容必须指定签名",
    Code.FIXED_SIGNATURE_OTHER: "短信内容指定签名",
    Code.NO_CHANNEL: "无可用通道",
    Code.TEMPLATE_MISMATCH: "模板不匹配",
    Code.NUMBER_BLACKLISTED: "不能发黑名单号码",
    Code.NUMBER_NOT_WHITELISTED: "非白名单号码",
    Code.BLACK_WORD: "不能发黑词内容",
    Code.NO_WHITE_WORD: "内容中不包括白词",
    Code.SENDTIME_MALFORMED: "定时发送时间参数不正确",
    Code.SENDTIME_TOO_FAR: "定时发送时间不能大于50天",
    Code.SENDTIME_PAST: "定时发送时间不能小于当前时间",
    Code.SIGNATURE_TOO_LONG: "短信签名限20字符",
    Code.SYSTEM_ERROR: "接口系统错",
}
