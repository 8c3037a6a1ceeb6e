"""Use an installed distribution without its extras: `python tests/packaging/smoke.py`.

Every module has to import, except those that need an extra. The emulator has to serve a send and its report.
"""

from importlib import import_module
from pkgutil import walk_packages

import ccell_fake
import ccell_fixtures
import ccell_mock_server
import pytest_ccell

EXTRAS = {"faker", "hypothesis", "psycopg", "pytest", "trustme"}


def _is_missing_an_extra(name: str) -> bool:
    """Return whether the module cannot be imported without an extra. Any other failure is raised."""
    try:
        import_module(name)
    except ImportError as error:
        if str(error.name).partition(".")[0] not in EXTRAS:
            raise
        return True
    return False


def main() -> None:
    """Import everything, then send a message and fetch its report."""
    packages = (ccell_fake, ccell_fixtures, ccell_mock_server, pytest_ccell)
    names = [one.name for package in packages for one in walk_packages(package.__path__, f"{package.__name__}.")]
    names = [name for name in names if not name.endswith("__main__")]
    missing = [name for name in names if _is_missing_an_extra(name)]
    print(f"{len(names) - len(missing)} modules import, {len(missing)} need an extra")
    with ccell_mock_server.FakeCcell() as ccell:
        (resp,) = ccell.client.send("13800000000", "您好【签名】").resps
        assert [report.msgid for report in ccell.client.reports()] == [resp.msgid]
    print(f"ccell-fake {ccell_fake.__version__} serves")


if __name__ == "__main__":
    main()
