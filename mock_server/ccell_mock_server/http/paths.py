"""The default port, and the paths of everything that is not the gateway's own."""

DEFAULT_PORT = 8026
"""The port of an emulator that is not told another."""

CONTROL_PREFIX = "/_ccell/"
"""Prefix of all these paths."""

CONSOLE_FILES = CONTROL_PREFIX + "console/"
"""Prefix of the console's files. The console itself is at the prefix of all paths."""

READY_PATH = CONTROL_PREFIX + "readyz"
"""Answers 200 as soon as the emulator answers requests."""

METRICS_PATH = CONTROL_PREFIX + "metrics"
"""Answers metrics in Prometheus' text format."""

LIVE_PATH = CONTROL_PREFIX + "livez"
"""Answers 200 while the process runs."""

CA_PATH = CONTROL_PREFIX + "ca.pem"
"""Answers the certificate of the authority that signed the server's certificate, as PEM, if both were generated."""

DOCUMENT_PATH = CONTROL_PREFIX + "openapi.json"
"""Answers the OpenAPI document of the control API."""
