"""Servers that the benchmarks load: the emulator, and on the same kind of server one static Flask route."""

import sys
import tempfile
import threading
from pathlib import Path
from random import Random

from cheroot.wsgi import Server
from flask import Flask

from ccell_fake.settings import AccountSettings
from ccell_mock_server.config.settings import parse
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http.server import HttpServer

ACCOUNT = {"userid": "200001", "password": "123456", "balance": 10**9, "max_concurrency": 64}


def static() -> Flask:
    """A Flask application with one route that always answers the same."""
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/static", "static", lambda: "hello", methods=["GET", "POST"])
    return app


def emulator(store: str = "") -> Emulator:
    """The emulator, with an account that never runs out. Without a file, its store is in memory."""
    return Emulator(parse({"server": {"store": store}, "accounts": [ACCOUNT]}, "benchmark"))


def emulated() -> Flask:
    """The emulator's application."""
    return emulator().app


def stored() -> Flask:
    """The same with a store in a file, in a new temporary folder."""
    return emulator(str(Path(tempfile.mkdtemp(prefix="ccell-benchmark-")) / "store.sqlite")).app


def account(userid: str) -> AccountSettings:
    """Settings of one more account."""
    return AccountSettings(userid=userid, password="123456", balance=10**9)


def under_policy() -> Flask:
    """The same with everything an account can have checked, in quantity."""
    random = Random(7)  # noqa: S311 - words for a benchmark
    account = {
        **ACCOUNT,
        "signcode": ["签名", *(f"签名{number}" for number in range(50))],
        "templates": [*(f"您的第{number}号订单*已发货。" for number in range(99)), "验证码为*。"],
        "blacklist": [f"139{number:08d}" for number in range(100_000)],
        "whitelist": ["138*", *(f"137{number:08d}" for number in range(100_000))],
        "black_words": ["".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(3)) for _ in range(10_000)],
        "white_words": ["验证码", *(f"白词{number}" for number in range(10_000))],
        "allowed_ips": ["127.0.0.0/8", "::1"],
    }
    return Emulator(parse({"accounts": [account]}, "benchmark")).app


def stock() -> None:
    """Serve the static route on Cheroot as it comes until standard input ends."""
    server = Server(("127.0.0.1", 0), static())
    server.prepare()
    threading.Thread(target=server.serve, daemon=True).start()
    print(f"http://127.0.0.1:{server.bind_addr[1]}", flush=True)  # pyright: ignore[reportUnknownMemberType]
    sys.stdin.read()
    server.stop()


def main() -> None:
    """Serve the application named on the default server until standard input ends."""
    if sys.argv[1] == "stock":
        stock()
        return
    app = {"static": static, "emulated": emulated, "under_policy": under_policy, "stored": stored}[sys.argv[1]]()
    with HttpServer(app) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
