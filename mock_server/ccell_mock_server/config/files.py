"""Check the files that an emulator uses from its start, without writing anything."""

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from ccell_fake.extras import install
from ccell_mock_server.config.errors import ConfigProblem


def check_store(path: Path) -> Iterator[ConfigProblem]:
    """Yield what prevents a store at a path. The store is not opened."""
    key, shown = "server.store", f'"{path}"'
    if path.is_dir():
        yield ConfigProblem(key, "must be a file, not a folder", shown)
    elif path.exists():
        if not os.access(path, os.R_OK | os.W_OK):
            yield ConfigProblem(key, "must be a file that can be read and written", shown)
    elif not path.parent.is_dir():
        yield ConfigProblem(key, "must be in a folder that exists", shown)
    if path.parent.is_dir() and not os.access(path.parent, os.W_OK):
        yield ConfigProblem(key, "must be in a folder that can be written", shown)


def check_certificate(chain: str, key: str) -> Iterator[ConfigProblem]:
    """Yield the problems of your certificate and its key."""
    from ccell_mock_server.http.authority import CertificateError  # noqa: PLC0415 - slow to import
    from ccell_mock_server.http.tls import load_certificate  # noqa: PLC0415 - likewise

    paths = {"server.tls_cert": chain, "server.tls_key": key}
    missing = {name: path for name, path in paths.items() if not Path(path).is_file()}
    yield from (ConfigProblem(name, "must be a file that exists", f'"{path}"') for name, path in missing.items())
    if not missing:
        try:
            load_certificate(Path(chain), Path(key))
        except CertificateError as error:
            yield ConfigProblem("server.tls_cert", str(error))


def check_generated(folder: Path | None, setting: str) -> Iterator[ConfigProblem]:
    """Yield what prevents a generated certificate: trustme is missing, or the authority that a folder keeps is damaged.

    Args:
        folder: The folder that keeps the authority, if there is one.
        setting: The setting that the problem is about.
    """
    from ccell_mock_server.http.authority import CertificateError, is_kept, kept_authority  # noqa: PLC0415 - likewise

    if find_spec("trustme") is None:
        yield ConfigProblem(setting, f"trustme is not installed; {install('tls')}")
    if folder is not None and is_kept(folder):
        try:
            kept_authority(folder)
        except CertificateError as error:
            yield ConfigProblem(setting, str(error))
