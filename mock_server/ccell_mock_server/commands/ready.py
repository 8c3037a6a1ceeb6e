"""Waiting for an emulator that someone else has started."""

import ssl
import time

import httpx2

from ccell_fake.clock import elapsed
from ccell_mock_server.http.paths import READY_PATH

_PAUSE_SECONDS = 0.05


class NotReadyError(Exception):
    """The emulator did not serve in time; the message says what was seen last."""


def wait(url: str, timeout: float) -> None:
    """Return once the emulator answers that it is ready.

    Nothing secret is sent, so any certificate will do: what is asked is whether it serves, not who it is.

    Args:
        url: Where it shall serve, such as `http://127.0.0.1:8026`.
        timeout: Seconds to wait.

    Raises:
        NotReadyError: It did not in time.
    """
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    deadline = elapsed() + timeout
    with httpx2.Client(verify=context, trust_env=False) as client:
        while True:
            left = deadline - elapsed()
            try:
                answer = client.get(url.rstrip("/") + READY_PATH, timeout=max(left, _PAUSE_SECONDS))
                if answer.is_success:
                    return
                seen = f"it answered {answer.status_code}"
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                seen = str(error)
            if left <= _PAUSE_SECONDS:
                message = f"{url} was not ready within {timeout:g} s: {seen}"
                raise NotReadyError(message)
            time.sleep(_PAUSE_SECONDS)
