"""Plan files: YAML to missions, with every mistake named by line and field."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import replace

import yaml

from orchestrator_tui.core.errors import PlanError, UsageError
from orchestrator_tui.core.models import MissionSpec, Priority, Role, TaskType
from orchestrator_tui.missions.rules import find_cycle
from orchestrator_tui.missions.validation import (
    at_least,
    checked_id,
    checked_prompt,
    checked_text,
    fingerprint,
    one_of,
)

_TOP = ("missions",)
_FIELDS = ("id", "prompt", "context", "type", "priority", "role", "timeout_ms", "max_retries", "depends_on")
_NULL = "tag:yaml.org,2002:null"
_INT = "tag:yaml.org,2002:int"


def parse_plan(text: str, source: str, *, known_ids: Collection[str] = ()) -> list[MissionSpec]:
    """The missions of a plan, in its order.

    A mission without an id is named by position and content (``plan-2-1f0c9a7e``), so that a later run of the same plan
    recognises it. ``known_ids`` are missions outside the plan that it may depend on. Raises PlanError.
    """
    return _Plan(source, frozenset(known_ids)).parse(text)


class _Plan:
    def __init__(self, source: str, known_ids: frozenset[str]) -> None:
        self._source = source
        self._known_ids = known_ids

    def parse(self, text: str) -> list[MissionSpec]:
        root = self._compose(text)
        if root is None:
            raise self._error(1, "the plan is empty", "Begin with `missions:` and a list.", "missions")
        fields = self._mapping(root, "the plan", _TOP)
        if "missions" not in fields:
            raise self._error(_line(root), "`missions` is missing", "Begin with `missions:` and a list.", "missions")
        listed = fields["missions"]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            raise self._error(_line(listed), "`missions` is not a list of missions", "Write `- prompt: …`.", "missions")
        nodes: list[yaml.Node] = listed.value
        specs = [self._mission(number, node) for number, node in enumerate(nodes, 1)]
        self._check_ids(specs, nodes)
        self._check_dependencies(specs, nodes)
        return specs

    def _compose(self, text: str) -> yaml.Node | None:
        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._error(line, f"this is not YAML: {error.problem}", "Correct the line.", None) from None
        except yaml.YAMLError as error:
            raise self._error(1, f"this is not YAML: {error}", "Save the file as UTF-8 text.", None) from None
        except RecursionError:
            raise self._error(1, "the file is nested too deeply", "A plan is one list of missions.", None) from None

    def _mission(self, number: int, node: yaml.Node) -> MissionSpec:
        fields = self._mapping(node, f"mission {number}", _FIELDS)
        if "prompt" not in fields:
            raise self._error(
                _line(node), f"mission {number} has no `prompt`", "Add `prompt:` with what is to be done.", "prompt"
            )
        spec = MissionSpec(prompt="")
        for name, value in fields.items():
            try:
                spec = self._with(spec, name, value)
            except PlanError:
                raise
            except UsageError as error:
                raise self._error(_line(value), error.message.rstrip("."), error.remedy, name) from None
        if spec.id is None:
            return replace(spec, id=f"plan-{number}-{fingerprint(spec)[:8]}")
        return spec

    def _with(self, spec: MissionSpec, name: str, node: yaml.Node) -> MissionSpec:
        match name:
            case "depends_on":
                return replace(spec, depends_on=self._dependencies(node))
            case "prompt":
                return replace(spec, prompt=checked_prompt(self._text(node, name)))
            case "timeout_ms":
                return replace(spec, timeout_ms=at_least(1, self._number(node), name))
            case "max_retries":
                return replace(spec, max_retries=at_least(0, self._number(node), name))
            case _:
                text = self._text(node, name)
        if text is None:
            return spec
        match name:
            case "id":
                return replace(spec, id=checked_id(text))
            case "context":
                return replace(spec, context=checked_text(text, name))
            case "type":
                return replace(spec, type=one_of(TaskType, text, name))
            case "priority":
                return replace(spec, priority=one_of(Priority, text, name))
            case _:
                return replace(spec, role=one_of(Role, text, name))

    def _mapping(self, node: yaml.Node, what: str, allowed: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise self._error(_line(node), f"{what} is not a set of `key: value` lines", _known(allowed), None)
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
                hint = f"Did you mean `{near[0]}`?" if near else _known(allowed)
                raise self._error(_line(key), f"unknown key `{name}` in {what}", hint, name)
            if name in fields:
                raise self._error(_line(key), f"`{name}` stands twice in {what}", "Keep one of them.", name)
            fields[name] = value
        return fields

    def _text(self, node: yaml.Node, field: str) -> str | None:
        """The text as it is written, so that an id like 010 or a prompt like ``no`` stays what it looks like."""
        if not isinstance(node, yaml.ScalarNode):
            raise self._error(_line(node), f"`{field}` is not a text", "Write one text, in quotes if need be.", field)
        return None if node.tag == _NULL else node.value

    def _number(self, node: yaml.Node) -> int | str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == _INT and node.value.lstrip("+-").isdigit():
            return int(node.value)
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else node.value
        return ""

    def _dependencies(self, node: yaml.Node) -> tuple[str, ...]:
        if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(_line(node), "`depends_on` is not a list of ids", "Write [id, id].", "depends_on")
        ids = [checked_id(self._text(item, "depends_on"), "depends_on") for item in node.value]
        return tuple(dict.fromkeys(ids))

    def _check_ids(self, specs: list[MissionSpec], nodes: list[yaml.Node]) -> None:
        lines: dict[str | None, int] = {}
        for spec, node in zip(specs, nodes, strict=True):
            if spec.id in lines:
                raise self._error(
                    _field_line(node, "id"),
                    f"the id `{spec.id}` is already used in line {lines[spec.id]}",
                    "Choose another id.",
                    "id",
                )
            lines[spec.id] = _field_line(node, "id")

    def _check_dependencies(self, specs: list[MissionSpec], nodes: list[yaml.Node]) -> None:
        line_of = {spec.id: _field_line(node, "depends_on") for spec, node in zip(specs, nodes, strict=True)}
        graph: Mapping[str, tuple[str, ...]] = {spec.id: spec.depends_on for spec in specs if spec.id is not None}
        for mission_id, depends_on in graph.items():
            for name in depends_on:
                if name in graph or name in self._known_ids:
                    continue
                near = difflib.get_close_matches(name, graph, n=1, cutoff=0.5)
                hint = f"Did you mean `{near[0]}`?" if near else "Add that mission or correct the id."
                raise self._error(
                    line_of[mission_id],
                    f"mission `{mission_id}` depends on `{name}`, which the plan does not have",
                    hint,
                    "depends_on",
                )
        cycle = find_cycle(graph)
        if cycle is not None:
            raise self._error(
                line_of[cycle[0]],
                f"these missions wait for each other: {' → '.join(cycle)}",
                "Take one of these dependencies out.",
                "depends_on",
            )

    def _error(self, line: int, message: str, remedy: str, field: str | None) -> PlanError:
        return PlanError(f"{self._source}, line {line}: {message}.", remedy=remedy, field=field)


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _field_line(node: yaml.Node, field: str) -> int:
    """The line of a mission's field, or of the mission itself when it does not have it."""
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == field:
                return _line(key)
    return _line(node)


def _known(allowed: tuple[str, ...]) -> str:
    return f"Known keys: {', '.join(allowed)}."
