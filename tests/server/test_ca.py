"""The command `ca`: the certificate to trust, before the first start and of a running emulator."""

import ssl
import subprocess
import sys
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx2
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from harness import processes
from harness.emulators import emulator

from ccell_fake.extras import install
from ccell_mock_server.cli import main
from ccell_mock_server.http import tls
from ccell_mock_server.http.authority import fingerprint, kept_authority
from ccell_mock_server.http.server import HttpServer

OWN = '[server]\ntls_cert = "server.pem"\ntls_key = "server.key"\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(main, ["ca", *arguments], env=variables)


@pytest.mark.parametrize(
    ("arguments", "variables", "config", "kept"),
    [
        (["--tls-dir", "tls"], {}, "", "tls"),
        (["--store", "ccell.sqlite"], {}, "", "ccell.sqlite.tls"),
        (["--store", "ccell.sqlite", "--tls-dir", "tls"], {}, "", "tls"),
        ([], {"CCELL_FAKE_TLS_DIR": "tls"}, "", "tls"),
        ([], {"CCELL_FAKE_STORE": "ccell.sqlite"}, "", "ccell.sqlite.tls"),
        ([], {}, '[server]\nhost = "0.0.0.0"\nstore = "x.sqlite"\n', "x.sqlite.tls"),
        (["--tls-dir", "tls"], {"CCELL_FAKE_URL": "https://127.0.0.1:1"}, "", "tls"),
        ([], {"CCELL_FAKE_TLS_DIR": "tls", "CCELL_FAKE_URL": "https://127.0.0.1:1"}, "", "tls"),
    ],
)
def test_it_makes_the_authority_that_serve_will_use_and_prints_it_and_its_fingerprint(
    folder: Path, arguments: list[str], variables: dict[str, str], config: str, kept: str
) -> None:
    if config:
        (folder / "ccell.toml").write_text(config)
    first, second = _run(*arguments, **variables), _run(*arguments, **variables)
    certificate = (folder / kept / "authority" / "ca.pem").read_bytes()
    assert (first.exit_code, first.stdout) == (0, certificate.decode()), first.output
    assert second.stdout == first.stdout
    assert first.stderr == f"{folder / kept / 'authority' / 'ca.pem'}, SHA-256 {fingerprint(certificate)}\n"


def test_it_prints_the_authority_of_a_running_emulator_whatever_its_names_are() -> None:
    with emulator(server={"tls": True, "control_token": "secret"}) as served:
        assert served.certificate
        assert served.certificate.authority
        certificate = served.certificate.authority.read_bytes()
        for result in (_run("--url", served.url, CCELL_FAKE_TLS_DIR="tls"), _run(CCELL_FAKE_URL=served.url)):
            assert (result.exit_code, result.stdout) == (0, certificate.decode())
            assert result.stderr == f"{served.url}, SHA-256 {fingerprint(certificate)}\n"


def test_it_writes_a_file_that_clients_can_use(folder: Path) -> None:
    with emulator(server={"tls_names": ["sms.ccell.cn"], "tls_dir": "tls"}) as served:
        result = _run("--tls-dir", "tls", "--out", "ca.pem")
        assert (result.exit_code, result.stdout) == (0, "")
        context = ssl.create_default_context(cafile=folder / "ca.pem")
        assert httpx2.get(f"{served.url}/_ccell/readyz", verify=context).is_success
    refused = _run("--tls-dir", "tls", "--out", "none/ca.pem")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: none/ca.pem: cannot be written: No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("arguments", "config", "code", "reason"),
    [
        ([], "", 2, "nothing keeps an authority: give --tls-dir or --store here and to serve, or --url"),
        (["--tls-dir", "tls"], OWN, 2, "server.tls_dir must not be set together with tls_cert"),
        (["--store", "x"], OWN, 2, "the settings name a certificate of your own (tls_cert)"),
        (["--tls-dir", "tls", "--url", "https://127.0.0.1:1"], "", 2, "give only one of both"),
        (["--url", "http://127.0.0.1:1"], "", 1, "--url must begin with https://, got http://127.0.0.1:1"),
        (["--url", "https://127.0.0.1:1"], "", 1, "https://127.0.0.1:1 does not answer: "),
        (["--tls-dir", "ccell.toml"], "# a file\n", 1, "ccell.toml: no authority can be kept there: File exists"),
    ],
)
def test_a_wrong_use_says_what_is_missing_and_writes_nothing(
    folder: Path, arguments: list[str], config: str, code: int, reason: str
) -> None:
    if config:
        (folder / "ccell.toml").write_text(config)
    result = _run(*arguments)
    assert (result.exit_code, result.stdout, reason in result.stderr) == (code, "", True), result.stderr
    assert {path.name for path in folder.iterdir()} <= {"ccell.toml"}


def test_an_emulator_with_your_certificate_has_no_authority_to_print(folder: Path) -> None:
    chain, key = kept_authority(folder).issue(["127.0.0.1"])
    (folder / "server.pem").write_bytes(chain)
    (folder / "server.key").write_bytes(key)
    with emulator(server={"tls_cert": "server.pem", "tls_key": "server.key"}) as served:
        result = _run("--url", served.url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{served.url} has no generated authority: it answered 404" in result.stderr


@pytest.mark.parametrize("answer", [b"<html>", b"-----BEGIN CERTIFICATE-----\n\x1b[2J-----END CERTIFICATE-----\n", b""])
def test_what_is_no_certificate_is_not_printed(answer: bytes) -> None:
    def application(_environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Length", str(len(answer)))])
        return [answer]

    certificate = tls.generate_certificate("127.0.0.1")
    with HttpServer(application, certificate=certificate) as server:
        result = _run("--url", server.url)
    certificate.discard()
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {server.url} answered no certificate; it is no emulator\n"


def test_the_fingerprint_is_the_sha_256_of_the_certificate(folder: Path) -> None:
    certificate = kept_authority(folder).certificate
    digest = x509.load_pem_x509_certificate(certificate).fingerprint(SHA256())
    assert bytes.fromhex(fingerprint(certificate).replace(":", "")) == digest


def test_a_kept_authority_is_printed_without_the_extra_and_a_new_one_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _run("--tls-dir", "tls").stdout
    monkeypatch.setitem(sys.modules, "trustme", None)
    assert _run("--tls-dir", "tls").stdout == kept
    refused = _run("--tls-dir", "other")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"trustme is not installed: {install('tls')}" in refused.stderr
    assert not Path("other").exists()


def test_a_full_disk_leaves_no_part_of_an_authority(folder: Path) -> None:
    # No file may have a byte.
    command = ["bash", "-c", 'ulimit -f 0; exec "$@"', "-", *processes.COMMAND, "ca", "--tls-dir", "tls"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: tls: no authority can be kept there: File too large\n"
    assert [*folder.rglob("*")] == [folder / "tls"]
