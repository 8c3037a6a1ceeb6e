"""Guarantees of the Faker provider: the same for the same seed, and accepted by the gateway."""

import re
import subprocess
import sys

import faker
import pytest
from harness.emulators import DOCUMENT_DAY, Bench, codes
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.engine import magic, numbers
from ccell_fake.engine.assumptions import Answers
from ccell_fake.engine.content import find_signatures
from ccell_fake.extras import install
from ccell_fake.lifelike import OPT_OUT, CcellProvider
from ccell_fake.model import Operation, Reply, Request, Submit, Upmsg
from ccell_fake.settings import Carrier
from ccell_fake.wire import replies, requests

SEEDS = st.integers(0, 2**32)
TEXTS = ["verification_text", "notice_text", "marketing_text", "content"]


def _fake(seed: int, locale: str = "en_US") -> faker.Faker:
    fake = faker.Faker(locale)
    fake.add_provider(CcellProvider)
    fake.seed_instance(seed)
    return fake


@given(SEEDS, st.sampled_from(TEXTS), st.sampled_from(["en_US", "zh_CN", "ar_EG"]))
def test_a_text_is_accepted_in_every_locale(seed: int, kind: str, locale: str) -> None:
    fake = _fake(seed, locale)
    bench = Bench()
    phone, content = fake.phone(), getattr(fake, kind)()
    assert codes(bench.send(phone, content)) == ["0", "0"]
    assert [report.info for report in bench.reports()] == ["成功"]
    assert len(content) <= 134
    request = Request("1", "2", (Submit(phone, content),))
    assert requests.parse(Operation.SEND, requests.render(request)) == request


@given(SEEDS, st.sampled_from(["mobile", "unicom", "telecom", "broadnet"]))
def test_a_phone_belongs_to_the_chosen_carrier(seed: int, carrier: Carrier) -> None:
    assert numbers.carrier(_fake(seed).phone(carrier), Answers()) == carrier


def test_phones_are_of_every_carrier_and_never_magic() -> None:
    fake = _fake(0)
    phones = [fake.phone() for _ in range(5000)]
    assert {numbers.carrier(phone, Answers()) for phone in phones} == {"mobile", "unicom", "telecom", "broadnet"}
    assert not any(phone.startswith(magic.HEADS) for phone in phones)
    with pytest.raises(ValueError, match="carrier must be one of broadnet, mobile, telecom, unicom, got radio"):
        fake.phone("radio")


@given(SEEDS, st.sampled_from(TEXTS))
def test_a_text_has_the_given_signature(seed: int, kind: str) -> None:
    content = getattr(_fake(seed), kind)("签名")
    assert {found.text for found in find_signatures(content, Answers())} == {"签名"}
    assert codes(Bench(signcode=("签名",)).send(content=content)) == ["0", "0"]


@given(SEEDS)
def test_the_gateway_accepts_a_signature(seed: int) -> None:
    signature = _fake(seed).signature()
    assert codes(Bench(signcode=(signature,)).send(content=f"您好【{signature}】")) == ["0", "0"]


@given(SEEDS)
def test_a_marketing_text_ends_with_the_opt_out_phrase(seed: int) -> None:
    assert codes(Bench(closing_phrase=OPT_OUT).send(content=_fake(seed).marketing_text())) == ["0", "0"]


@given(SEEDS)
def test_a_verification_text_has_a_code_of_six_digits(seed: int) -> None:
    assert len(re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", _fake(seed).verification_text())) == 1


@given(SEEDS)
def test_a_reply_arrives_as_it_was_sent(seed: int) -> None:
    upmsg = Upmsg("10690000", "13800000000", DOCUMENT_DAY, _fake(seed).reply())
    bench = Bench()
    bench.receive(upmsg)
    answer = bench.ask(Operation.UPMSG)
    assert answer.reply == Reply("0", "成功", (upmsg,))
    assert replies.parse(Operation.UPMSG, replies.render(answer.reply)) == answer.reply


def test_some_replies_opt_out_and_some_do_not() -> None:
    fake = _fake(0)
    assert {fake.reply() for _ in range(1000)} >= {"TD", "退订", "好的", "收到"}


@given(SEEDS)
def test_the_same_seed_makes_the_same(seed: int) -> None:
    def made() -> list[str]:
        fake = _fake(seed)
        return [make() for make in (fake.phone, fake.content, fake.reply, fake.signature) for _ in range(3)]

    assert made() == made()


def test_fakers_global_seed_decides() -> None:
    def made() -> list[str]:
        faker.Faker.seed(7)
        fake = faker.Faker()
        fake.add_provider(CcellProvider)
        return [fake.content() for _ in range(5)]

    assert made() == made()


def test_a_missing_faker_is_named() -> None:
    script = "import sys; sys.modules['faker'] = None; import ccell_fake.lifelike"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"ccell_fake.lifelike requires Faker: {install('demo')}" in done.stderr
