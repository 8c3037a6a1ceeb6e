"""The authority of generated certificates: kept over restarts, made once, never overwritten. Names in certificates."""

import signal
import socket
import ssl
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)
from harness import processes
from harness.emulators import emulator
from hypothesis import given
from hypothesis import strategies as st

from ccell_fake.clock import SystemClock
from ccell_mock_server.commands.options import insecure_context
from ccell_mock_server.emulator import Emulator
from ccell_mock_server.http import tls
from ccell_mock_server.http.authority import CertificateError, kept_authority
from ccell_mock_server.http.names import canonical_name, own_names

_LABELS = st.from_regex(r"[a-z]([a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)
_NAMES = st.lists(_LABELS, min_size=2, max_size=4).map(".".join)


def _shake_hands(served: Emulator, name: str, authority: Path | None) -> x509.Certificate:
    """Connect as a client that knows the server by this name, and return the server's certificate."""
    context = ssl.create_default_context(cafile=authority)
    parts = urlsplit(served.url)
    assert parts.hostname
    assert parts.port
    with (
        socket.create_connection((parts.hostname, parts.port), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=name) as client,
    ):
        return x509.load_der_x509_certificate(client.getpeercert(binary_form=True) or b"")


def _files(folder: Path) -> dict[str, bytes]:
    return {f"{path.relative_to(folder)}": path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["sms.ccell.cn", "SMS.ccell.cn", "x.example.com", "短信.中国", "10.1.2.3", "fd00::1"])
def test_a_client_reaches_the_emulator_by_each_of_its_names(name: str) -> None:
    names = ["sms.ccell.cn", "*.example.com", "短信.中国", "10.1.2.3", "fd00::1"]
    with emulator(server={"tls_names": names}) as served:
        assert served.certificate
        _shake_hands(served, name, served.certificate.authority)
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            _shake_hands(served, "other.ccell.cn", served.certificate.authority)


@pytest.mark.parametrize("name", ["127.0.0.1", "::1", "localhost", "the-container"])
def test_loopback_and_the_name_of_the_machine_are_in_every_certificate(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "the-container")
    with emulator(server={"tls": True}) as served:
        assert served.certificate
        _shake_hands(served, name, served.certificate.authority)


def test_a_name_of_the_machine_that_no_certificate_can_have_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "my_machine")
    assert [*own_names()] == ["127.0.0.1", "::1", "localhost"]


@given(_NAMES, st.sampled_from(["", "*."]))
def test_a_name_is_its_own_canonical_name(name: str, wildcard: str) -> None:
    assert canonical_name(wildcard + name.upper()) == canonical_name(wildcard + name) == wildcard + name


@given(st.ip_addresses())
def test_an_address_is_kept(address: object) -> None:
    assert ip_address(canonical_name(str(address))) == address


@given(
    _NAMES,
    st.sampled_from(
        [
            "https://{}",
            "{}:443",
            "{}/",
            "{}.",
            ".{}",
            "a..{}",
            "-{}",
            "a_b.{}",
            "x@{}",
            "a.*.{}",
            "a*.{}",
            " {}",
            "{}.1",
        ]
    ),
)
def test_what_is_no_name_is_refused(name: str, form: str) -> None:
    with pytest.raises(ValueError, match="must be names such as"):
        canonical_name(form.format(name))


@pytest.mark.parametrize("name", ["", "*", "*.", "*.cn", "*.*.cn", "127.0.0.256", "10.0.0.0/8", "[::1]", "a" * 64])
def test_a_wildcard_or_an_address_that_no_client_would_accept_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="must be names such as"):
        canonical_name(name)


