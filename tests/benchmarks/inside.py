"""A send through the WSGI application in this process: over a static Flask route, and stage by stage."""

import io
import statistics
import sys
from collections.abc import Callable
from typing import Any

import served
import table

from ccell_fake.clock import elapsed
from ccell_fake.engine.answer import Decision
from ccell_fake.engine.coverage import met_by
from ccell_fake.model import Door, Layout, Operation
from ccell_fake.store.buffer import RowBuffer
from ccell_fake.wire import payload, replies, requests, secrets
from ccell_mock_server.gateway import endpoints, handler
from ccell_mock_server.gateway.routes import Route

SEND = Operation.SEND.path
ONE = '<root userid="200001" password="123456"><submit phone="13800000000" content="验证码为1234。【签名】"/></root>'
MANY = ONE.replace("13800000000", ",".join(f"138{number:08d}" for number in range(500)))
ROUNDS = 9
CALLS = 1_000


def environ(path: str, body: str = ONE) -> dict[str, Any]:
    """Return the WSGI environment of a POST."""
    data = body.encode()
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": path,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "CONTENT_LENGTH": f"{len(data)}",
        "CONTENT_TYPE": "text/xml",
        "REMOTE_ADDR": "127.0.0.1",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.input": io.BytesIO(data),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }


def microseconds(app: Any, path: str, body: str = ONE, calls: int = CALLS) -> float:
    """Return the mean time of a call of an application."""
    requests_ = [environ(path, body) for _ in range(calls)]
    begun = elapsed()
    for request in requests_:
        answer = app(request, _start_response)
        b"".join(answer)
        getattr(answer, "close", bool)()
    return (elapsed() - begun) / calls * 1e6


def _start_response(*_: object) -> None:
    pass


def ratio() -> list[float]:
    """Return a send over a static Flask route, for each round."""
    static, emulated = served.static(), served.emulated()
    quotients: list[float] = []
    for number in range(ROUNDS + 1):
        plain = microseconds(static, "/static")
        sent = microseconds(emulated, SEND)
        if number:
            quotients.append(sent / plain)
    return quotients


def stages() -> None:
    """Print the time of each stage of a send. The stages of the engine are measured as one."""
    emulator = served.emulator()
    services = emulator.services
    received = endpoints.receive(Route(SEND), environ(SEND))
    data = ONE.encode()
    arrival = handler.parse(services.gateway, received)
    answer = services.gateway.answer(arrival)
    decision = Decision(answer.reply, Layout(), answer.rule, answer.basis)
    account, at = services.accounts.remembered("200001"), services.accounts.clock.now()
    rows, settled_rows = RowBuffer(), RowBuffer()

    def count_met() -> None:
        rows.count(1, met_by(decision, Operation.SEND, None, account, is_locked=False), at)
        rows.move_to(settled_rows)

    stages_: dict[str, Callable[[], object]] = {
        "environment of a request (not part of a send)": lambda: environ(SEND),
        "the same, and reading the body": lambda: endpoints.receive(Route(SEND), environ(SEND)),
        "finding the payload": lambda: payload.find("POST", b"", data, "text/xml"),
        "parsing the XML": lambda: requests.parse(Operation.SEND, data),
        "hiding passwords": lambda: secrets.legible(data, readable=Door.XML),
        "admitting, judging, recording": lambda: services.gateway.answer(arrival),
        "of which rendering": lambda: replies.render(answer.reply),
        "of which counting what was met": count_met,
        "counting": lambda: services.metrics.count("send", "0", 0.001),
    }
    for name, stage in stages_.items():
        for _ in range(CALLS // 10):
            stage()
        taken: list[float] = []
        for _ in range(ROUNDS):
            begun = elapsed()
            for _ in range(CALLS):
                stage()
            taken.append((elapsed() - begun) / CALLS * 1e6)
        table.line(f"  {name}, µs", statistics.median(taken), digits=1)
