"""Complete the OpenAPI document: answers, refusals, links between operations, and descriptions of members."""

import inspect
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from http import HTTPStatus
from typing import Any, cast

from flask_openapi3.models.validation_error import ValidationErrorModel
from pydantic import TypeAdapter

from ccell_fake.control.errors import Problem
from ccell_fake.engine.assumptions import Answers
from ccell_fake.faults import FaultConditions
from ccell_fake.settings import AccountSettings
from ccell_mock_server.control.api import Answers as DeclaredAnswers
from ccell_mock_server.control.api import DeclaredOperation
from ccell_mock_server.control.explained import explain
from ccell_mock_server.control.problems import STATUSES
from ccell_mock_server.control.requests import JSON
from ccell_mock_server.control.responses import PROBLEM
from ccell_mock_server.http.paths import DOCUMENT_PATH, LIVE_PATH, METRICS_PATH, READY_PATH

SECURITY: Any = {"token": {"type": "http", "scheme": "bearer", "description": "The control token, if there is one."}}

LANGUAGES = ("en", "zh")
"""Languages of the descriptions. The first is the default."""

_PARAMETER = re.compile(r"<(\w+)>")
_REFERENCE = "#/components/schemas/{model}"
_ATTRIBUTES = "\n\nAttributes:\n"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*)$", re.MULTILINE)


def _link(operation: str, **parameters: str) -> dict[str, Any]:
    return {"operationId": operation, "parameters": {"userid": "$request.path.userid", **parameters}}


_LINKS: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("add_fault", "201"): {"remove_fault": _link("remove_fault", id="$response.body#/id")},
    ("add_hold", "201"): {"remove_hold": _link("remove_hold", id="$response.body#/id")},
    ("add_outcome", "201"): {"remove_outcome": _link("remove_outcome", place="0")},
    ("list_messages", "200"): {
        name: _link(name, msgid="$response.body#/items/0/msgid") for name in ("get_message", "settle_message")
    },
}
_PLAIN = {
    LIVE_PATH: ("livez", "Check that the process lives."),
    READY_PATH: ("readyz", "Check that requests are answered."),
    METRICS_PATH: ("metrics", "Metrics for Prometheus: requests by endpoint and code, waiting items, slots in use."),
}


def finish(spec: dict[str, Any], operations: Iterable[DeclaredOperation], answers: Answers) -> None:
    """Complete a document that flask-openapi3 has generated from the requests of the operations.

    Args:
        spec: The document.
        operations: The operations.
        answers: The server's answers to open questions.
    """
    declared = {one.view.__name__: one for one in operations}
    kinds = {kind for one in declared.values() for kind in one.answers.values() if not isinstance(kind, dict | None)}
    references, definitions = TypeAdapter.json_schemas(
        [(kind, "serialization", TypeAdapter(kind)) for kind in (*kinds, Problem)], ref_template=_REFERENCE
    )
    schemas = spec["components"]["schemas"]
    schemas.update(definitions["$defs"])
    account_links = {
        name: _link(name, userid="$response.body#/userid")
        for name, operation in declared.items()
        if _PARAMETER.findall(operation.rule) == ["userid"]
    }
    for path in spec["paths"].values():
        for operation in path.values():
            name = operation["operationId"]
            operation["responses"] = _responses(declared[name].answers, references)
            if "description" in operation:
                # flask-openapi3 writes HTML, and begins with an empty line.
                operation["description"] = operation["description"].replace("<br/>", "\n").strip()
            for (source, status), links in {**_LINKS, ("open_account", "201"): account_links}.items():
                if source == name:
                    operation["responses"][status]["links"] = links
    for path, (name, summary) in _PLAIN.items():
        plain = {"description": "OK", **_content("text/plain", {"type": "string"})}
        spec["paths"][path] = {"get": {"operationId": name, "summary": summary, "responses": {"200": plain}}}
    spec["paths"][DOCUMENT_PATH] = {"get": _own_operation(references)}
    spec["security"] = [{}, {"token": []}]
    _describe_members(schemas)
    _require_discriminators(schemas)
    _drop_invalid_defaults(schemas)
    _redirect(spec, {name: one["$ref"] for name, one in schemas.items() if "$ref" in one})
    explain(schemas, answers)
    schemas["ChangedSettings"] = _without_defaults(schemas[AccountSettings.__name__])
    for operation in (one for path in spec["paths"].values() for method, one in path.items() if method == "patch"):
        _redirect(operation["requestBody"], {AccountSettings.__name__: _REFERENCE.format(model="ChangedSettings")})
    spec["components"]["schemas"] = _named_once(schemas)


