"""The Kubernetes manifest: it obeys the schemas, its parts fit together, and the emulator starts as it says."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from container import deployed, image
from container.deployed import ROOT
from harness import http
from harness.emulators import emulator

from ccell_fake import ControlClient
from ccell_mock_server.http.paths import DEFAULT_PORT, LIVE_PATH, READY_PATH

DOCUMENTS: list[dict[str, Any]] = list(yaml.safe_load_all((ROOT / "deploy" / "kubernetes.yaml").read_text("utf-8")))
BY_KIND = {one["kind"]: one for one in DOCUMENTS}
POD: dict[str, Any] = BY_KIND["Deployment"]["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
ENVIRONMENT: dict[str, str] = {one["name"]: one["value"] for one in CONTAINER["env"]}
MOUNTS: dict[str, str] = {one["name"]: one["mountPath"] for one in CONTAINER["volumeMounts"]}


@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_each_object_obeys_the_schema_of_kubernetes(version: str) -> None:
    options = ["--strict", "--kubernetes-version", version, "deploy/kubernetes.yaml"]
    command = [sys.executable, "-m", "kubernetes_validate", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.count(" passed for resource ")) == (0, len(DOCUMENTS)), done.stdout


def test_each_probe_is_answered_without_a_token() -> None:
    paths = {name: CONTAINER[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")}
    assert paths == {"readinessProbe": READY_PATH, "livenessProbe": LIVE_PATH}
    with emulator(server={"control_token": "x"}) as running:
        assert [http.get(running.url, path.encode()).status for path in paths.values()] == [200, 200]


def test_the_service_leads_to_the_port_of_the_container() -> None:
    (service_port,), (container_port,) = BY_KIND["Service"]["spec"]["ports"], CONTAINER["ports"]
    assert service_port["port"] == container_port["containerPort"] == DEFAULT_PORT
    names = {
        service_port["targetPort"],
        *(CONTAINER[probe]["httpGet"]["port"] for probe in ("readinessProbe", "livenessProbe")),
    }
    assert names == {container_port["name"]}
    labels = BY_KIND["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert BY_KIND["Service"]["spec"]["selector"] == BY_KIND["Deployment"]["spec"]["selector"]["matchLabels"] == labels


def test_each_mount_has_its_volume() -> None:
    volumes = {one["name"]: one for one in POD["volumes"]}
    assert MOUNTS.keys() == volumes.keys()
    assert volumes["data"]["persistentVolumeClaim"]["claimName"] == BY_KIND["PersistentVolumeClaim"]["metadata"]["name"]
    assert volumes["control-token"]["secret"]["secretName"] == BY_KIND["Secret"]["metadata"]["name"]
    (key,) = BY_KIND["Secret"]["stringData"]
    assert ENVIRONMENT["CCELL_FAKE_CONTROL_TOKEN_FILE"] == f"{MOUNTS['control-token']}/{key}"
    assert ENVIRONMENT["CCELL_FAKE_STORE"].startswith(f"{MOUNTS['data']}/")


def test_the_emulator_starts_once_the_secret_holds_a_token(tmp_path: Path) -> None:
    ((key, value),) = BY_KIND["Secret"]["stringData"].items()
    folders = {MOUNTS["data"]: tmp_path, MOUNTS["control-token"]: tmp_path}
    environment = deployed.mapped(ENVIRONMENT, folders)
    (tmp_path / key).write_text(value)
    done = deployed.run(environment, "serve", "--port", "0")
    assert (done.returncode, "is empty; it must hold the token" in done.stderr) == (2, True), done.stderr
    (tmp_path / key).write_text("sesame")
    with deployed.serving(environment) as url, ControlClient(url, "sesame") as control:
        assert control.account("200001").status().settings.report_delay == 5
    assert (tmp_path / Path(ENVIRONMENT["CCELL_FAKE_STORE"]).name).exists()


def test_no_variable_of_kubernetes_is_a_setting() -> None:
    assert ENVIRONMENT.keys() <= deployed.variables_of("serve")
    assert POD["enableServiceLinks"] is False
    prefix = BY_KIND["Service"]["metadata"]["name"].replace("-", "_").upper()
    assert not [name for name in deployed.variables_of("serve") if name.startswith(f"{prefix}_PORT")]


def test_the_container_is_not_root_and_may_write_only_where_it_must() -> None:
    (user,) = (one.value for one in image.instructions() if one.name == "USER")
    security = POD["securityContext"]
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
    assert (security["runAsNonRoot"], security["fsGroup"]) == (True, security["runAsGroup"])
    own = CONTAINER["securityContext"]
    assert (own["readOnlyRootFilesystem"], own["allowPrivilegeEscalation"]) == (True, False)
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert MOUNTS["tmp"] == "/tmp"  # noqa: S108 - a container's


def test_one_process_has_the_store_at_a_time() -> None:
    spec = BY_KIND["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})
