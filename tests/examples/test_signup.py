"""Sign-up: only the code that was sent is accepted."""

import re

import pytest
from examples.gateways import Gateway
from examples.signup import create_app
from flask.testing import FlaskClient

from ccell_fake.testing import Ccell

PHONE = "13800000000"


@pytest.fixture
def web(gateway: Gateway) -> FlaskClient:
    return create_app(gateway).test_client()


def _code(ccell: Ccell) -> str:
    match = re.search(r"\d{6}", ccell.outbox[-1].content)
    assert match
    return match[0]


def test_the_code_is_accepted_once(ccell: Ccell, web: FlaskClient) -> None:
    assert web.post("/codes", data={"phone": PHONE}).status_code == 202
    assert ccell.outbox.one().phone == PHONE
    form = {"phone": PHONE, "code": _code(ccell)}
    assert [web.post("/accounts", data=form).status_code for _ in range(2)] == [201, 403]


def test_a_wrong_code_is_refused(ccell: Ccell, web: FlaskClient) -> None:
    web.post("/codes", data={"phone": PHONE})
    wrong = f"{(int(_code(ccell)) + 1) % 1_000_000:06}"
    assert web.post("/accounts", data={"phone": PHONE, "code": wrong}).status_code == 403
    assert web.post("/accounts", data={"phone": PHONE, "code": ""}).status_code == 403


@pytest.mark.parametrize("phone", ["19500001111", "17001004008"])
def test_a_refused_number_is_reported(ccell: Ccell, web: FlaskClient, phone: str) -> None:
    assert web.post("/codes", data={"phone": phone}).status_code == 422
    assert [one.phone for one in ccell.refused] == [phone]
    assert not ccell.outbox


def test_a_failure_of_the_gateway_sends_no_second_code(ccell: Ccell, web: FlaskClient) -> None:
    ccell.faults.next("send", code="1001999")
    assert web.post("/codes", data={"phone": PHONE}).status_code == 503
    assert not ccell.outbox
    assert web.post("/codes", data={"phone": PHONE}).status_code == 202
    assert len(ccell.outbox) == 1