def _responses(answers: DeclaredAnswers, references: Mapping[Any, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Describe the answers of an operation, and its refusals."""
    responses: dict[str, dict[str, Any]] = {}
    response: dict[str, Any]
    for status, kind in answers.items():
        response = responses[str(status)] = {"description": HTTPStatus(status).phrase}
        if isinstance(kind, dict):
            response |= kind
        elif kind is not None:
            response |= _content(JSON, references[kind, "serialization"])
    refused = _content(PROBLEM, references[Problem, "serialization"])
    return {**responses, **{str(status): {"description": "Refused.", **refused} for status in STATUSES}}


def _own_operation(references: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    """Describe the request for the document itself."""
    return {
        "operationId": "get_document",
        "summary": "Get this document.",
        "parameters": [
            {
                "name": "lang",
                "in": "query",
                "description": "Language of the descriptions of settings, rules, personas, faults and clocks.",
                "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
            }
        ],
        "responses": {
            "200": {"description": "OK", **_content(JSON, {"type": "object"})},
            "422": {"description": "Refused.", **_content(PROBLEM, references[Problem, "serialization"])},
        },
    }


def _content(content_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {content_type: {"schema": schema}}}


def _describe_members(schemas: dict[str, dict[str, Any]]) -> None:
    """Move the attributes of docstrings to the members they describe."""
    inherited = _attributes(inspect.cleandoc(FaultConditions.__doc__ or ""))
    for name, schema in schemas.items():
        text = schema.get("description", "")
        schema["description"] = text.partition(_ATTRIBUTES)[0]
        attributes = {**(inherited if name.endswith("Fault") else {}), **_attributes(text)}
        for member, description in attributes.items():
            if member in schema.get("properties", {}):
                schema["properties"][member]["description"] = description


def _require_discriminators(schemas: dict[str, dict[str, Any]]) -> None:
    """Require the member that names the kind of a union. It has a default in Python, but not in JSON."""
    unions = [schema["discriminator"] for schema in schemas.values() if "discriminator" in schema]
    for union in unions:
        for reference in union["mapping"].values():
            kind = schemas[reference.rpartition("/")[2]]
            kind["properties"][union["propertyName"]].pop("default", None)
            kind["required"] = sorted({*kind.get("required", ()), union["propertyName"]})


def _drop_invalid_defaults(schemas: dict[str, dict[str, Any]]) -> None:
    """Drop defaults that no request may contain. They stand for values that the emulator generates."""
    for schema in schemas.values():
        for member in schema.get("properties", {}).values():
            if member.get("default") == "" and member.get("minLength", 0) > 0:
                del member["default"]


def _without_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Copy a schema without defaults. Generated clients send the defaults of members that are not set."""
    changed: dict[str, Any] = {**deepcopy(schema), "description": "Settings to change; the others stay."}
    for member in changed["properties"].values():
        member.pop("default", None)
    return changed


def _named_once(schemas: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Leave out schemas that only refer to another one, and titles. Generators take both for the names of classes."""
    return {
        name: {key: value for key, value in schema.items() if key != "title"}
        for name, schema in schemas.items()
        if "$ref" not in schema and name != ValidationErrorModel.__name__
    }


def _redirect(part: Any, targets: Mapping[str, str]) -> None:  # noqa: ANN401 - JSON
    """Let references to schemas that only refer to another one refer to that one."""
    if isinstance(part, dict):
        members = cast("dict[str, Any]", part)
        if isinstance(name := members.get("$ref"), str):
            members["$ref"] = targets.get(name.rpartition("/")[2], name)
    for child in cast(
        "Iterable[Any]", part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        _redirect(child, targets)


def _attributes(docstring: str) -> dict[str, str]:
    """Descriptions of the attributes in a docstring."""
    attributes = docstring.partition(_ATTRIBUTES)[2]
    return dict(_ATTRIBUTE.findall(re.sub(r"\n {8,}", " ", attributes)))
