"""Complete the OpenAPI document for people: groups, possible answers, and Chinese descriptions.

The extension `x-groups` lists the members of a schema in groups with titles. `x-enum-descriptions` has a meaning for
each value of an `enum`. `x-answer` is the answer that applies to an open question that the account does not answer.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ccell_fake.codes import Code
from ccell_fake.engine.assumptions import Answers
from ccell_fake.faults import FaultConditions
from ccell_fake.settings import SETTING_GROUPS, AccountSettings
from ccell_fixtures.registries import ASSUMPTIONS, Assumption
from ccell_fixtures.translations import chinese

_MEANINGS = "x-enum-descriptions"
_SETTINGS = AccountSettings.__name__
_CHANGED = "ChangedSettings"


def explain(schemas: dict[str, dict[str, Any]], answers: Answers) -> None:
    """Add groups, the open questions with their possible answers, and the texts of the codes.

    Args:
        schemas: The schemas of the document.
        answers: The answers of the server.
    """
    settings = schemas[_SETTINGS]
    settings["x-groups"] = [{"title": title, "members": list(members)} for title, members in SETTING_GROUPS.items()]
    assumptions = settings["properties"]["assumptions"]
    assumptions["additionalProperties"] = False
    assumptions["properties"] = {
        id_: _question(question) | {"x-answer": answers.orders.get(id_) or answers[id_]}
        for id_, question in ASSUMPTIONS.items()
        if question.scope == "account"
    }
    # Only a fault refers to this schema, and no fault has the code of success.
    errors = [code for code in Code if code is not Code.SUCCESS]
    schemas[Code.__name__] |= {"enum": errors, _MEANINGS: [code.text for code in errors]}


def _question(question: Assumption) -> dict[str, Any]:
    if isinstance(question.default, tuple):
        count = len(question.default)
        items = {"type": "string", "enum": list(question.default)}
        order = {"type": "array", "items": items, "uniqueItems": True, "minItems": count, "maxItems": count}
        return {"description": question.question, **order}
    named: dict[str, Any] = {"type": "string", "enum": list(question.answers)}
    named[_MEANINGS] = list(question.answers.values())
    if not question.form:
        return {"description": question.question, **named}
    form = {"type": "string", "pattern": f"^({question.form})$", "description": question.form_means}
    return {"description": question.question, "anyOf": [named, form]}


def in_chinese(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a document, with Chinese summaries of operations, and descriptions of what a form shows."""
    texts = chinese()
    inherited = texts["members"][FaultConditions.__name__]
    translated = deepcopy(dict(spec))
    _translate_operations(translated, texts)
    schemas = translated["components"]["schemas"]
    for name, schema in schemas.items():
        meanings: dict[str, str] = dict(inherited if name.endswith("Fault") else {})
        meanings.update(texts["members"].get(_SETTINGS if name == _CHANGED else name, {}))
        for member, described in schema.get("properties", {}).items():
            if member == "kind" and member in meanings:
                schema["description"] = meanings[member]
            elif member in meanings:
                described["description"] = meanings[member]
        for group in schema.get("x-groups", ()):
            group["title"] = texts["groups"][group["title"]]
        if name in {_SETTINGS, _CHANGED}:
            for id_, described in schema["properties"]["assumptions"]["properties"].items():
                _translate_question(described, texts["questions"][id_])
    return translated


def _translate_operations(spec: Mapping[str, Any], texts: Mapping[str, Any]) -> None:
    for tag in spec["tags"]:
        tag["description"] = texts["tags"][tag["name"]]
    for path in spec["paths"].values():
        for operation in path.values():
            operation["summary"] = texts["operations"][operation["operationId"]]


def _translate_question(described: dict[str, Any], texts: Mapping[str, Any]) -> None:
    described["description"] = texts["question"]
    for part in (described, *described.get("anyOf", ())):
        if _MEANINGS in part:
            part[_MEANINGS] = [texts["answers"][answer] for answer in part["enum"]]
        elif "pattern" in part:
            part["description"] = f"N/S：{texts['form']}"
