"""What the benchmarks load: the emulator, and on the same kind of server one static Flask route."""

import sys

from flask import Flask

from ccell_mock_server.app import create_app
from ccell_mock_server.config import parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.serving import HttpServer

ACCOUNT = {"userid": "200001", "password": "123456", "balance": 10**9, "max_concurrency": 64}


def static() -> Flask:
    """A Flask application with one route that always answers the same."""
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/static", "static", lambda: "hello", methods=["GET", "POST"])
    return app


def emulated() -> Flask:
    """The emulator's application, with an account that never runs out."""
    return create_app(Emulator(parse({"accounts": [ACCOUNT]}, "benchmark")).gateway)


def main() -> None:
    """Serve the application named on the default server until standard input ends."""
    app = {"static": static, "emulated": emulated}[sys.argv[1]]()
    with HttpServer(app) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
