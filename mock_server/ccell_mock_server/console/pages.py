"""Serve the console: one page, its modules and its style. Everything it shows, it asks the control API for."""

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from ccell_mock_server.http.paths import CONSOLE_FILES, CONTROL_PREFIX

_FILES = Path(__file__).with_name("static")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def blueprint() -> Blueprint:
    """Make the blueprint of the console. Its files hold no data, so nobody needs a token for them."""
    pages = Blueprint("console", __name__)

    @pages.get(CONTROL_PREFIX)
    def index() -> Response:  # pyright: ignore[reportUnusedFunction]
        return _send("index.html")

    @pages.get(f"{CONSOLE_FILES}<path:name>")
    def file(name: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        return _send(name)

    return pages


def _send(name: str) -> Response:
    response = send_from_directory(_FILES, name)
    response.headers.update(_HEADERS)
    return response
