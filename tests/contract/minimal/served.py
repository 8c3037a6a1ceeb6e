"""The minimal gateway over HTTP, from a thread on 127.0.0.1."""

import re
import sys
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Self, cast
from urllib.parse import quote_from_bytes, unquote_to_bytes

from .accounts import ACCOUNTS, Account
from .gateway import Gateway, Handled

FOLDER = "/sms3_api/xmlapi/"
QUERY_BYTES = 8192
JSON_PATH = "/sms3_api/jsonapi/jsonrpc2.jsp"
REQUEST_LINE = re.compile(rb"(?P<method>[A-Z]+) (?P<target>.*) (?P<rest>HTTP/[0-9.]+\r?\n)")
PRINTABLE = bytes(range(0x21, 0x7F)).decode()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gateway: Gateway, *, speaks_json: bool) -> None:
        self.gateway = gateway
        self.speaks_json = speaks_json
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def parse_request(self) -> bool:
        """Read a request line in which blanks and UTF-8 may stand raw, as the document's GET samples have them."""
        line = REQUEST_LINE.fullmatch(self.raw_requestline)
        if line:
            target = quote_from_bytes(line["target"], safe=PRINTABLE).encode()
            self.raw_requestline = b"%s %s %s" % (line["method"], target, line["rest"])
        return super().parse_request()

    def do_GET(self) -> None:
        query = self.path.partition("?")[2]
        if len(query) > QUERY_BYTES:
            self.send_error(400)
            return
        self._answer(unquote_to_bytes(query.replace("+", " ")))

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(411)
            return
        body = self.rfile.read(int(length)).removeprefix(b"\xef\xbb\xbf")
        raw = body.lstrip().startswith((b"<", b"{"))
        self._answer(body if raw else unquote_to_bytes(body.replace(b"+", b" ")))

    def _answer(self, payload: bytes) -> None:
        path = self.path.partition("?")[0].replace("xmlapi//", "xmlapi/")
        operation = path.removeprefix(FOLDER).removesuffix(".jsp")
        server = cast("_Server", self.server)
        gateway, address = server.gateway, self.client_address[0]
        if path == JSON_PATH and server.speaks_json:
            answer, media_type = gateway.answer_call(payload, address), "application/json"
        elif operation in Gateway.OPERATIONS and path == f"{FOLDER}{operation}.jsp":
            answer, media_type = gateway.answer(operation, payload, address), "text/xml"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", f"{media_type};charset=UTF-8")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name http.server gives it
        """Say nothing: a GET's request line holds a password."""


class MinimalGateway:
    """The gateway, served on 127.0.0.1 between entering and leaving it.

    Attributes:
        url: Its address, without a path.
    """

    def __init__(self, accounts: Iterable[Account] = ACCOUNTS, port: int = 0, *, speaks_json: bool = True) -> None:
        """Bind the port; 0 for any that is free. Without JSON-RPC, its address is not found."""
        self._gateway = Gateway(accounts)
        self._server = _Server(("127.0.0.1", port), self._gateway, speaks_json=speaks_json)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving; requests in progress are answered at once."""
        self._gateway.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def journal(self) -> list[Handled]:
        """Every request answered, oldest first."""
        return self._gateway.journal

    @property
    def messages(self) -> int:
        """Number of messages that the gateway accepted."""
        return sum(len(handled.accepted) for handled in self.journal)

    def reply(self, userid: str, phone: str, text: str, spcode: str = "") -> None:
        """Let a phone write to an account now."""
        self._gateway.reply(userid, phone, text, spcode)
