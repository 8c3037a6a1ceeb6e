"""The GitHub Action: its steps run in bash, and its outputs and variables reach a real emulator."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from harness import scripted
from harness.actions import Job
from harness.emulators import until
from harness.pages import ROOT
from harness.processes import free_port

from ccell_fake import Client, ControlClient

INSTALL = "Install ccell-fake"
ACCOUNT = '[server]\ncontrol_token = "open-sesame"\n[[accounts]]\nuserid = "200009"\npassword = "hunter2"\n'


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Job]:
    """A job whose emulators are stopped at the end."""
    for name in [name for name in os.environ if name.startswith("CCELL_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name in ("workspace", "temporary"):
        (tmp_path / name).mkdir()
    one = Job(tmp_path / "workspace", tmp_path / "temporary")
    one.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{one.environment['PATH']}"
    yield one
    for name, value in one.values.items():
        if name.endswith(".pid") and _runs(int(value)):
            os.kill(int(value), signal.SIGTERM)


def _runs(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def _start(job: Job, id_: str = "ccell", **inputs: str) -> dict[str, str]:
    """Run the action without its installation. Returns the outputs."""
    job.use(ROOT, {name.replace("_", "-"): value for name, value in inputs.items()}, id_, leave_out=(INSTALL,))
    prefix = f"steps.{id_}.outputs."
    return {name.removeprefix(prefix): value for name, value in job.values.items() if name.startswith(prefix)}


def _stop(outputs: dict[str, str]) -> None:
    pid = int(outputs["pid"])
    os.kill(pid, signal.SIGTERM)
    until(lambda: not _runs(pid))


@pytest.mark.timeout(600)
def test_the_action_installs_starts_and_serves_later_steps(job: Job) -> None:
    job.environment["PATH"] = f"{Path(sys.base_prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    job.use(ROOT, {}, "ccell")
    assert job.environment["PATH"].startswith(f"{job.temporary}/ccell-fake/bin{os.pathsep}")
    job.run({"run": "ccell-fake send 13800000000 '验证码为1234。【签名】'"})
    job.run({"run": "curl -sf ${{ steps.ccell.outputs.url }}/_ccell/v1/accounts/${{ steps.ccell.outputs.userid }}"})
    assert "accepted" in job.printed
    assert "::add-mask::" not in job.printed
    job.run({"run": "kill ${{ steps.ccell.outputs.pid }}"})
    until(lambda: not _runs(int(job.values["steps.ccell.outputs.pid"])))


def test_the_outputs_are_an_account_of_the_running_emulator(job: Job) -> None:
    outputs = _start(job)
    with Client(outputs["url"], outputs["userid"], outputs["password"]) as client:
        assert client.send("13800000000", "您好【签名】").accepted
        assert [resp.code for resp in client.send("19500001111", "您好【签名】").resps] == ["1004001"]
    log = Path(outputs["log"])
    until(lambda: "'19500001111' is not recognised" in log.read_text("utf-8"))
    assert outputs["cacert"] == ""
    _stop(outputs)
    with pytest.raises(OSError, match="refused"), socket.create_connection(_address(outputs["url"])):
        pass


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 0


def test_the_configuration_of_the_workspace_is_used_and_its_secrets_are_masked(job: Job) -> None:
    (job.workspace / "ccell.toml").write_text(ACCOUNT)
    outputs = _start(job)
    assert (outputs["userid"], outputs["password"]) == ("200009", "hunter2")
    assert job.environment["CCELL_FAKE_CONTROL_TOKEN"] == "open-sesame"
    lines = job.printed.splitlines()
    assert {"::add-mask::hunter2", "::add-mask::open-sesame"} <= set(lines)
    assert "hunter2" not in "".join(line for line in lines if not line.startswith("::add-mask::"))


def test_inputs_choose_file_port_store_tls_and_token(job: Job) -> None:
    (job.workspace / "other.toml").write_text(ACCOUNT)
    port = free_port()
    outputs = _start(
        job, config="other.toml", port=str(port), store="kept.sqlite", tls="true", control_token="another token"
    )
    assert outputs["url"] == f"https://127.0.0.1:{port}"
    assert (job.workspace / "kept.sqlite").exists()
    authority = Path(outputs["cacert"])
    with ControlClient(outputs["url"], "another token", cacert=authority) as control:
        assert [one.settings.userid for one in control.accounts()] == ["200009"]
    assert "::add-mask::another token" in job.printed.splitlines()
    job.run({"run": "ccell-fake info"})


def test_accounts_can_be_given_without_a_file(job: Job) -> None:
    outputs = _start(job, accounts='[{"userid": "200009", "password": "hunter2", "balance": 5}]')
    with Client(outputs["url"], "200009", "hunter2") as client:
        assert client.info().riches == 5
    assert (outputs["userid"], outputs["password"]) == ("200009", "hunter2")


def test_two_emulators_in_one_job_do_not_meet(job: Job) -> None:
    first, second = _start(job, "first"), _start(job, "second")
    assert first["url"] != second["url"]
    assert first["log"] != second["log"]
    _stop(first)
    with Client(second["url"], second["userid"], second["password"]) as client:
        assert client.info().riches == 100000


def test_a_proxy_of_the_job_is_kept_out_of_later_steps(job: Job) -> None:
    with scripted.server() as proxy:
        job.environment["http_proxy"] = proxy.url
        outputs = _start(job)
        job.run({"run": f"curl -sf {outputs['url']}/_ccell/readyz"})
        assert proxy.connections == 0


def test_an_emulator_that_cannot_start_fails_the_step_and_says_why(job: Job) -> None:
    (job.workspace / "ccell.toml").write_text("[server]\nseed = 'x'\n")
    with pytest.raises(subprocess.CalledProcessError):
        _start(job)
    assert "ccell.toml: server.seed must be a valid integer" in job.printed
