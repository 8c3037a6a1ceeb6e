"""The control API beside the gateway, put together when it is first asked for something: few starts need it."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ccell_mock_server.http.paths import CONTROL_PREFIX, LIVE_PATH, METRICS_PATH, READY_PATH
from ccell_mock_server.services import Services

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_WORKING = (CONTROL_PREFIX + "v1/", METRICS_PATH)
"""What is served without the document and its pages, which fewer still need."""


class Dispatcher:
    """A WSGI application that hands the control API's paths to it and everything else to the gateway."""

    def __init__(self, gateway: "WSGIApplication", services: Services) -> None:
        """Stand in front of the gateway.

        Args:
            gateway: What answers everything else.
            services: What the control API works on.
        """
        self._gateway = gateway
        self._services = services
        self._guard = threading.Lock()
        self._controls: dict[bool, WSGIApplication] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path: str = environ["PATH_INFO"]
        if path.startswith(CONTROL_PREFIX) and path not in {LIVE_PATH, READY_PATH}:
            is_documented = not path.startswith(_WORKING)
            return self._control(is_documented=is_documented)(environ, start_response)
        return self._gateway(environ, start_response)

    def _control(self, *, is_documented: bool) -> "WSGIApplication":
        with self._guard:
            if is_documented not in self._controls:
                from ccell_mock_server.control.app import create_control  # noqa: PLC0415 - as the module says

                self._controls[is_documented] = create_control(self._services, is_documented=is_documented)
            return self._controls[is_documented]
