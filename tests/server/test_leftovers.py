"""A closed emulator and a failed start leave nothing."""

import gc
import logging
import tempfile
import weakref
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner
from harness.emulators import emulator

from ccell_fake.errors import CcellError
from ccell_fake.store.database import SqliteStore
from ccell_mock_server import FakeCcell, wsgi
from ccell_mock_server.cli import main
from ccell_mock_server.emulator import Emulator


def test_a_closed_emulator_is_garbage() -> None:
    with emulator() as served:
        assert httpx2.get(f"{served.url}/_ccell/v1/accounts").status_code == 200
    gone = weakref.ref(served)
    del served
    gc.collect()
    assert gone() is None
    assert not vars(logging).get("statistics")


def test_many_fakes_leave_no_object() -> None:
    def run(times: int) -> int:
        for _ in range(times):
            with FakeCcell(balance=5) as ccell:
                ccell.client.send("13800000000", "您好【签名】")
        gc.collect()
        return len(gc.get_objects())

    run(3)
    before = run(3)
    # One fake has thousands of objects.
    assert run(10) - before < 500


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_start_that_fails_for_its_store_leaves_no_key(temporary: Path) -> None:
    (temporary / "store").write_text("not a store")
    with pytest.raises(CcellError):
        emulator(server={"tls": True, "store": str(temporary / "store")})
    assert [path.name for path in temporary.iterdir()] == ["store"]


def test_a_start_that_fails_for_its_profile_closes_the_store(temporary: Path) -> None:
    path = temporary / "store"
    with pytest.raises(CcellError):
        emulator(server={"tls": True, "store": str(path), "profile": str(temporary / "none.toml")})
    # An open store is locked.
    SqliteStore(path).close()
    assert not [path for path in temporary.iterdir() if path.is_dir()]


def test_a_demo_that_fails_leaves_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> str:
        message = "no name today"
        raise RuntimeError(message)

    monkeypatch.setattr("faker.providers.person.zh_CN.Provider.last_name", fail)
    (temporary / "ccell.toml").write_text("[demo]\n")
    options = ["--config", str(temporary / "ccell.toml"), "--port", "0", "--tls", "--store", str(temporary / "store")]
    result = CliRunner().invoke(main, ["serve", *options])
    assert (result.exit_code, "no name today" in result.stderr) == (70, True)
    monkeypatch.setenv("CCELL_FAKE_CONFIG", str(temporary / "ccell.toml"))
    (temporary / "ccell.toml").write_text(f'[server]\nstore = "{temporary / "other"}"\n[demo]\n')
    with pytest.raises(RuntimeError, match="no name today"):
        wsgi.application()
    for name in ("store", "other"):
        SqliteStore(temporary / name).close()
    assert [path.name for path in temporary.iterdir() if path.is_dir()] == ["store.tls"]


def test_a_running_server_has_no_private_key_in_a_file(temporary: Path) -> None:
    with emulator(server={"tls": True}):
        assert [path.name for path in temporary.glob("*/*") if b"PRIVATE KEY" in path.read_bytes()] == []
        assert {path.name for path in temporary.glob("*/*")} == {"ca.pem"}
    assert list(temporary.iterdir()) == []


def test_a_start_that_fails_for_its_port_leaves_nothing(temporary: Path) -> None:
    with emulator() as first:
        port = int(first.url.rpartition(":")[2])
        second: Emulator = emulator(server={"port": port, "tls": True, "store": str(temporary / "store")})
        with pytest.raises(CcellError, match="the port is taken"):
            second.__enter__()
    SqliteStore(temporary / "store").close()
    assert [path.name for path in temporary.iterdir() if path.is_dir()] == ["store.tls"]
