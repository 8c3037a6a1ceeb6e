"""Where things that are not the gateway's own stand."""

CONTROL_PREFIX = "/_ccell/"
"""Everything that is not the gateway's own."""

READY_PATH = CONTROL_PREFIX + "readyz"
"""Answers 200 as soon as requests are answered."""

METRICS_PATH = CONTROL_PREFIX + "metrics"
"""Answers figures in Prometheus' text format."""

LIVE_PATH = CONTROL_PREFIX + "livez"
"""Answers 200 while the process lives."""