@pytest.mark.parametrize("setting", [{"tls_dir": "tls"}, {"store": "ccell.sqlite"}])
def test_an_authority_outlives_restarts_and_new_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: dict[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / (setting.get("tls_dir") or f"{setting['store']}.tls")
    with emulator(server={"tls": True, **setting}) as first:
        assert first.certificate
        before = _shake_hands(first, "localhost", first.certificate.authority)
    trusted = tmp_path / "copy.pem"
    trusted.write_bytes(kept_authority(folder).certificate)
    with emulator(server={"tls_names": ["sms.ccell.cn"], **setting}) as second:
        after = _shake_hands(second, "sms.ccell.cn", trusted)
    assert before.serial_number != after.serial_number
    assert set(_files(folder)) == {"authority/ca.pem", "authority/ca.key"}


def test_without_a_folder_each_start_has_an_authority_of_its_own() -> None:
    with emulator(server={"tls": True}) as first, emulator(server={"tls": True}) as second:
        assert first.certificate
        assert second.certificate
        with pytest.raises(ssl.SSLCertVerificationError):
            _shake_hands(second, "localhost", first.certificate.authority)


def test_only_the_owner_can_read_the_authority(tmp_path: Path) -> None:
    kept_authority(tmp_path / "tls")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [tmp_path / "tls", *tmp_path.glob("tls/**/*")]}
    assert modes == {"tls": 0o700, "authority": 0o700, "ca.pem": 0o600, "ca.key": 0o600}


def test_an_authority_shows_no_key_in_its_repr(tmp_path: Path) -> None:
    assert "PRIVATE" not in repr(kept_authority(tmp_path))


def test_processes_that_start_at_once_share_one_authority(tmp_path: Path) -> None:
    command = [*processes.COMMAND, "ca", "--tls-dir", "tls"]
    with ThreadPoolExecutor(6) as pool:
        starts = [
            pool.submit(subprocess.run, command, cwd=tmp_path, capture_output=True, timeout=120, check=True)
            for _ in range(6)
        ]
        printed = {start.result().stdout for start in starts}
    assert printed == {(tmp_path / "tls/authority/ca.pem").read_bytes()}
    assert set(_files(tmp_path)) == {"tls/authority/ca.pem", "tls/authority/ca.key"}


def test_threads_that_make_an_authority_at_once_get_the_same(tmp_path: Path) -> None:
    for number in range(20):
        with ThreadPoolExecutor(8) as pool:
            made = {one.certificate for one in pool.map(kept_authority, [tmp_path / f"{number}"] * 8)}
        assert len(made) == 1
    assert len(_files(tmp_path)) == 40


def _authority() -> tuple[bytes, bytes]:
    made = trustme.CA()
    return made.cert_pem.bytes(), made.private_key_pem.bytes()


def _encrypted(key: bytes) -> bytes:
    secret = BestAvailableEncryption(b"secret")
    return load_pem_private_key(key, None).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret)


def _damages() -> dict[str, dict[str, bytes]]:
    certificate, key = _authority()
    issued = trustme.CA().issue_cert("x.example.com")
    leaf = issued.cert_chain_pems[0].bytes(), issued.private_key_pem.bytes()
    return {
        "no files": {},
        "no key": {"ca.pem": certificate},
        "no certificate": {"ca.key": key},
        "empty files": {"ca.pem": b"", "ca.key": b""},
        "a cut certificate": {"ca.pem": certificate[:200], "ca.key": key},
        "other text": {"ca.pem": "中文".encode("gbk"), "ca.key": key},
        "the key of another authority": {"ca.pem": certificate, "ca.key": _authority()[1]},
        "two certificates": {"ca.pem": certificate + _authority()[0], "ca.key": key},
        "a server's certificate": {"ca.pem": leaf[0], "ca.key": leaf[1]},
        "an encrypted key": {"ca.pem": certificate, "ca.key": _encrypted(key)},
    }


