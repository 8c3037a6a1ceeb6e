"""The contract suite holds on two emulators behind HAProxy, as on one."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from contract import holding
from harness import postgresql, processes, proxies


@contextmanager
def _pair(folder: Path) -> Generator[str]:
    """Two emulators on one database, behind HAProxy. Yields the proxy's URL."""
    store = ("--store", postgresql.shared().create_database())
    with (
        processes.serving(folder, *store) as (_, one),
        processes.serving(folder, *store) as (_, two),
        proxies.haproxy(one, two) as url,
    ):
        yield url


def test_the_suite_holds_on_a_pair_as_an_emulator(tmp_path: Path) -> None:
    with _pair(tmp_path) as url:
        holding.check_as_emulator(tmp_path, url)


def test_the_suite_holds_on_a_pair_as_a_live_service(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text(holding.CONFIG, "utf-8")
    with _pair(tmp_path) as url:
        holding.check_as_live(tmp_path, url)
