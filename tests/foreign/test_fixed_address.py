"""Programs whose address is fixed, https://sms.ccell.cn, reach the emulator and trust its authority.

Each runs with the settings that the page on TLS shows. The name leads to loopback without an entry in the hosts file.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from foreign.programs import Programs
from harness.emulators import emulator
from harness.pages import ROOT

from ccell_mock_server.cli import main

FOLDER = Path(__file__).with_name("fixed_address")
NAME = "sms.ccell.cn"

KEYTOOL = "keytool -importcert -noprompt -alias ccell-fake -file ca.pem -keystore truststore.p12 -storepass changeit"
TRUSTING = {
    "curl": "curl --cacert ca.pem",
    "info.go": "SSL_CERT_FILE=ca.pem",
    "Info.java": "java -Djavax.net.ssl.trustStore=truststore.p12 -Djavax.net.ssl.trustStorePassword=changeit",
    "info.mjs": "NODE_EXTRA_CA_CERTS=ca.pem node",
    "info.php": "php -d curl.cainfo=ca.pem",
    "info_requests.py": "REQUESTS_CA_BUNDLE=ca.pem python",
    "info_urllib.py": "SSL_CERT_FILE=ca.pem python",
}
"""The beginning of the command of each program. It makes the program trust the authority."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the certificate that was printed before the first start, and with a hosts file for Java."""
    folder = tmp_path_factory.mktemp("fixed")
    printed = CliRunner().invoke(main, ["ca", "--tls-dir", str(folder / "tls")])
    (folder / "ca.pem").write_text(printed.stdout)
    (folder / "hosts").write_text(f"127.0.0.1 {NAME}\n")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """The fixed address, with the port of an emulator."""
    with emulator(server={"tls": True, "tls_names": [NAME], "tls_dir": str(folder / "tls")}) as served:
        yield f"https://{NAME}:{served.url.rpartition(':')[2]}/sms3_api/xmlapi/info.jsp"


def _run(programs: Programs, folder: Path, command: str, program: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run a program with a command that may begin with variables."""
    path = FOLDER / program
    programs.require(path)
    words = shlex.split(command)
    variables = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
    words = [sys.executable if word == "python" else word for word in words[len(variables) :]]
    match path.suffix:
        case ".go":
            words += [programs.compiled_go(path), url]
        case ".java":
            words += ["-Djdk.net.hosts.file=hosts", str(path), url]
        case "":
            port = url.split(":")[2].partition("/")[0]
            body = '<root userid="200001" password="123456"></root>'
            words += ["--resolve", f"{NAME}:{port}:127.0.0.1", url, "-d", body]
        case _:
            words += [str(path), url]
    return subprocess.run(
        words,
        cwd=folder,
        env=programs.environment | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )


@pytest.mark.parametrize("program", TRUSTING)
def test_a_program_with_a_fixed_address_trusts_the_emulator(
    programs: Programs, folder: Path, url: str, program: str
) -> None:
    if program.endswith(".java"):
        programs.require(FOLDER / program)
        subprocess.run(KEYTOOL.split(), cwd=folder, capture_output=True, check=True, timeout=240)
    done = _run(programs, folder, TRUSTING[program], program, url)
    assert '<root return="0"' in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("program", TRUSTING)
def test_a_program_without_the_authority_refuses_the_emulator(
    programs: Programs, folder: Path, url: str, program: str
) -> None:
    words = [word for word in shlex.split(TRUSTING[program]) if word in {"curl", "java", "node", "php", "python"}]
    done = _run(programs, folder, " ".join(words), program, url)
    assert done.returncode != 0
    assert re.search(r"certificat|CERTIFICATE|PKIX", done.stderr), done.stderr
    assert "<root" not in done.stdout


@pytest.mark.parametrize("page", ["docs/tls.md", "docs/zh/tls.md"])
def test_the_page_shows_each_command_that_is_tested(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    assert [command for command in (KEYTOOL, *TRUSTING.values()) if command not in text] == []
