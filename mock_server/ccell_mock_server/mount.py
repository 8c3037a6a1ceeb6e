"""The control API beside the gateway, put together when it is first asked for something: few starts need it."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ccell_mock_server.backstage import Backstage
from ccell_mock_server.paths import CONTROL_PREFIX, LIVE_PATH, READY_PATH

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class Mount:
    """A WSGI application that hands the control API's paths to it and everything else to the gateway."""

    def __init__(self, gateway: "WSGIApplication", backstage: Backstage) -> None:
        """Stand in front of the gateway.

        Args:
            gateway: What answers everything else.
            backstage: What the control API works on.
        """
        self._gateway = gateway
        self._backstage = backstage
        self._guard = threading.Lock()
        self._control: WSGIApplication | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path: str = environ["PATH_INFO"]
        if path.startswith(CONTROL_PREFIX) and path not in {LIVE_PATH, READY_PATH}:
            return self._ready()(environ, start_response)
        return self._gateway(environ, start_response)

    def _ready(self) -> "WSGIApplication":
        with self._guard:
            if self._control is None:
                from ccell_mock_server.control.app import create_control  # noqa: PLC0415 - as the module says

                self._control = create_control(self._backstage)
            return self._control
