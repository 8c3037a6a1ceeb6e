"""The files in `deploy/postgresql`: two emulators, their database and a proxy fit together."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from container import deployed, image
from container.deployed import ROOT
from harness import postgresql, proxies
from harness.tools import need

from ccell_fake import Client, ControlClient
from ccell_fake.client import OutcomeUnknown
from ccell_fake.faults import CloseFault
from ccell_mock_server.http.paths import DEFAULT_PORT, LIVE_PATH, READY_PATH

COMPOSE: dict[str, Any] = yaml.safe_load((proxies.FOLDER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
EMULATORS = ("emulator-one", "emulator-two")
MANIFEST = proxies.FOLDER / "kubernetes.yaml"
OBJECTS: dict[tuple[str, str], dict[str, Any]] = {
    (one["kind"], one["metadata"]["name"]): one for one in yaml.safe_load_all(MANIFEST.read_text("utf-8"))
}
POD: dict[str, Any] = OBJECTS["Deployment", "ccell"]["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]
(DATABASE,) = OBJECTS["StatefulSet", "ccell-database"]["spec"]["template"]["spec"]["containers"]
# libpq reads it.
_PASSWORD = "PGPASSWORD"


def _environment(container: dict[str, Any]) -> dict[str, str]:
    """The variables of a container; secrets by the names of their keys."""
    return {one["name"]: one.get("value") or one["valueFrom"]["secretKeyRef"]["key"] for one in container["env"]}


@pytest.mark.parametrize(
    "environment", [SERVICES["emulator-one"]["environment"], _environment(CONTAINER)], ids=["Compose", "Kubernetes"]
)
def test_two_emulators_behind_the_proxy_are_one_gateway(environment: dict[str, str], tmp_path: Path) -> None:
    need(postgresql.is_installed(), "PostgreSQL", "postgresql")
    (tmp_path / "control-token").write_text("sesame\n")
    database = postgresql.shared().create_database()
    assert environment["CCELL_FAKE_STORE"].startswith("postgresql://ccell@")
    folder = str(Path(environment["CCELL_FAKE_CONTROL_TOKEN_FILE"]).parent)
    given = deployed.mapped({name: str(value) for name, value in environment.items()}, {folder: tmp_path})
    given["CCELL_FAKE_STOP_DELAY"] = "0"
    given |= {"CCELL_FAKE_STORE": database.replace(f":{postgresql.PASSWORD}@", "@"), _PASSWORD: postgresql.PASSWORD}
    with ExitStack() as stack:
        one, two = (stack.enter_context(deployed.serving(given)) for _ in EMULATORS)
        url = stack.enter_context(proxies.haproxy(one, two))
        client = SERVICES["client"]
        for _ in range(4):
            done = deployed.run({**client["environment"], "CCELL_FAKE_URL": url}, *client["command"])
            assert done.returncode == 0, done.stdout + done.stderr
        for each in (url, one, two):
            control = stack.enter_context(ControlClient(each, "sesame"))
            assert len(list(control.account("200001").messages())) == 4


def test_the_proxy_leads_to_both_emulators_and_is_the_gateway_of_the_client() -> None:
    text = (proxies.FOLDER / "haproxy.cfg").read_text("utf-8")
    assert [name for name in EMULATORS if f"{name}:{DEFAULT_PORT}" in text] == [*EMULATORS]
    assert f"GET {READY_PATH}" in text
    assert SERVICES["proxy"]["ports"] == [f"127.0.0.1:{DEFAULT_PORT}:{DEFAULT_PORT}"]
    assert SERVICES["proxy"]["volumes"] == ["./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]
    assert SERVICES["client"]["environment"]["CCELL_FAKE_URL"] == f"http://proxy:{DEFAULT_PORT}"
    assert list(SERVICES["proxy"]["depends_on"]) == [*EMULATORS]


@pytest.mark.parametrize("name", ["haproxy", "nginx"])
def test_a_proxy_sends_to_every_emulator_and_a_request_that_fails_is_sent_once(name: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        emulators = one, two = [stack.enter_context(deployed.serving({})) for _ in EMULATORS]
        proxy = proxies.haproxy(one, two) if name == "haproxy" else proxies.nginx(one, two, tmp_path)
        url = stack.enter_context(proxy)
        accounts = [stack.enter_context(ControlClient(each)).account("200001") for each in emulators]
        # By default proxies repeat a GET rather than a POST.
        client = stack.enter_context(Client(url, "200001", "123456", method="GET"))
        for _ in range(8):
            client.send("13800000000", "您好【签名】")
        assert all(sum(1 for _ in account.messages()) for account in accounts)
        for account in accounts:
            account.add_fault(CloseFault(processed=True, times=None))
        for number in range(4):
            with pytest.raises(OutcomeUnknown):
                client.send(f"1390000000{number}", "您好【签名】")
        # nginx sends nothing for a moment to an emulator that has failed.
        sent = [message.phone for account in accounts for message in account.messages(phone="139*")]
        assert sorted(sent) == sorted(set(sent)) != []


def test_each_variable_is_read_and_each_secret_is_declared() -> None:
    known = {*deployed.variables_of("serve"), _PASSWORD}
    for name in EMULATORS:
        service = SERVICES[name]
        assert service["environment"].keys() <= known
        assert service["secrets"] == list(COMPOSE["secrets"]) == ["control-token"]
        assert service["depends_on"] == {"database": {"condition": "service_healthy"}}
        (health,) = (one.argv() for one in image.instructions() if one.name == "HEALTHCHECK")
        assert service["healthcheck"]["test"] == ["CMD", *health]
    assert SERVICES["client"]["environment"].keys() <= deployed.variables_of("send")
    assert (
        SERVICES["database"]["environment"]["POSTGRES_PASSWORD"] == SERVICES["emulator-one"]["environment"][_PASSWORD]
    )
    assert _environment(CONTAINER).keys() <= known
    keys = OBJECTS["Secret", "ccell"]["stringData"].keys()
    assert {_environment(CONTAINER)[_PASSWORD], _environment(DATABASE)["POSTGRES_PASSWORD"]} <= keys
    ignored = ("control-token", ".env")
    files = [str(proxies.FOLDER / file) for file in ignored]
    done = subprocess.run(["git", "check-ignore", *files], cwd=ROOT, capture_output=True, text=True, check=False)
    assert len(done.stdout.split()) == len(ignored)


@pytest.mark.parametrize("version", ["1.28", "1.37"])
def test_each_object_obeys_the_schema_of_kubernetes(version: str) -> None:
    options = ["--strict", "--kubernetes-version", version, str(MANIFEST)]
    command = [sys.executable, "-m", "kubernetes_validate", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout.count(" passed for resource ")) == (0, len(OBJECTS)), done.stdout


def test_the_services_of_kubernetes_lead_to_their_pods() -> None:
    for service, kind in (("ccell", "Deployment"), ("ccell-database", "StatefulSet")):
        spec = OBJECTS["Service", service]["spec"]
        pods = OBJECTS[kind, service]["spec"]
        labels = pods["template"]["metadata"]["labels"]
        assert spec["selector"] == pods["selector"]["matchLabels"] == labels
        (port,) = spec["ports"]
        (container,) = pods["template"]["spec"]["containers"]
        assert {"name": port["targetPort"], "containerPort": port["port"]} == container["ports"][0]
    assert "ccell-database" in _environment(CONTAINER)["CCELL_FAKE_STORE"]
    paths = {name: CONTAINER[name]["httpGet"]["path"] for name in ("readinessProbe", "livenessProbe")}
    assert paths == {"readinessProbe": READY_PATH, "livenessProbe": LIVE_PATH}


def test_an_upgrade_in_kubernetes_keeps_every_emulator_until_its_successor_is_ready() -> None:
    spec = OBJECTS["Deployment", "ccell"]["spec"]
    assert (spec["replicas"], spec["strategy"]["rollingUpdate"]) == (2, {"maxSurge": 1, "maxUnavailable": 0})
