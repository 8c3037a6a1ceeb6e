"""The command `demo` and the table `[demo]`: the traffic that they leave on an emulator."""

import json
import re
import threading
import tomllib
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from click.testing import CliRunner, Result
from harness import processes
from harness.emulators import emulator

from ccell_fake.client import Client
from ccell_fake.control.client import ControlClient
from ccell_fake.inspection import State
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_mock_server import demo, fake, wsgi
from ccell_mock_server.cli import main
from ccell_mock_server.config.errors import ConfigError
from ccell_mock_server.config.settings import as_toml, parse
from ccell_mock_server.emulator import Emulator


def _run(*options: str) -> Result:
    return CliRunner().invoke(main, ["demo", *options])


def _summary(*options: str) -> Any:
    result = _run("--json", *options)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def _without_names(played: Any) -> Any:
    return {name: value for name, value in played.items() if name not in {"userid", "password"}}


def test_the_traffic_has_messages_of_every_state() -> None:
    played = _summary()
    assert sum(played["states"].values()) == 200
    assert {"delivered", "failed", "refused", "scheduled"} <= played["states"].keys()
    assert played["refused"].keys() == {"1004001", "1004004", "1004008"}
    assert played["failed"].keys() == {"UNDELIV", "EXPIRED", "REJECTD"}
    assert min(played["reports_fetched"], played["reports_left"]) > 0
    assert played["replies"] > played["replies_left"] > 0


def test_the_same_seed_gives_the_same_traffic_on_any_emulator() -> None:
    with emulator(server={"seed": 5}) as served:
        there = _summary("--url", served.url, "--seed", "3", "--messages", "80")
    assert _without_names(there) == _without_names(_summary("--seed", "3", "--messages", "80"))
    assert _without_names(there) != _without_names(_summary("--seed", "4", "--messages", "80"))


def test_the_summary_agrees_with_the_emulator() -> None:
    with emulator() as served, ControlClient(served.url) as control:
        played = _summary("--url", served.url, "--userid", "shop", "--messages", "60", "--hours", "3")
        account = control.account("shop")
        messages = list(account.messages())
        now = account.clock()
        assert len(messages) == 60
        assert played["states"].get("refused", 0) == sum(one.state is State.REFUSED for one in messages)
        assert now.mode == "real"
        assert all(timedelta() <= now.now - one.submitted_at < timedelta(hours=4) for one in messages)
        with Client(served.url, "shop", played["password"]) as client:
            assert len(client.upmsgs()) == played["replies_left"]
            assert len(client.reports()) <= played["reports_left"]
        assert list(control.account("200001").messages()) == []


def test_without_json_a_table_and_the_credentials_are_printed() -> None:
    with emulator() as served:
        output = _run("--url", served.url, "--messages", "50").output
        assert re.search(r"submits +│ \d+", output)
        assert re.search(r"messages +│ 50 ", output)
        match = re.search(r"account (\d+), password (minted-\S+)", output)
        assert match
        with Client(served.url, *match.groups()) as client:
            assert client.info().signcode


def test_a_used_userid_is_an_error_and_its_account_is_unchanged() -> None:
    with emulator() as served, ControlClient(served.url) as control:
        result = _run("--url", served.url, "--userid", "200001")
        assert (result.exit_code, "200001" in result.output) == (1, True)
        assert list(control.account("200001").messages()) == []


def test_the_control_token_is_sent() -> None:
    with emulator(server={"control_token": "secret"}) as served:
        assert _run("--url", served.url, "--messages", "5").exit_code == 1
        assert _summary("--url", served.url, "--messages", "5", "--control-token", "secret")["states"]


