"""The Compose file: its two services work together."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from container import deployed, image
from container.deployed import ROOT

from ccell_fake import ControlClient

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
EMULATOR, CLIENT = COMPOSE["services"]["emulator"], COMPOSE["services"]["client"]
SECRET = "control-token"


def test_the_client_sends_to_the_emulator_and_the_token_opens_the_control_api(tmp_path: Path) -> None:
    (tmp_path / SECRET).write_text("sesame\n")
    environment = deployed.mapped(EMULATOR["environment"], {"/data": tmp_path, "/run/secrets": tmp_path})
    with deployed.serving(environment) as url:
        assert CLIENT["environment"]["CCELL_FAKE_URL"] == "http://emulator:8026"
        done = deployed.run({**CLIENT["environment"], "CCELL_FAKE_URL": url}, *CLIENT["command"])
        assert done.returncode == 0, done.stdout + done.stderr
        with ControlClient(url, "sesame") as control:
            (message,) = control.account("200001").messages()
    assert message.phone == "13800000000"
    assert (tmp_path / "ccell.sqlite").exists()


def test_the_client_waits_until_the_emulator_is_healthy() -> None:
    assert CLIENT["depends_on"] == {"emulator": {"condition": "service_healthy"}}
    (health,) = (one.argv() for one in image.instructions() if one.name == "HEALTHCHECK")
    assert EMULATOR["healthcheck"]["test"] == ["CMD", *health]


@pytest.mark.parametrize(("command", "service"), [("serve", EMULATOR), ("send", CLIENT)])
def test_each_variable_of_a_service_is_read(command: str, service: dict[str, Any]) -> None:
    assert service["environment"].keys() <= deployed.variables_of(command)


def test_the_token_is_a_secret_outside_of_git_and_of_the_image() -> None:
    assert EMULATOR["secrets"] == list(COMPOSE["secrets"]) == [SECRET]
    assert EMULATOR["environment"]["CCELL_FAKE_CONTROL_TOKEN_FILE"] == f"/run/secrets/{SECRET}"
    path = Path(COMPOSE["secrets"][SECRET]["file"]).name
    assert subprocess.run(["git", "check-ignore", "-q", path], cwd=ROOT, check=False).returncode == 0
    assert f"!{path}" not in image.ignored()


def test_the_container_may_write_only_where_it_must() -> None:
    assert (EMULATOR["read_only"], EMULATOR["tmpfs"], EMULATOR["cap_drop"]) == (True, ["/tmp"], ["ALL"])  # noqa: S108 - a container's
    (volume,) = EMULATOR["volumes"]
    assert volume.partition(":")[0] in COMPOSE["volumes"]
    store = EMULATOR["environment"]["CCELL_FAKE_STORE"]
    assert store.startswith(f"{volume.partition(':')[2]}/")
    assert json.dumps(EMULATOR["ports"]) == '["127.0.0.1:8026:8026"]'
