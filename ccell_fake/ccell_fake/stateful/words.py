"""Sentences of findings and stories, in English and Chinese."""

from ccell_fake.codes import Code

_SENTENCES: dict[str, tuple[str, str]] = {
    # Messages.
    "message": ("message {number} to {phone}", "短信 {number}（{phone}）"),
    "messages": ("{count} messages, one for each of {count} phones", "{count} 条短信，{count} 部手机各一条"),
    "numbers": ("{count} numbers", "{count} 个号码"),
    "delivered": ("delivered", "已送达"),
    "failed": ("failed", "未送达"),
    # Between items of a list, and between parts of a sentence.
    "comma": (", ", "、"),
    "semicolon": ("; ", "；"),
    # Findings.
    "no token": (
        "{phone} was sent {content!r}, which has no token; a text of your own has to contain the token of its message",
        "发给 {phone} 的内容 {content!r} 不含任何短信的 token；自己编写内容时，须把 token 写进去",
    ),
    "not for it": ("{phone} was sent {content!r}, which was not for it", "{phone} 收到了 {content!r}，那不是给它的"),
    "unknown number": (
        "the number {phone!r} was refused with {code}, because {why}; none of the messages goes to it",
        "号码 {phone!r} 被以 {code} 拒绝，因为：{why}；没有短信是发给它的",
    ),
    "another text": ("{message} has another text: {difference}", "{message}的内容变了：{difference}"),
    "difference": (
        "{actual!r} arrived, {expected!r} was handed over",
        "网关收到 {actual!r}，交给你的代码的是 {expected!r}",
    ),
    "another time": (
        "{message} is sent at {actual}, not at {expected}",
        "{message}的发送时间是{actual}，而不是{expected}",
    ),
    "now": ("once", "立即"),
    "refused number": ("{message} was refused with {code}, because {why}", "{message}被以 {code} 拒绝，因为：{why}"),
    "refused unchanged": (
        "{message} was refused with {code}, and was as handed over",
        "{message}被以 {code} 拒绝，而它与交给你的代码的完全一致",
    ),
    "refused request": (
        "{operation} was refused with {code}, because {why}",
        "{operation} 被以 {code} 拒绝，因为：{why}",
    ),
    "sent again": (
        "{what} was refused with {code}, and was sent again unchanged (S8)",
        "{what}被以 {code} 拒绝，又原样再发（S8）",
    ),
    "a request": ("a request", "一个请求"),
    "twice": ("{message} was accepted {count} times", "{message}被网关接受了 {count} 次"),
    "missing": (
        "{message} was given to the integration, and fates() does not have it",
        "{message}已交给你的代码，而 fates() 里没有它",
    ),
    "never sent": (
        "{message} is unknown in the store, and the integration has never sent it, though nothing went wrong",
        "{message}在记录里是 unknown，而你的代码从未发送它，尽管没有出过错",
    ),
    "stored": ("{message} is {fate} in the store", "{message}在记录里是 {fate}"),
    "not accepted": ("{stored}, and the gateway has not accepted it", "{stored}，而网关没有接受它"),
    "not reported": ("{stored}, and its report has not been handed out", "{stored}，而它的状态报告还没有交出"),
    "given up": ("{stored}, and the gateway has accepted it", "{stored}，而网关已接受它"),
    "other report": ("{stored}, and its report says that it was {final}", "{stored}，而它的状态报告说：{final}"),
    "report lost": (
        "{stored}, and its report, which was handed out, says that it was {final}",
        "{stored}，而已交出的状态报告说：{final}",
    ),
    "reply twice": (
        "the reply {text!r} of {phone} is stored {stored} times, and was sent {sent} times",
        "{phone} 的回复 {text!r} 记录了 {stored} 次，而它发了 {sent} 次",
    ),
    "reply unknown": (
        "the reply {text!r} of {phone} is stored, and was never handed out",
        "记录里有 {phone} 的回复 {text!r}，而网关从未交出它",
    ),
    "replies lost": (
        "of {total} replies that were handed out, {count} are not stored, among them {text!r} of {phone}",
        "已交出的 {total} 条回复中有 {count} 条没有记录，其中有 {phone} 的 {text!r}",
    ),
    "charge": (
        "{message} costs {stored} in the store, and the gateway charged {charged}",
        "{message}在记录里计 {stored} 条，而网关计费 {charged} 条",
    ),
    "reports unfetched": (
        "reports are waiting ({count}), and the integration fetches none of them",
        "有 {count} 条状态报告在等待，而你的代码一条也不取",
    ),
    "replies unfetched": (
        "replies are waiting ({count}), and the integration fetches none of them",
        "有 {count} 条回复在等待，而你的代码一条也不取",
    ),
    "nothing tried": (
        "the gateway accepted no message in the whole run: {reasons}",
        "整个运行中网关没有接受任何短信：{reasons}",
    ),
    "nothing sent": ("the integration sent none", "你的代码一条也没有发"),
    # Stories.
    "story": ("What happened, on the account's clock:", "经过（按账户的时钟）："),
    "test": ("A test that repeats it:", "重现它的测试："),
    "send": ("Your code is given {messages} to send.", "要你的代码发送{messages}。"),
    "schedule": ("Your code is given {messages} to send at {time}.", "要你的代码在 {time} 发送{messages}。"),
    "report": ("The report of message {number} comes in: {state}.", "短信 {number} 的状态报告到了：{state}。"),
    "reply": ("{phone} answers {text!r}.", "{phone} 回复 {text!r}。"),
    "reply many": ("{count} phones answer.", "{count} 部手机回复。"),
    "fetch reports": ("Your code fetches reports.", "你的代码取状态报告。"),
    "fetch replies": ("Your code fetches replies.", "你的代码取上行短信。"),
    "advance": ("{minutes} minutes pass.", "过了 {minutes} 分钟。"),
    "restart": ("Your code is started again.", "你的代码重新启动。"),
    "text": ("The text is {text!r}.", "内容是 {text!r}。"),
    "flaky": (
        "It did not happen again when it was repeated. Threads, or chance, may decide whether it does.",
        "重复一次时没有再发生。是否发生，可能取决于线程或偶然。",
    ),
    "end": (
        "All reports come in, and your code fetches what is waiting.",
        "状态报告全部到达，你的代码取走等待的内容。",
    ),
    "nothing": ("Your code asks the gateway for nothing.", "你的代码没有向网关提出任何请求。"),
    "busy": ("Other users of the account have all its threads in use.", "账户的线程全被其他用户占用。"),
    "killed": (
        "Your code was killed while it waited for this answer, and started again.",
        "等这个应答时，你的代码被杀死，然后重新启动。",
    ),
    "more requests": ("… {count} more requests", "……另有 {count} 个请求"),
    "accepted": ("the gateway accepted {what}", "网关接受了{what}"),
    "accepted again": (
        "your code sent {what} again, and the gateway accepted it",
        "你的代码又发了{what}，网关接受了",
    ),
    "accepted resent": (
        "your code, or its HTTP library by itself (W16), sent {what} again, and the gateway accepted it",
        "你的代码又发了{what}，也可能是其 HTTP 库自行重发（W16），网关接受了",
    ),
    "refused": ("the gateway refused {what} with {code}: {why}", "网关以 {code} 拒绝了{what}：{why}"),
    "refused all": ("the gateway refused the request with {code}: {why}", "网关以 {code} 拒绝了请求：{why}"),
    "handed reports": ("the gateway handed out reports: {count}", "网关交出 {count} 条状态报告"),
    "handed replies": ("the gateway handed out replies: {count}", "网关交出 {count} 条上行短信"),
    "answered": ("the gateway answered", "网关应答"),
    "unprocessed": ("the gateway did not get the request", "网关没有收到请求"),
    "close": ("the connection closed before the answer", "应答之前连接就断开了"),
    "reset": ("the connection was reset before the answer", "应答之前连接被重置"),
    "truncate": ("the connection closed in the middle of the answer", "应答到一半连接断开"),
    "http": ("an error page came instead of the answer", "来的不是应答，而是一个错误页面"),
    "broken_xml": ("the answer was broken XML", "应答是残缺的 XML"),
    "broken_json": ("the answer was broken JSON", "应答是残缺的 JSON"),
    "gbk": ("the answer was in GBK", "应答用的是 GBK"),
    "late": ("the answer came after your code had stopped waiting", "应答来时，你的代码已不再等待"),
    "unanswered": ("no readable answer came", "没有可读的应答"),
}
_LANGUAGES = ("en", "zh")


class Words:
    """Sentences of a language.

    Attributes:
        language: `en` or `zh`.
    """

    def __init__(self, language: str) -> None:
        """Choose a language.

        Raises:
            ValueError: It is neither `en` nor `zh`.
        """
        if language not in _LANGUAGES:
            message = f"language must be one of {', '.join(_LANGUAGES)}, got {language!r}"
            raise ValueError(message)
        self.language = language
        self._place = _LANGUAGES.index(language)

    def __call__(self, name: str, **values: object) -> str:
        """Return a sentence by its name, filled with values."""
        return _SENTENCES[name][self._place].format(**values)

    def explain(self, code: str, explanation: str = "") -> str:
        """Return why a code was answered: the gateway's explanation in English, the document's text in Chinese.

        Args:
            code: The code.
            explanation: What the gateway says to all codes of a request, a line each, if known.
        """
        prefix = f"{code}: "
        lines = [line.removeprefix(prefix) for line in explanation.splitlines() if line.startswith(prefix)]
        is_known = code in set(Code)
        if self.language == "en" and lines:
            return lines[0]
        return Code(code).text if is_known else explanation or code
