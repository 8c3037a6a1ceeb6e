"""Gateway of the plugin's fixture `ccell`, by our client and by the standard library."""

import pytest
from examples.gateways import ByClient, ByUrllib, Gateway

from ccell_fake.testing import Ccell


@pytest.fixture(params=["client", "urllib"])
def gateway(request: pytest.FixtureRequest, ccell: Ccell) -> Gateway:
    """Run each test twice: by our client and by the standard library."""
    if request.param == "client":
        return ByClient(ccell.client)
    return ByUrllib(ccell.url, ccell.userid, ccell.password)
