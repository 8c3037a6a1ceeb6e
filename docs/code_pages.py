"""The pages of the status codes, one for each: what `docs/templates/LANGUAGE/code.md` fills in.

`docs/codes.toml` has the advice. Everything else comes from the code and its registries.
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.engine import magic, number_rules, request_rules
from ccell_fake.engine.rules import Rule
from ccell_fixtures.cases import CASES
from ccell_fixtures.evidence import Evidence, all_evidence
from ccell_fixtures.registries import ASSUMPTIONS

ADVICE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("codes.toml").read_text("utf-8"))
"""The advice on each code."""

_EVIDENCE = {one.id: one for one in all_evidence()}
_STAGES: Mapping[str, Mapping[str, Sequence[Rule[Any]]]] = {
    "Q6": {**request_rules.STAGES, **{name: (rule,) for name, rule in request_rules.STRANGER_STAGES.items()}},
    "Q7": number_rules.STAGES,
}
_PHONE, _CONTENT, _USERID, _PASSWORD = "13800000000", "验证码为1234。【签名】", "200101", "123456"
_CONTROL = "http://127.0.0.1:8026/_ccell/v1/accounts"
_GATEWAY = "http://127.0.0.1:8026/sms3_api/xmlapi/send.jsp"


class CodePage:
    """The texts of a code's page in one language.

    Attributes:
        code: The code.
        when: When the gateway answers it, in one sentence.
    """

    def __init__(self, code: Code, language: str) -> None:
        """Choose the code and the language, `en` or `zh`."""
        self.code = code
        self._suffix = "" if language == "en" else f"_{language}"
        self._advice = ADVICE[code]
        self.when: str = getattr(CASES[code], f"when{self._suffix}")

    def advice(self, name: str) -> str:
        """A text of `docs/codes.toml`, or nothing if it follows from the kind of the code."""
        return str(self._advice.get(f"{name}{self._suffix}", ""))

    @property
    def gloss(self) -> str:
        """The document's text in English."""
        return str(self._advice["gloss"])

    def text(self, one: Evidence) -> str:
        """The text of a clause, question or rule."""
        return str(getattr(one, f"text{self._suffix}"))

    def passes(self, rule: Evidence) -> str:
        """The requests that a rule lets pass."""
        return str(getattr(rule, f"passes{self._suffix}"))

    @property
    def clauses(self) -> list[Evidence]:
        """The clauses and published facts that explain the code."""
        return [_EVIDENCE[name] for name in self._advice["clauses"]]

    @property
    def rules(self) -> list[Evidence]:
        """The emulator's rules that answer the code."""
        return [one for one in _EVIDENCE.values() if one.kind == "rule" and self.code in one.codes]

    @property
    def questions(self) -> list[Evidence]:
        """The open questions that name the code or explain it, in order."""
        explain = self._advice["questions"]
        questions = (one for one in _EVIDENCE.values() if one.kind == "question")
        return [one for one in questions if one.id in explain or names(one, self.code)]

    def answers(self, question: Evidence) -> list[tuple[str, str, bool]]:
        """The answers to a question: the setting, its meaning, and whether it is the default."""
        return [(one.answer, getattr(one, f"text{self._suffix}"), one.is_default) for one in question.answers]

    @property
    def orders(self) -> Iterator[tuple[str, list[tuple[str, bool]]]]:
        """The questions about the order of checks, with the stages, and whether a stage may answer the code."""
        answering = {one.id for one in self.rules}
        for question, stages in _STAGES.items():
            marked = [
                (name, any(rule.name in answering for rule in stages[name])) for name in ASSUMPTIONS[question].default
            ]
            if any(is_marked for _, is_marked in marked):
                yield question, marked

    @property
    def magic(self) -> tuple[str, str]:
        """The commands that get the code by magic numbers, and their answers. Success has none."""
        phones = {code: phone for table in (magic.REQUEST_PHONES, magic.NUMBER_PHONES) for phone, code in table.items()}
        userids = {code: userid for userid, code in magic.USERIDS.items()}
        if self.code not in phones:
            return "", ""
        phone = phones[self.code]
        commands, answers = [_send("200001", _PASSWORD, {"phone": phone})], [self._answer(phone)]
        if self.code in userids:
            commands.append(_send(userids[self.code], "any", {}))
            answers.append(self._answer(_PHONE))
        return "\n".join(commands), "\n".join(answers)

    def _answer(self, phone: str) -> str:
        """The part of an answer that has the code."""
        if not self.code.is_about_a_number:
            return f'<root return="{self.code}" info="{self.code.text}">'
        named = phone if self.code is Code.NUMBER_UNRECOGNISED else ""
        return f'phone="{phone}" return="{self.code}" info="{self.code.text}{named}"'

    @property
    def recipe(self) -> tuple[str, str]:
        """The commands that get the code by its cause, an account with settings and a send, and the answer."""
        case = CASES[self.code]
        settings = {name: value for name, value in case.account.items() if not case.others or name == "max_concurrency"}
        commands = [_control("PUT", "", {"password": _PASSWORD, **settings})]
        password, submit = _PASSWORD if case.password is None else case.password, case.submit
        if case.others:
            commands.append(_control("POST", "/holds", {"slots": case.others, "seconds": 60}))
        if case.assumptions:
            # An answer for the whole server cannot be changed while it runs. A fault does the same.
            commands.append(_control("POST", "/faults", {"kind": "code", "code": self.code}))
            password, submit = _PASSWORD, {}
        commands.append(_send(_USERID, password, submit))
        return "\n".join(commands), self._answer(submit.get("phone", _PHONE))


def names(question: Evidence, code: Code) -> bool:
    """Return whether a question or one of its answers names a code."""
    texts = [question.text, *(part for one in question.answers for part in (one.answer, one.text))]
    return any(re.search(rf"(?<!\d){code}(?!\d)", text) for text in texts) and code != Code.SUCCESS


def _send(userid: str, password: str, submit: dict[str, str]) -> str:
    attributes = {"phone": _PHONE, "content": _CONTENT, **submit}
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f'curl -s {_GATEWAY} -d \'<root userid="{userid}" password="{password}"><submit {written}/></root>\''


def _control(method: str, path: str, body: dict[str, Any]) -> str:
    data = json.dumps(body, ensure_ascii=False)
    return f"curl -s -X {method} {_CONTROL}/{_USERID}{path} -H 'Content-Type: application/json' -d '{data}'"
