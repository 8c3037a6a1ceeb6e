"""The gateway of the plugin's fixture `ccell`, by either way of asking it."""

import pytest
from examples.gateways import ByClient, ByUrllib, Gateway

from ccell_fake.testing import Ccell


@pytest.fixture(params=["client", "urllib"])
def gateway(request: pytest.FixtureRequest, ccell: Ccell) -> Gateway:
    """Each test runs twice: by our client and by the standard library alone."""
    if request.param == "client":
        return ByClient(ccell.client)
    return ByUrllib(ccell.url, ccell.userid, ccell.password)
