"""The OpenAPI document describes every answer, and its pages need no network."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest
import schemathesis
from harness import http
from harness.emulators import emulator
from hypothesis import HealthCheck, given, settings
from schemathesis import checks as general
from schemathesis.generation.stateful.state_machine import DEFAULT_STATE_MACHINE_SETTINGS
from schemathesis.specs.openapi import checks as specific

from ccell_fake.control.client import ControlClient
from ccell_fake.faults import FAULT_KINDS
from ccell_fake.settings import AccountSettings
from ccell_fixtures.registries import ASSUMPTIONS
from ccell_fixtures.translations import chinese
from ccell_mock_server.control.state import SNAPSHOT
from ccell_mock_server.emulator import Emulator

GENERAL: Any = general
OPENAPI: Any = specific
CHECKS = [
    GENERAL.not_a_server_error,
    OPENAPI.status_code_conformance,
    OPENAPI.content_type_conformance,
    OPENAPI.response_headers_conformance,
    OPENAPI.response_schema_conformance,
    OPENAPI.negative_data_rejection,
    OPENAPI.unsupported_method,
]
_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
OFTEN = settings(suppress_health_check=_SLOW)


@pytest.fixture(scope="module")
def whole() -> Iterator[Emulator]:
    """An emulator for all examples, with a running clock."""
    with emulator() as running:
        yield running


@pytest.fixture(scope="module")
def described(whole: Emulator) -> Any:
    """The operations of its document, except the stream of events, which has no end."""
    schema: Any = schemathesis.openapi.from_url(f"{whole.url}/_ccell/openapi.json")
    return schema.exclude(path_regex="/events$")


@schemathesis.serializer(SNAPSHOT)
def _as_bytes(_: object, value: object) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray) else str(value).encode()


def _without_waiting(case: Any) -> None:
    body: Any = case.body
    if case.path.endswith("/wait") and isinstance(cast("object", body), dict):
        timeout = body.get("timeout", 10)
        if type(timeout) in {int, float} and timeout > 0:
            body["timeout"] = 0


@pytest.mark.timeout(600)
def test_every_answer_conforms_to_the_document(described: Any) -> None:
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) > 30
    for operation in operations:

        @OFTEN
        @given(operation.as_strategy())
        def holds(case: Any) -> None:
            _without_waiting(case)
            case.call_and_validate(checks=CHECKS)

        holds()


@pytest.mark.timeout(600)
def test_every_sequence_of_operations_conforms_to_the_document(whole: Emulator, described: Any, tmp_path: Path) -> None:
    control = ControlClient(whole.url)
    control.snapshot(tmp_path / "fresh")
    machine: Any = described.as_state_machine()

    class Sequence(machine):  # type: ignore[misc]
        """Operations with values from earlier answers. Every sequence starts with the same state."""

        def setup(self) -> None:
            """Restore the initial state."""
            control.restore(tmp_path / "fresh")

        def before_call(self, case: Any) -> None:
            """Set timeouts to 0."""
            _without_waiting(case)

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            """Check an answer against the document."""
            case.validate_response(response, checks=CHECKS)

    Sequence.run(
        settings=settings(DEFAULT_STATE_MACHINE_SETTINGS, max_examples=settings().max_examples, stateful_step_count=10)
    )


def test_the_document_links_an_account_to_its_operations(described: Any) -> None:
    spec = described.raw_schema
    assert spec["openapi"].startswith("3.1")
    links = spec["paths"]["/_ccell/v1/accounts"]["post"]["responses"]["201"]["links"]
    operations = {one["operationId"] for path in spec["paths"].values() for one in path.values()}
    led = {
        link["operationId"]
        for path in spec["paths"].values()
        for one in path.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
        if "operationId" in link
    }
    assert links
    assert led <= operations
    assert "remove_fault" in led


def test_every_member_has_a_description(described: Any) -> None:
    schemas = described.raw_schema["components"]["schemas"]
    for name in (
        "AccountSettings",
        "CloseFault",
        "WaitBody",
        "MessageRecord",
        "OutcomeRule",
        "ReportRecord",
        "UpmsgRecord",
    ):
        assert all(member.get("description") for key, member in schemas[name]["properties"].items() if key != "kind"), (
            name
        )


def test_the_kind_of_a_union_is_required_and_has_no_default(described: Any) -> None:
    schemas = described.raw_schema["components"]["schemas"]
    unions = [one["discriminator"] for one in schemas.values() if "discriminator" in one]
    kinds = {reference.rpartition("/")[2] for union in unions for reference in union["mapping"].values()}
    assert kinds == {kind.__name__ for kind in FAULT_KINDS.values()}
    for name in kinds:
        assert "kind" in schemas[name]["required"]
        assert "default" not in schemas[name]["properties"]["kind"]


def test_every_schema_has_a_name_of_its_own(described: Any) -> None:
    """Generators name classes after titles, and drop operations whose classes have the same name."""
    schemas = described.raw_schema["components"]["schemas"]
    assert not [name for name, one in schemas.items() if "title" in one or "$ref" in one]
    references = re.findall(r'"#/components/schemas/(\w+)"', json.dumps(described.raw_schema["paths"]))
    assert set(references) <= schemas.keys()


def _members(part: Any, name: str) -> Iterator[Any]:
    """The values of all members with a name, wherever they are."""
    if isinstance(part, dict):
        yield from (value for key, value in cast("dict[str, Any]", part).items() if key == name)
    for child in cast(
        "Iterable[Any]", part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        yield from _members(child, name)


def test_every_reference_leads_to_a_schema_and_every_schema_is_used(described: Any) -> None:
    schemas = described.raw_schema["components"]["schemas"]
    references = {one for one in _members(described.raw_schema, "$ref") if isinstance(one, str)}
    assert {reference.removeprefix("#/components/schemas/") for reference in references} == schemas.keys()


def test_no_required_member_has_a_default(described: Any) -> None:
    for name, schema in described.raw_schema["components"]["schemas"].items():
        assert not [one for one in schema.get("required", ()) if "default" in schema["properties"][one]], name


def test_every_operation_has_a_name_of_its_own_and_a_description_without_markup(described: Any) -> None:
    operations = [one for path in described.raw_schema["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len({*names}) == len(names)
    for one in operations:
        assert one["summary"].endswith(".")
        assert not re.search(r"<\w+/?>|^\s", one.get("description", "x"))
    for parameter in (parameter for one in operations for parameter in one.get("parameters", ())):
        assert parameter["description"].endswith(".")


def test_every_default_is_a_value_that_a_request_may_contain(described: Any) -> None:
    for name, schema in described.raw_schema["components"]["schemas"].items():
        for key, member in schema.get("properties", {}).items():
            length = len(member["default"]) if isinstance(member.get("default"), str) else None
            assert length is None or length >= member.get("minLength", 0), (name, key)


def test_a_change_of_settings_has_no_defaults(described: Any) -> None:
    """A generated client sends the defaults of members that are not set."""
    body = described.raw_schema["paths"]["/_ccell/v1/accounts/{userid}"]["patch"]["requestBody"]
    (reference,) = [one["schema"]["$ref"] for one in body["content"].values()]
    schema = described.raw_schema["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["properties"].keys() == {one.name for one in fields(AccountSettings)}
    assert not [name for name, member in schema["properties"].items() if "default" in member]


def test_parameters_of_links_are_strings(described: Any) -> None:
    for path in described.raw_schema["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                for link in answer.get("links", {}).values():
                    assert all(isinstance(value, str) for value in link["parameters"].values())


def test_the_document_names_the_address_it_was_fetched_from(whole: Emulator) -> None:
    for host in ("127.0.0.1:1234", "localhost"):
        document = json.loads(http.get(whole.url, b"/_ccell/openapi.json", host=host).body)
        assert document["servers"] == [{"url": f"http://{host}"}]


@pytest.mark.parametrize(("target", "status"), [("accounts", 200), ("accounts?limit=0", 422)])
def test_a_request_without_body_may_have_a_content_type(whole: Emulator, target: str, status: int) -> None:
    answer = http.get(whole.url, f"/_ccell/v1/{target}".encode(), "Content-Type: application/json")
    assert answer.status == status
    assert b"limit must be" in answer.body or status == 200


def test_a_snapshot_may_be_sent_as_octets(whole: Emulator, tmp_path: Path) -> None:
    with ControlClient(whole.url) as control:
        control.snapshot(tmp_path / "snapshot")
        content = (tmp_path / "snapshot").read_bytes()
        answer = control.send("PUT", "/v1/state", content=content, headers={"Content-Type": "application/octet-stream"})
    assert answer.status_code == 204


def test_the_pages_need_no_network(whole: Emulator) -> None:
    first = http.get(whole.url, b"/_ccell/docs")
    page = http.get(whole.url, b"/_ccell/swagger")
    assert (first.status, first.headers["location"]) == (302, "swagger")
    assert page.status == 200
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
    assert loaded
    for link in loaded:
        assert not re.match(r"(?:https?:)?//", link)
        if not link.startswith("data:"):
            assert http.get(whole.url, f"/_ccell/{link}".encode()).status == 200


def test_every_setting_is_in_one_group(described: Any) -> None:
    for name in ("AccountSettings", "ChangedSettings"):
        schema = described.raw_schema["components"]["schemas"][name]
        grouped = [member for group in schema["x-groups"] for member in group["members"]]
        assert sorted(grouped) == sorted(schema["properties"])


def test_every_possible_answer_to_a_question_is_described_and_no_other_is_allowed(described: Any) -> None:
    settings = described.raw_schema["components"]["schemas"]["AccountSettings"]
    questions = settings["properties"]["assumptions"]
    assert not questions["additionalProperties"]
    assert questions["properties"].keys() == {one.id for one in ASSUMPTIONS.values() if one.scope == "account"}
    for id_, question in questions["properties"].items():
        assert question["description"]
        named = question.get("anyOf", [question])[0]
        assert len(named["items"]["enum"] if "items" in named else named["x-enum-descriptions"])
        for answer in named.get("enum", ()):
            assert ASSUMPTIONS[id_].accepts(answer)


def test_the_document_names_the_answers_of_its_server() -> None:
    with emulator(assumptions={"Q13": "number"}) as running:
        schemas = json.loads(http.get(running.url, b"/_ccell/openapi.json").body)["components"]["schemas"]
        questions = schemas["ChangedSettings"]["properties"]["assumptions"]["properties"]
        assert (questions["Q13"]["x-answer"], questions["Q18"]["x-answer"]) == ("number", "gone")


FORMS = ("ChangedSettings", "OutcomeRule", "Persona", "PersonaAnswer", "HoldBody", "ClockBody", "AdvanceBody")


def test_the_document_speaks_chinese_of_all_that_a_form_shows(whole: Emulator) -> None:
    spec = json.loads(http.get(whole.url, b"/_ccell/openapi.json?lang=zh").body)
    schemas = spec["components"]["schemas"]
    for name in (*FORMS, *(kind.__name__ for kind in FAULT_KINDS.values())):
        texts = [member["description"] for key, member in schemas[name]["properties"].items() if key != "kind"]
        texts += [group["title"] for group in schemas[name].get("x-groups", ())]
        texts += [schemas[name]["description"]] if name.endswith("Fault") else []
        for text in texts:
            assert re.search("[\u4e00-\u9fff]", text), (name, text)
    questions = schemas["ChangedSettings"]["properties"]["assumptions"]["properties"]
    parts = [part for one in questions.values() for part in (one, *one.get("anyOf", ()))]
    for part in parts:
        assert re.search("[\u4e00-\u9fff]", part.get("description", "问")), part
    assert questions["Q13"]["x-enum-descriptions"][1] == "无论多长都计 1"


def test_an_unknown_language_of_the_document_is_refused(whole: Emulator) -> None:
    answer = http.get(whole.url, b"/_ccell/openapi.json?lang=fr")
    assert answer.status == 422
    assert json.loads(answer.body)["detail"] == 'lang must be en or zh, got "fr"'


def test_every_tag_and_operation_has_a_chinese_summary(whole: Emulator) -> None:
    texts = chinese()
    english = json.loads(http.get(whole.url, b"/_ccell/openapi.json").body)
    spec = json.loads(http.get(whole.url, b"/_ccell/openapi.json?lang=zh").body)
    summaries = {one["operationId"]: one["summary"] for path in spec["paths"].values() for one in path.values()}
    assert summaries == texts["operations"]
    assert {tag["name"]: tag["description"] for tag in spec["tags"]} == texts["tags"]
    assert [tag["name"] for tag in spec["tags"]] == [tag["name"] for tag in english["tags"]]
