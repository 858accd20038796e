"""The wire side of the requests: one flat object schema a tool, and errors that name the field.

A discriminated union says ``oneOf`` at its root, which the Claude CLI skips and the API refuses; so every action's
fields stand side by side, each saying who uses it, and the union validates behind it.
"""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar, cast, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from orchestrator_tui.core.errors import UsageError

T = TypeVar("T")
_UNIONS = ("oneOf", "anyOf", "allOf")


class ToolContract(Generic[T]):
    """One tool's arguments: the schema that is shown and the validation that is done, from the same models."""

    def __init__(self, union: Any, adapter: TypeAdapter[T]) -> None:
        """``union`` is a union of request models whose ``action`` is a literal; ``adapter`` validates it."""
        models = cast("Sequence[type[BaseModel]]", get_args(union))
        self.models: dict[str, type[BaseModel]] = {_action_of(model): model for model in models}
        self._adapter = adapter
        self.input_schema = flat_schema(self.models)

    def parse(self, arguments: Mapping[str, Any]) -> T:
        """The request; null counts as left out, as models often send it for what they do not use.

        Raises UsageError whose message names every bad field and whose ``field`` is the first.
        """
        given = {key: value for key, value in arguments.items() if value is not None}
        try:
            return self._adapter.validate_python(given)
        except ValidationError as error:
            details = error.errors(include_url=False)
            text = "; ".join(self._explain(detail, given) for detail in details)
            raise UsageError(f"Invalid arguments: {text}.", field=_field_of(details[0])) from None

    def _explain(self, detail: ErrorDetails, given: Mapping[str, Any]) -> str:
        field = _field_of(detail)
        if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
            actions = ", ".join(self.models)
            if "action" not in given:
                return f"`action` is required: one of {actions}"
            return f"`action` must be one of {actions}, not {_shown(given['action'])}"
        action = str(detail["loc"][0])
        if detail["type"] == "extra_forbidden" and "." in field:
            return f"`{field}` is not known"
        if detail["type"] == "extra_forbidden":
            allowed = [name for name in self.models[action].model_fields if name != "action"]
            near = difflib.get_close_matches(field, allowed, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"allowed: {', '.join(allowed) or 'none'}"
            return f'`{field}` is not a parameter of action "{action}" ({hint})'
        if detail["type"] == "missing":
            return f'`{field}` is required for action "{action}"'
        reason = detail["msg"].removeprefix("Value error, ")
        return f"`{field}`: {reason[:1].lower()}{reason[1:]}"


def flat_schema(models: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """One object schema for all actions: no ``oneOf``, ``anyOf``, ``allOf``, ``$ref``, null branch or default.

    Raises ValueError when two actions mean different things by one name: a flat schema could not say so.
    """
    properties: dict[str, dict[str, Any]] = {}
    users: dict[str, list[str]] = {}
    usages: list[str] = []
    for action, model in models.items():
        schema = model.model_json_schema()
        required = set(schema.get("required", ()))
        names: list[str] = []
        for name, raw in cast("dict[str, dict[str, Any]]", schema["properties"]).items():
            if name == "action":
                continue
            flat = _flatten(raw, schema.get("$defs", {}))
            known = properties.setdefault(name, flat)
            if _shape(known) != _shape(flat):
                raise ValueError(f"{name} differs between actions")
            is_required = name in required
            users.setdefault(name, []).append(action if is_required else f"{action}?")
            names.append(name if is_required else f"[{name}]")
        names.sort(key=lambda name: name.startswith("["))
        usages.append(f"{action}({', '.join(names)})")
    for name, flat in properties.items():
        flat["description"] = f"{flat.get('description', name)} Used by: {', '.join(users[name])}."
    action_schema = {
        "type": "string",
        "enum": list(models),
        "description": f"Which operation: {'; '.join(usages)}. [x] is optional.",
    }
    return {
        "type": "object",
        "properties": {"action": action_schema, **properties},
        "required": ["action"],
        "additionalProperties": False,
    }


def _flatten(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """The schema without references, optional wrappers, titles and defaults."""
    flat = {key: value for key, value in schema.items() if key not in ("title", "default")}
    if "$ref" in flat:
        target = cast("Mapping[str, Any]", definitions[flat.pop("$ref").rpartition("/")[2]])
        inner = _flatten(target, definitions)
        # A definition's own description is its class's docstring, which is written for programmers.
        inner.pop("description", None)
        flat = {**inner, **flat}
    for word in _UNIONS:
        if word in flat:
            arms = [arm for arm in flat.pop(word) if arm.get("type") != "null"]
            if len(arms) != 1:
                raise ValueError(f"{word} of {len(arms)} kinds cannot be flattened")
            flat = {**_flatten(arms[0], definitions), **flat}
    if "items" in flat:
        flat["items"] = _flatten(flat["items"], definitions)
    if "properties" in flat:
        properties = cast("dict[str, dict[str, Any]]", flat["properties"])
        flat["properties"] = {name: _flatten(value, definitions) for name, value in properties.items()}
    return flat


def _shape(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != "description"}


def _action_of(model: type[BaseModel]) -> str:
    return str(get_args(model.model_fields["action"].annotation)[0])


def _field_of(detail: ErrorDetails) -> str:
    # The first part of a location inside a discriminated union is the tag.
    return ".".join(str(part) for part in detail["loc"][1:]) or "action"


def _shown(value: object) -> str:
    return json.dumps(value, default=str)[:60]
