"""Trying an integration on a live gateway: with an address and a credential, numbers of one's own and a budget."""

from ccell_mock_server.live.target import LiveTarget, NothingTried, live_target

__all__ = ["LiveTarget", "NothingTried", "live_target"]
