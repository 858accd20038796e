"""Plan files: YAML to missions, with every mistake named by line and field."""

import difflib
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

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
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")


def parse_plan(text: str, source: str, *, known_ids: Collection[str] = ()) -> list[MissionSpec]:
    """The missions of a plan, in its order.

    A mission without an id is named by position and content (``plan-2-1f0c9a7e``), so that a later run of the same plan
    recognises it. ``known_ids`` are missions outside the plan that it may depend on. Raises PlanError.
    """
    reading = read_plan(text)
    mistakes = reading.mistakes or reading.graph_mistakes(known_ids)
    if mistakes:
        first = mistakes[0]
        raise PlanError(f"{source}, line {first.line}: {first.message}.", remedy=first.remedy, field=first.field)
    return [entry.spec for entry in reading.entries]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: its line from 1, what is wrong, what to do, and the field."""

    line: int
    message: str
    remedy: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class PlanEntry:
    """One mission of a plan, with the lines of the mission and of its fields."""

    spec: MissionSpec
    line: int
    lines: Mapping[str, int]

    def line_of(self, field: str) -> int:
        """The line of a field, or of the mission itself when it does not have it."""
        return self.lines.get(field, self.line)


@dataclass(frozen=True, slots=True)
class PlanReading:
    """A plan as far as it could be read: ``entries`` are the missions that are right by themselves.

    ``mistakes`` are in the order of the file. ``broken_ids`` are those of missions that are not among the entries.
    """

    entries: tuple[PlanEntry, ...] = ()
    mistakes: tuple[Mistake, ...] = ()
    broken_ids: frozenset[str] = frozenset()

    @property
    def outside(self) -> frozenset[str]:
        """The ids that missions depend on and that the plan does not have."""
        own = {entry.spec.id for entry in self.entries} | self.broken_ids
        return frozenset(name for entry in self.entries for name in entry.spec.depends_on if name not in own)

    def graph_mistakes(self, known_ids: Collection[str]) -> tuple[Mistake, ...]:
        """Ids used twice, dependencies that are neither in the plan nor in ``known_ids``, and cycles."""
        twice = self._twice()
        unknown = self._unknown(known_ids)
        return (*twice, *unknown, *self._cycles())

    def _twice(self) -> list[Mistake]:
        found: list[Mistake] = []
        lines: dict[str | None, int] = {}
        for entry in self.entries:
            line = entry.line_of("id")
            if entry.spec.id in lines:
                message = f"the id `{entry.spec.id}` is already used in line {lines[entry.spec.id]}"
                found.append(Mistake(line, message, "Choose another id.", "id"))
            else:
                lines[entry.spec.id] = line
        return found

    def _unknown(self, known_ids: Collection[str]) -> list[Mistake]:
        found: list[Mistake] = []
        ids = sorted({entry.spec.id or "" for entry in self.entries} | self.broken_ids)
        missing = self.outside - frozenset(known_ids)
        for entry in self.entries:
            for name in entry.spec.depends_on:
                if name not in missing:
                    continue
                near = difflib.get_close_matches(name, ids, n=1, cutoff=0.5)
                hint = f"Did you mean `{near[0]}`?" if near else "Add that mission or correct the id."
                message = f"mission `{entry.spec.id}` depends on `{name}`, which the plan does not have"
                found.append(Mistake(entry.line_of("depends_on"), message, hint, "depends_on"))
        return found

    def _cycles(self) -> list[Mistake]:
        found: list[Mistake] = []
        lines = {entry.spec.id or "": entry.line_of("depends_on") for entry in self.entries}
        graph = {entry.spec.id or "": entry.spec.depends_on for entry in self.entries}
        while (cycle := find_cycle(graph)) is not None:
            message = f"these missions wait for each other: {' → '.join(cycle)}"
            found.append(Mistake(lines[cycle[0]], message, "Take one of these dependencies out.", "depends_on"))
            # Without this one dependency the others are looked for.
            graph[cycle[-2]] = tuple(name for name in graph[cycle[-2]] if name != cycle[-1])
        return found


def read_plan(text: str) -> PlanReading:
    """A plan with every mistake that its missions hold by themselves; see ``PlanReading.graph_mistakes``."""
    return _Reader().read(text)


class _Stop(Exception):
    """Nothing more can be read here; the mistake is noted."""


class _Reader:
    def __init__(self) -> None:
        self._mistakes: list[Mistake] = []
        self._broken_ids: set[str] = set()

    def read(self, text: str) -> PlanReading:
        entries: list[PlanEntry] = []
        try:
            for number, node in enumerate(self._missions(text), 1):
                entry = self._mission(number, node)
                if entry is not None:
                    entries.append(entry)
        except _Stop:
            pass
        return PlanReading(tuple(entries), tuple(self._mistakes), frozenset(self._broken_ids))

    def _missions(self, text: str) -> list[yaml.Node]:
        root = self._compose(text)
        if root is None:
            raise self._stop(1, "the plan is empty", "Begin with `missions:` and a list.", "missions")
        fields = self._mapping(root, "the plan", _TOP)
        if "missions" not in fields:
            if not self._mistakes:
                self._note(_line(root), "`missions` is missing", "Begin with `missions:` and a list.", "missions")
            raise _Stop
        listed = fields["missions"]
        if not isinstance(listed, yaml.SequenceNode) or not listed.value:
            raise self._stop(_line(listed), "`missions` is not a list of missions", "Write `- prompt: …`.", "missions")
        return listed.value

    def _compose(self, text: str) -> yaml.Node | None:
        with suppress(yaml.YAMLError, AttributeError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
        # Libyaml is ten times as fast where it is there; what is wrong is said in the words of the other parser.
        try:
            return yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise self._stop(line, f"this is not YAML: {error.problem}", "Correct the line.", None) from None
        except yaml.YAMLError as error:
            raise self._stop(1, f"this is not YAML: {error}", "Save the file as UTF-8 text.", None) from None
        except RecursionError:
            raise self._stop(1, "the file is nested too deeply", "A plan is one list of missions.", None) from None

    def _mission(self, number: int, node: yaml.Node) -> PlanEntry | None:
        before = len(self._mistakes)
        try:
            fields = self._mapping(node, f"mission {number}", _FIELDS)
        except _Stop:
            return None
        if "prompt" not in fields:
            self._note(
                _line(node), f"mission {number} has no `prompt`", "Add `prompt:` with what is to be done.", "prompt"
            )
        spec = MissionSpec(prompt="")
        for name, value in fields.items():
            try:
                spec = self._with(spec, name, value)
            except _Stop:
                continue
            except UsageError as error:
                self._note(_line(value), error.message.rstrip("."), error.remedy, name)
        if len(self._mistakes) > before:
            if spec.id is not None:
                self._broken_ids.add(spec.id)
            return None
        if spec.id is None:
            spec = replace(spec, id=f"plan-{number}-{fingerprint(spec)[:8]}")
        return PlanEntry(spec, _line(node), _field_lines(node))

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
            raise self._stop(_line(node), f"{what} is not a set of `key: value` lines", _known(allowed), None)
        fields: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
                hint = f"Did you mean `{near[0]}`?" if near else _known(allowed)
                self._note(_line(key), f"unknown key `{name}` in {what}", hint, name)
            elif name in fields:
                self._note(_line(key), f"`{name}` stands twice in {what}", "Keep one of them.", name)
            else:
                fields[name] = value
        return fields

    def _text(self, node: yaml.Node, field: str) -> str | None:
        """The text as it is written, so that an id like 010 or a prompt like ``no`` stays what it looks like."""
        if not isinstance(node, yaml.ScalarNode):
            raise self._stop(_line(node), f"`{field}` is not a text", "Write one text, in quotes if need be.", field)
        return None if node.tag == _NULL else node.value

    def _number(self, node: yaml.Node) -> int | str | None:
        if isinstance(node, yaml.ScalarNode) and node.tag == _INT and _WHOLE.fullmatch(node.value):
            return int(node.value)
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else node.value
        return ""

    def _dependencies(self, node: yaml.Node) -> tuple[str, ...]:
        if isinstance(node, yaml.ScalarNode) and node.tag == _NULL:
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._stop(_line(node), "`depends_on` is not a list of ids", "Write [id, id].", "depends_on")
        ids = [checked_id(self._text(item, "depends_on"), "depends_on") for item in node.value]
        return tuple(dict.fromkeys(ids))

    def _note(self, line: int, message: str, remedy: str, field: str | None) -> None:
        self._mistakes.append(Mistake(line, message, remedy, field))

    def _stop(self, line: int, message: str, remedy: str, field: str | None) -> _Stop:
        self._note(line, message, remedy, field)
        return _Stop()


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1


def _field_lines(node: yaml.Node) -> dict[str, int]:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value if isinstance(node, yaml.MappingNode) else []
    return {key.value: _line(key) for key, _ in pairs if isinstance(key, yaml.ScalarNode)}


def _known(allowed: tuple[str, ...]) -> str:
    return f"Known keys: {', '.join(allowed)}."
