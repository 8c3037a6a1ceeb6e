"""The emulator in a container, for all tests of a run. Each test has an account of its own."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import HttpWaitStrategy

TOKEN = "token-of-the-tests"


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """Address of the emulator, as your application needs it."""
    container = (
        DockerContainer("ccell-fake:latest")
        .with_exposed_ports(8026)
        .with_env("CCELL_FAKE_CONTROL_TOKEN", TOKEN)
        .waiting_for(HttpWaitStrategy(8026, "/_ccell/readyz"))
    )
    with container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(8026)}"


def control(url: str, method: str, path: str, body: object = None) -> dict:
    """Call the control API."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(f"{url}/_ccell/v1/accounts{path}", data, headers, method=method)) as answer:
        return json.load(answer)


def test_a_message_reaches_the_emulator(url: str) -> None:
    account = control(url, "POST", "", {})
    userid, password = account["userid"], account["password"]

    # Your application sends.
    submit = '<submit phone="13800000000" content="验证码为1234。【签名】"/>'
    body = f'<root userid="{userid}" password="{password}">{submit}</root>'
    with urlopen(f"{url}/sms3_api/xmlapi/send.jsp", body.encode()) as answer:
        assert 'return="0"' in answer.read().decode()

    (message,) = control(url, "GET", f"/{userid}/messages")["items"]
    assert message["content"] == "验证码为1234。【签名】"