class _AnyServer(BaseHTTPRequestHandler):
    """Gives every request the same answer, as a captive portal or a gateway without a control API might."""

    status: int
    requests: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self) -> None:
        self.requests.append((self.command, self.path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(self.status)
        self.send_header("Content-Length", "6")
        self.end_headers()
        self.wfile.write(b"<root>")

    do_POST = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - likewise
        """Do not log."""


@contextmanager
def _no_emulator(status: int) -> Generator[tuple[str, list[tuple[str, str]]]]:
    _AnyServer.status = status
    _AnyServer.requests.clear()
    with HTTPServer(("127.0.0.1", 0), _AnyServer) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", _AnyServer.requests
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("status", [200, 204, 404, 500])
def test_nothing_is_sent_to_a_server_without_a_control_api(status: int) -> None:
    with _no_emulator(status) as (url, requests):
        result = _run("--url", url)
    assert (result.exit_code, "control API" in result.output) == (1, True)
    assert {(method, path.startswith("/_ccell/")) for method, path in requests} == {("GET", True)}


def test_a_missing_emulator_is_an_error() -> None:
    result = _run("--url", f"http://127.0.0.1:{processes.free_port()}")
    assert (result.exit_code, "no control API answers" in result.output) == (1, True)


def test_serve_starts_with_the_configured_traffic(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text("[demo]\nmessages = 40\n", "utf-8")
    with processes.serving(tmp_path) as (process, url), ControlClient(url) as control:
        assert process.stdout
        line = next(line for line in process.stdout if line.strip().startswith("demo, "))
        password = line.split(", ")[1].removeprefix("password ")
        assert len(list(control.account("demo").messages())) == 40
        with Client(url, "demo", password) as client:
            assert client.reports() + client.upmsgs()


def test_the_wsgi_application_starts_with_the_configured_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ccell.toml").write_text("[demo]\nmessages = 10\n", "utf-8")
    monkeypatch.setenv("CCELL_FAKE_CONFIG", str(tmp_path / "ccell.toml"))
    answer = wsgi.application().test_client().get("/_ccell/v1/accounts/demo/messages", base_url="http://127.0.0.1")
    assert len(answer.get_json()["items"]) == 10


def test_a_store_that_has_the_traffic_is_unchanged(tmp_path: Path) -> None:
    config = parse({"server": {"port": 0, "store": str(tmp_path / "x.sqlite")}, "demo": {"messages": 20}}, "x")
    assert config.demo
    runs: list[tuple[str, list[str]]] = []
    for _ in range(2):
        running = Emulator(config)
        password = demo.open_demo(running, config.demo)
        with fake.server(running, lambda: "") as server:
            runs.append((password, [message.msgid for message in server.control.account("demo").messages()]))
        running.stop()
    assert runs[0] == runs[1]
    assert len(runs[0][1]) == 20


@pytest.mark.parametrize("turn", range(max(len(one.answers) for one in ASSUMPTIONS.values())))
def test_the_traffic_works_with_every_answer_to_an_open_question(turn: int) -> None:
    """Each turn takes another answer to every question."""
    answers = {one.id: list(one.answers)[turn % len(one.answers)] for one in ASSUMPTIONS.values() if one.answers}
    config = parse({"server": {"port": 0}, "assumptions": answers, "demo": {"messages": 20}}, "x")
    assert config.demo
    running = Emulator(config)
    assert demo.open_demo(running, config.demo)
    running.stop()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (
            {"mesages": 1},
            "x.toml: demo.mesages: unknown setting 'mesages'; did you mean messages? known settings: messages, ",
        ),
        ({"messages": 0}, "x.toml: demo.messages must be greater than or equal to 1, got 0"),
        ({"messages": 10_001}, "demo.messages must be less than or equal to 10000, got 10001"),
        ({"hours": 0}, "demo.hours must be greater than 0, got 0"),
        ({"userid": "a b"}, 'demo.userid must consist of letters, digits and . _ @ -, and not be . or .., got "a b"'),
        ({"userid": "200001"}, 'demo.userid must differ from accounts[0].userid, got "200001"'),
        ({"userid": "1001002"}, 'demo.userid must not be a magic userid, got "1001002"'),
    ],
)
def test_an_invalid_table_is_named_with_what_is_allowed(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse({"demo": table}, "x.toml")
    assert message in str(caught.value)


def test_the_table_is_printed_if_it_is_set() -> None:
    assert "demo" not in tomllib.loads(as_toml(parse({}, "x")))
    config = parse({"demo": {}}, "x")
    assert tomllib.loads(as_toml(config))["demo"] == {"messages": 200, "hours": 8.0, "userid": "demo"}
    again = parse({"demo": {"hours": 1}, "accounts": [{"userid": "1", "password": "123456"}]}, "x")
    assert parse(tomllib.loads(as_toml(again)), "x") == again
