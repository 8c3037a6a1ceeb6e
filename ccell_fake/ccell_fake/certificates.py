"""The certificates that connections trust."""

import ssl
from pathlib import Path


def trusted(url: str, cacert: Path | str | None = None) -> ssl.SSLContext | bool:
    """Return what `verify` of httpx2 takes for connections to a URL.

    Args:
        url: The URL.
        cacert: File of the certificates to trust, as PEM; None or empty for those of the host.

    Raises:
        ValueError: The file has no certificates.
    """
    if cacert:
        try:
            return ssl.create_default_context(cafile=cacert)
        except OSError as error:
            message = f"{cacert}: no certificates can be read from it: {error}"
            raise ValueError(message) from None
    # The host's certificates load slowly, and plain HTTP does without them.
    return True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
