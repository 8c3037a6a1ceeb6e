"""The suite holds on the emulator however it is reached, and is honest about what it could not ask."""

import socket
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from contract import holding
from contract.minimal import Account, MinimalGateway
from harness import contract, processes
from harness.contract import OWN, PASSWORD
from harness.emulators import until

from ccell_fake.contract import suite
from ccell_fake.contract.needs import JSON_RPC
from ccell_fake.contract.results import CheckOutcome
from ccell_fixtures.registries import ASSUMPTIONS, CLAUSES, PUBLISHED


def test_every_clause_and_published_fact_has_a_test_and_every_question_a_probe() -> None:
    asked = {one.id for one in suite.all_checks()}
    assert asked == CLAUSES.keys() | PUBLISHED.keys() | ASSUMPTIONS.keys()


def test_no_two_tests_have_the_same_name() -> None:
    names = [one.name for one in suite.all_checks()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("road", ["in-process", "http", "tls"])
def test_the_suite_holds_on_the_emulator(tmp_path: Path, road: str) -> None:
    done = contract.ask(tmp_path, "--ccell-target=emulator", f"--ccell-road={road}")
    assert done.code == 0, done.printed
    assert done.run.counts[CheckOutcome.FAILED] == done.run.counts[CheckOutcome.NOT_ASKED] == 0
    assert done.answers == {id_: question.default for id_, question in ASSUMPTIONS.items()}


def test_the_suite_holds_on_an_emulator_elsewhere(tmp_path: Path) -> None:
    with processes.serving(tmp_path) as (_, url):
        holding.check_as_emulator(tmp_path, url)


def test_with_address_and_credential_only_the_suite_passes_or_names_the_missing_need(tmp_path: Path) -> None:
    (tmp_path / "ccell.toml").write_text(holding.CONFIG, "utf-8")
    with processes.serving(tmp_path) as (_, url):
        holding.check_as_live(tmp_path, url)


def test_a_gateway_without_json_rpc_is_not_asked_about_it(tmp_path: Path) -> None:
    options = ("--ccell-target=live", "--ccell-live", "-k", "JSON or Q46")
    with MinimalGateway(accounts=(Account("200001", PASSWORD),), speaks_json=False) as gateway:
        done = contract.ask(tmp_path, *options, url=gateway.url)
    assert done.code == 0, done.printed
    asked = {one.name for one in suite.all_checks() if one.needs == (JSON_RPC,) and not one.cost.kinds}
    unasked = [one for one in done.results(CheckOutcome.NOT_ASKED) if one.name in asked]
    assert {one.name: one.note for one in unasked} == dict.fromkeys(asked, "needs a gateway that speaks JSON-RPC")


@pytest.mark.parametrize("is_allowed", [False, True], ids=["not allowed", "allowed"])
def test_what_costs_something_runs_over_json_only_if_json_is_allowed(tmp_path: Path, *, is_allowed: bool) -> None:
    kinds = "sms,json" if is_allowed else "sms"
    options = ("--ccell-target=live", "--ccell-live", f"--ccell-allow={kinds}", "--ccell-budget=9", "-k", "S8 or S2")
    with MinimalGateway(accounts=(Account("200001", PASSWORD),)) as gateway:
        done = contract.ask(tmp_path, *options, *(f"--ccell-phone={phone}" for phone in OWN), url=gateway.url)
    assert done.code == 0, done.printed
    passed = {one.name for one in done.results(CheckOutcome.PASSED)}
    assert passed == {"S2", "S2 over JSON", "S8", *(["S8 over JSON"] if is_allowed else [])}
    assert gateway.messages == len(passed & {"S8", "S8 over JSON"})
    (costly,) = (one for one in done.run.results if one.name == "S8 over JSON")
    assert is_allowed or costly.note == "costs sms 1, json, and json is not allowed"


def _refused(done: contract.Asked, address: str, cause: str) -> None:
    """The run failed at once, with one sentence."""
    assert done.code == 1, done.printed
    (said,) = {line for line in done.printed.splitlines() if line.startswith("Exit: ")}
    assert said.startswith("Exit: no check was run: ")
    assert address in said
    assert cause in said
    assert PASSWORD not in done.printed
    assert not (done.folder / "run.json").exists()


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_an_unreachable_target_fails_the_run_at_once(tmp_path: Path, workers: tuple[str, ...]) -> None:
    url = f"http://127.0.0.1:{processes.free_port()}"
    _refused(contract.ask(tmp_path, *contract.live(*workers), url=url), url, "ConnectError")


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "two workers"])
def test_a_target_that_stops_answering_ends_the_run_after_three_checks(
    tmp_path: Path, workers: tuple[str, ...]
) -> None:
    gateway = MinimalGateway(accounts=(Account("200001", PASSWORD),))

    def stop_in_the_middle() -> None:
        until(lambda: len(gateway.journal) > 20)
        gateway.__exit__()

    with ThreadPoolExecutor(1) as pool, gateway:
        stopped = pool.submit(stop_in_the_middle)
        done = contract.ask(tmp_path, *contract.live("--ccell-budget=9", *workers), url=gateway.url)
        stopped.result()
    assert done.code == 1, done.printed
    reason = "the gateway no longer answers: 3 checks in a row got no answer; the last: "
    assert reason in done.printed
    assert 1 < len(done.results(CheckOutcome.FAILED)) <= 3 * max(len(workers), 1)
    notes = [one.note for one in done.results(CheckOutcome.NOT_ASKED)]
    assert any(f"the run ended before it: {reason}" in note for note in notes)


