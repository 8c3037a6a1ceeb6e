"""Print what a test pays for the fixture and for a send, beside pytest-httpserver and requests if those are there."""

import contextlib
import logging
import statistics
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module

import table

from ccell_fake.clock import elapsed

CONTENT = "验证码为1234。【签名】"
PHONE = "13800000000"
ROUNDS = 500
WARM_UP = 20


def milliseconds(act: Callable[[], object]) -> float:
    """Median time of one call over many."""
    for _ in range(WARM_UP):
        act()
    taken: list[float] = []
    for _ in range(ROUNDS):
        begun = elapsed()
        act()
        taken.append((elapsed() - begun) * 1000)
    return statistics.median(taken)


def ours(line: Callable[..., None]) -> None:
    """The fixture as the plugin makes it, and the client on either road."""
    # It is there in every run of tests, with or without the plugin.
    import_module("pytest")
    begun = elapsed()
    # What the first use imports is part of it.
    from ccell_mock_server import fake  # noqa: PLC0415
    from ccell_mock_server.config.settings import parse  # noqa: PLC0415
    from ccell_mock_server.emulator import Emulator  # noqa: PLC0415

    import_module("pytest_ccell.accounts")

    with Emulator(parse({"server": {"port": 0}}, "benchmark")) as emulator, fake.server(emulator) as server:
        ccell = server.open(balance=10**9)
        line("first use of the ccell fixture, imports included, ms", (elapsed() - begun) * 1000, "at most 350")
        line("ccell fixture, set-up and tear-down, ms", milliseconds(lambda: server.open().close()), "at most 1")
        http, straight = ccell.client, ccell.connect(in_process=True)
        line("send through ccell.client over HTTP, ms", milliseconds(lambda: http.send(PHONE, CONTENT)), "at most 0.8")
        line("the same in process, ms", milliseconds(lambda: straight.send(PHONE, CONTENT)), "at most 0.25")
        ccell.close()


def theirs(line: Callable[..., None]) -> None:
    """The same POST with requests to a canned answer of pytest-httpserver."""
    import requests  # noqa: PLC0415
    from pytest_httpserver import HTTPServer  # noqa: PLC0415

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    body = f'<root userid="1" password="1"><submit phone="{PHONE}" content="{CONTENT}"/></root>'.encode()
    reply = '<?xml version="1.0" encoding="UTF-8"?><root return="0" info="成功"></root>'
    path = "/sms3_api/xmlapi/send.jsp"
    with HTTPServer(port=0) as server, requests.Session() as session:

        def arranged() -> None:
            server.clear()
            server.expect_request(path, method="POST").respond_with_data(reply, content_type="text/xml;charset=UTF-8")

        arranged()
        line("pytest-httpserver, clearing and one expectation, ms", milliseconds(arranged))
        url = server.url_for(path)
        line("the same POST with requests to pytest-httpserver, ms", milliseconds(lambda: session.post(url, body).text))


def main() -> None:
    """Print the lines, scaled by the speed of this machine, which is the argument."""
    line = partial(table.line, speed=float(sys.argv[1]))
    ours(line)
    with contextlib.suppress(ImportError):
        theirs(line)


if __name__ == "__main__":
    main()