@pytest.mark.parametrize("damage", _damages().items(), ids=lambda damage: damage[0])
def test_a_damaged_or_foreign_authority_is_an_error_and_stays_as_it_is(
    tmp_path: Path, damage: tuple[str, dict[str, bytes]]
) -> None:
    place = tmp_path / "tls" / "authority"
    place.mkdir(parents=True)
    for name, content in damage[1].items():
        (place / name).write_bytes(content)
    with pytest.raises(CertificateError, match=r"must be an authority and its key, as PEM: .* or remove ") as caught:
        emulator(server={"tls": True, "tls_dir": str(tmp_path / "tls")})
    assert str(place) in str(caught.value)
    assert "PRIVATE" not in str(caught.value)
    assert _files(place) == damage[1]


@pytest.mark.parametrize("name", ["tls", "tls/authority"])
def test_a_file_in_the_place_of_the_folder_is_an_error_and_stays_as_it_is(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    with pytest.raises(CertificateError, match=r"Not a directory|File exists"):
        kept_authority(tmp_path / "tls")
    assert file.read_text() == "mine"


def test_an_authority_that_has_ended_is_an_error_that_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trustme, "DEFAULT_EXPIRY", datetime(2020, 2, 1, tzinfo=UTC))
    with pytest.raises(CertificateError, match=r"the authority ended on 2020-02-01; restore it, or remove .*authority"):
        kept_authority(tmp_path)
    assert set(_files(tmp_path)) == {"authority/ca.pem", "authority/ca.key"}


def test_a_certificate_ends_with_its_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    end = SystemClock().now().replace(microsecond=0) + timedelta(days=2)
    monkeypatch.setattr(trustme, "DEFAULT_EXPIRY", end)
    with emulator(server={"tls": True, "tls_dir": str(tmp_path)}) as served:
        assert served.certificate
        assert _shake_hands(served, "localhost", served.certificate.authority).not_valid_after_utc == end


def test_a_certificate_is_valid_for_no_longer_than_clients_allow() -> None:
    with emulator(server={"tls": True}) as served:
        assert served.certificate
        issued = _shake_hands(served, "localhost", served.certificate.authority)
    # Apple's limit.
    assert issued.not_valid_after_utc - issued.not_valid_before_utc <= timedelta(days=825)


def test_everybody_can_fetch_the_certificate_of_the_authority_without_the_token() -> None:
    with emulator(server={"tls": True, "control_token": "secret"}) as served:
        assert served.certificate
        assert served.certificate.authority
        answer = httpx2.get(f"{served.url}/_ccell/ca.pem", verify=insecure_context())
        assert answer.content == served.certificate.authority.read_bytes()
        assert httpx2.get(f"{served.url}/_ccell/v1/accounts", verify=insecure_context()).status_code == 401


def test_an_emulator_without_an_authority_hands_out_none() -> None:
    own = tls.generate_certificate("127.0.0.1")
    with emulator() as served:
        assert httpx2.get(f"{served.url}/_ccell/ca.pem").status_code == 404
    with emulator(server={"tls_cert": str(own.chain), "tls_key": str(own.key)}) as served:
        assert httpx2.get(f"{served.url}/_ccell/ca.pem", verify=insecure_context()).status_code == 404
    own.discard()


@pytest.mark.parametrize("stop", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("kept", [True, False])
def test_a_signal_leaves_the_kept_authority_and_no_other_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: signal.Signals, *, kept: bool
) -> None:
    temporary, work = tmp_path / "temporary", tmp_path / "work"
    temporary.mkdir()
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with processes.serving(work, "--tls", *(["--tls-dir", "tls"] if kept else [])) as (process, _):
        running = _files(temporary)
        process.send_signal(stop)
        process.wait(60)
    assert [path for path, content in running.items() if b"PRIVATE KEY" in content] == []
    assert set(_files(work)) == ({"tls/authority/ca.pem", "tls/authority/ca.key"} if kept else set())
    left = _files(temporary)
    # Only a kill leaves something: the certificate of a temporary authority, without its key.
    assert (left == {}) == (kept or stop is not signal.SIGKILL)
    assert {Path(name).name for name in left} <= {"ca.pem"}