def test_an_emulator_that_is_not_there_fails_the_run_at_once(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{processes.free_port()}"
    done = processes.run(tmp_path, "contract", f"--url={url}")
    assert done.returncode == 1
    (said,) = (done.stdout + done.stderr).splitlines()
    assert said.startswith(f"Exit: no check was run: no control API answers at {url}")


def test_a_target_that_does_not_answer_fails_the_run_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        _refused(contract.ask(tmp_path, *contract.live(), url=url), url, "ReadTimeout")


def test_a_target_that_answers_something_else_fails_the_run_at_once(tmp_path: Path) -> None:
    with processes.serving(tmp_path) as (_, url):
        # There is a page there, but no gateway.
        _refused(
            contract.ask(tmp_path, *contract.live(), url=f"{url}/elsewhere"), f"{url}/elsewhere", "no readable answer"
        )


@pytest.mark.parametrize(
    ("account", "code"),
    [
        (Account("200001", "another-password"), "1001004"),
        (Account("200009", PASSWORD), "1001003"),
        (Account("200001", PASSWORD, frozen=True), "1001003"),
        (Account("200001", PASSWORD, allowed_ips=("10.0.0.0/8",)), "1001005"),
    ],
    ids=["wrong password", "unknown userid", "frozen", "refused address"],
)
def test_an_account_that_cannot_be_used_fails_the_run_at_once(tmp_path: Path, account: Account, code: str) -> None:
    with MinimalGateway(accounts=(account,)) as gateway:
        done = contract.ask(tmp_path, *contract.live("--ccell-budget=5"), url=gateway.url)
    _refused(done, gateway.url, code)
    assert [(one.operation, one.code) for one in gateway.journal] == [("info", code)]


@pytest.mark.parametrize(
    ("account", "known", "name"),
    [
        (Account("200001", PASSWORD, frozen=True), 'status = "frozen"', "C1 1001003"),
        (Account("200001", PASSWORD, allowed_ips=("10.0.0.0/8",)), 'allowed_ips = ["10.0.0.0/8"]', "C1 1001005"),
    ],
    ids=["frozen", "refused address"],
)
def test_an_account_known_to_be_unusable_runs_only_the_checks_of_that(
    tmp_path: Path, account: Account, known: str, name: str
) -> None:
    (tmp_path / "known.toml").write_text(known, "utf-8")
    options = ("--ccell-target=live", "--ccell-live", f"--ccell-account={tmp_path / 'known.toml'}", "-k", "test_100100")
    with MinimalGateway(accounts=(account,)) as gateway:
        done = contract.ask(tmp_path, *options, url=gateway.url)
    assert done.code == 0, done.printed
    assert {one.name for one in done.results(CheckOutcome.PASSED)} == {name, f"{name} over JSON"}


def test_a_password_that_looks_like_an_md5_leaves_the_question_about_md5_open(tmp_path: Path) -> None:
    password = "0123456789abcdefABCDEF0123456789"
    with MinimalGateway(accounts=(Account("200001", password),)) as gateway:
        options = ("--ccell-target=live", "--ccell-live", "-k", "its_md5")
        done = contract.ask(tmp_path, *options, url=gateway.url, password=password)
    assert done.code == 0, done.printed
    (unasked,) = (one for one in done.results(CheckOutcome.NOT_ASKED) if one.id == "Q30")
    assert "32 hexadecimal digits" in unasked.note


def test_an_emulator_follows_its_profile_and_the_suite_agrees(tmp_path: Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text(
        '[Q1]\nanswer = "1001003"\n[Q13]\nanswer = "number"\n[Q32]\nanswer = "sampled"\n[Q22]\nanswer = "5/30"\n',
        "utf-8",
    )
    options = ("--ccell-target=emulator", f"--ccell-profile={profile}", "-n", "2")
    done = contract.ask(tmp_path, *options)
    assert done.code == 0, done.printed
    given = {id_: entry["answer"] for id_, entry in tomllib.loads(profile.read_text("utf-8")).items()}
    assert done.answers == {**{id_: question.default for id_, question in ASSUMPTIONS.items()}, **given}
