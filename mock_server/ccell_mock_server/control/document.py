"""The OpenAPI document: what the library generates from the code, and what it leaves out."""

import inspect
import re
from typing import Any

from ccell_fake.control.models import Problem
from ccell_fake.faults import FaultConditions
from ccell_mock_server.control.problems import CONTENT_TYPE, STATUSES
from ccell_mock_server.http.paths import LIVE_PATH, METRICS_PATH, READY_PATH

SECURITY: Any = {"token": {"type": "http", "scheme": "bearer", "description": "The control token, if there is one."}}

_JSON = "application/json"
_ATTRIBUTES = "\n\nAttributes:\n"
_ATTRIBUTE = re.compile(r"^ {4}(\w+): (.*)$", re.MULTILINE)
_LINKS: dict[tuple[str, str], dict[str, dict[str, Any]]] = {
    ("mint_account", "201"): {
        name: {"operationId": name, "parameters": {"userid": "$response.body#/userid"}}
        for name in (
            "get_account",
            "put_account",
            "patch_account",
            "reset_account",
            "put_clock",
            "advance_clock",
            "add_outcome",
            "add_persona",
            "add_fault",
            "list_faults",
            "add_hold",
            "add_upmsg",
            "list_upmsgs",
            "add_report",
            "list_reports",
            "list_messages",
            "list_journal",
            "wait",
            "delete_account",
        )
    },
    ("add_fault", "201"): {
        "remove_fault": {
            "operationId": "remove_fault",
            "parameters": {"userid": "$request.path.userid", "id": "$response.body#/id"},
        }
    },
    ("add_hold", "201"): {
        "remove_hold": {
            "operationId": "remove_hold",
            "parameters": {"userid": "$request.path.userid", "id": "$response.body#/id"},
        }
    },
    ("add_outcome", "201"): {
        "remove_outcome": {
            "operationId": "remove_outcome",
            "parameters": {"userid": "$request.path.userid", "place": 0},
        }
    },
    ("list_messages", "200"): {
        name: {
            "operationId": name,
            "parameters": {"userid": "$request.path.userid", "msgid": "$response.body#/items/0/msgid"},
        }
        for name in ("get_message", "settle_message")
    },
}


_PLAIN = {
    LIVE_PATH: ("livez", "Tell that the process lives."),
    READY_PATH: ("readyz", "Tell that requests are answered."),
    METRICS_PATH: ("metrics", "Count requests, by endpoint and code, what waits, and slots in use, for Prometheus."),
}


def finish(spec: dict[str, Any]) -> None:
    """Say how requests are refused, where operations lead, and what each member means."""
    for path, (name, summary) in _PLAIN.items():
        plain = {"description": "OK", "content": {"text/plain": {"schema": {"type": "string"}}}}
        spec["paths"][path] = {"get": {"operationId": name, "summary": summary, "responses": {"200": plain}}}
    schemas = spec["components"]["schemas"]
    schemas["Problem"] = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schemas.update(schemas["Problem"].pop("$defs", {}))
    refusal = {"content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for path in spec["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            for status in STATUSES:
                responses[str(status)] = {"description": "Refused.", **refusal}
            for (name, answered), links in _LINKS.items():
                if operation["operationId"] == name:
                    responses[answered]["links"] = links
    spec["security"] = [{}, {"token": []}]
    inherited = _meanings(inspect.cleandoc(FaultConditions.__doc__ or ""))
    for name, schema in schemas.items():
        text = schema.get("description", "")
        schema["description"] = text.partition(_ATTRIBUTES)[0]
        meanings = {**(inherited if name.endswith("Fault") else {}), **_meanings(text)}
        for member, meaning in meanings.items():
            if member in schema.get("properties", {}):
                schema["properties"][member]["description"] = meaning


def _meanings(docstring: str) -> dict[str, str]:
    """What a docstring says of each attribute."""
    attributes = docstring.partition(_ATTRIBUTES)[2]
    return dict(_ATTRIBUTE.findall(re.sub(r"\n {8,}", " ", attributes)))
