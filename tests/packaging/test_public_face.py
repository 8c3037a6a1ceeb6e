"""The public face: what `import ccell_fake` costs, and the command by its module."""

import subprocess
import sys

import ccell_fake
import ccell_mock_server


def _run(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True, timeout=120)
    return done.stdout


def test_importing_the_package_imports_no_other_module_of_it() -> None:
    script = "import sys, ccell_fake, ccell_mock_server; print(*sys.modules)"
    loaded = {name for name in _run("-c", script).split() if name.startswith("ccell") or name in {"flask", "httpx2"}}
    assert loaded == {"ccell_fake", "ccell_fake.__about__", "ccell_mock_server"}


def test_every_public_name_is_listed_by_dir_and_imports() -> None:
    assert set(ccell_fake.__all__) <= set(dir(ccell_fake))
    assert all(getattr(ccell_fake, name).__name__ == name for name in ccell_fake.__all__ if name != "__version__")
    assert ccell_mock_server.FakeCcell.__name__ == "FakeCcell"


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(ccell_fake, "Gateway")
    assert not hasattr(ccell_mock_server, "Gateway")


def test_the_module_is_the_command() -> None:
    assert _run("-m", "ccell_fake", "--version").split() == ["ccell-fake,", "version", ccell_fake.__version__]
