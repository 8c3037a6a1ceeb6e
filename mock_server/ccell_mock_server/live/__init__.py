"""Test an integration on a live service, with your own numbers and a message budget."""

from ccell_mock_server.live.target import LiveTarget, live_target

__all__ = ["LiveTarget", "live_target"]
