"""Where things that are not the gateway's own stand."""

READY_PATH = "/_ccell/readyz"
"""Answers 200 as soon as requests are answered."""
