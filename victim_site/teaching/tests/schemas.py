"""Enough of JSON Schema to judge an answer by the OpenAPI document that promises it."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def mistakes(
    value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = ""
) -> list[str]:
    """Return each place where the value is not what the schema says; extra fields count."""
    if reference := schema.get("$ref"):
        schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    if options := schema.get("anyOf"):
        found = [mistakes(value, option, document, at) for option in options]
        return [] if [] in found else found[0]
    kind = _TYPES[schema["type"]]
    if not isinstance(value, kind) or isinstance(value, bool) != (schema["type"] == "boolean"):
        return [f"{at} is no {schema['type']}"]
    if isinstance(value, list):
        parts = [(f"{at}[{n}]", item, schema["items"]) for n, item in enumerate(value)]
    elif isinstance(value, dict) and "properties" in schema:
        if set(value) != set(schema["properties"]) or set(schema["required"]) - set(value):
            return [f"{at} has the fields {sorted(value)}"]
        parts = [(f"{at}.{n}", item, schema["properties"][n]) for n, item in value.items()]
    elif isinstance(value, dict):
        rest = schema["additionalProperties"]
        parts = [(f"{at}.{name}", item, rest) for name, item in value.items()]
    else:
        parts = []
    return [wrong for name, item, inner in parts for wrong in mistakes(item, inner, document, name)]
