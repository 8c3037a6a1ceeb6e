"""All operations of the control API, in the order of its document."""

from ccell_mock_server.control import accounts, arrangements, coverage, evidence, state, traffic, waiting
from ccell_mock_server.control.api import Api
from ccell_mock_server.services import Services


def apis(services: Services) -> list[Api]:
    """Declare the operations of an emulator."""
    parts = (accounts, arrangements, traffic, waiting, coverage, state)
    return [*(api for part in parts for api in part.views(services)), *evidence.views()]
