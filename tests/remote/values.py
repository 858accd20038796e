"""Any value of an annotation of ``core``: what the wire has to carry."""

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from hypothesis import strategies as st
from pydantic import BaseModel

from orchestrator_tui.core.config import AgentConfig, WorktreeConfig
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction

_NUMBERS = st.integers(-(2**53), 2**53)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _FLOATS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    int: _NUMBERS,
    float: _FLOATS,
    str: st.text(),
    bytes: st.binary(),
    bool: st.booleans(),
    type(None): st.none(),
    object: _JSON,
    Any: _JSON,
}
_MODELS: dict[type[BaseModel], st.SearchStrategy[Any]] = {
    AgentConfig: st.builds(
        AgentConfig,
        env=st.dictionaries(st.from_regex(r"[A-Z]{1,5}", fullmatch=True), st.just("värde")),
        command=st.none() | st.lists(st.text(), min_size=1, max_size=3),
        system_prompt=st.none() | st.text(),
        worktree=st.none() | st.builds(WorktreeConfig, base=st.text()),
        auto_restart=st.booleans(),
    ),
    PermissionRule: st.builds(
        PermissionRule, action=st.sampled_from(RuleAction), tool=st.text(min_size=1), pattern=st.text(min_size=1)
    ),
}


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of the type; a type that nobody thought of here fails."""
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation in _MODELS:
        return _MODELS[annotation]
    origin, inner = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(values, inner))
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is tuple:
        if inner[1:] == (...,):
            return st.lists(values(inner[0]), max_size=3).map(tuple)
        return st.tuples(*map(values, inner))
    if origin is Sequence:
        return st.lists(values(inner[0]), max_size=3)
    if origin is Mapping:
        return st.dictionaries(values(inner[0]), values(inner[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and dataclasses.is_dataclass(annotation):
        hints = typing.get_type_hints(annotation)
        return st.builds(annotation, **{name: values(hint) for name, hint in hints.items()})
    raise AssertionError(f"no values of {annotation}")
