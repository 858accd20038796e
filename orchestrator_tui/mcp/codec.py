"""What of ``SupervisorClient`` can be asked over the wire, and its values as JSON and back.

All of it follows from the protocol's annotations: a method or an update that is added there needs no line here.
"""

import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.core.views import SupervisorClient, Update

STREAMED = frozenset({"open_feed", "pane_frame"})
"""Methods that have a form of their own: what they answer would otherwise be sent again and again."""

_BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


@dataclass(frozen=True, slots=True)
class Hello:
    """The first word of a feed: the supervisor's process id, and the answers of methods that never wait (``facts``)."""

    pid: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the protocol: its parameters' names, and the types of what goes there and comes back."""

    name: str
    signature: inspect.Signature
    parameters: tuple[str, ...]
    arguments: Any
    result: Any

    def encode_call(self, *args: Any, **kwargs: Any) -> bytes:
        """The call's arguments, defaults included, as JSON."""
        bound = self.signature.bind(None, *args, **kwargs)
        bound.apply_defaults()
        return encode(self.arguments, tuple(bound.arguments[name] for name in self.parameters))

    def decode_call(self, body: bytes) -> tuple[Any, ...]:
        """The arguments that ``encode_call`` wrote. Raises UsageError naming the parameter."""
        try:
            return decode(self.arguments, body)
        except ValidationError as error:
            first = error.errors(include_url=False, include_context=False)[0]
            at = first["loc"][0] if first["loc"] else None
            field = self.parameters[at] if isinstance(at, int) and at < len(self.parameters) else None
            raise UsageError(
                f"`{field or self.name}`: {first['msg']}.",
                remedy=f"Send a JSON array: {', '.join(self.parameters) or 'empty'}.",
                field=field,
            ) from None


def _methods(*, waits: bool) -> dict[str, Method]:
    found: dict[str, Method] = {}
    for name, function in vars(SupervisorClient).items():
        if name.startswith("_") or name in STREAMED or not inspect.isfunction(function):
            continue
        if inspect.iscoroutinefunction(function) is waits:
            hints = get_type_hints(function)
            result = hints.pop("return")
            arguments: Any = tuple[tuple(hints.values())] if hints else tuple[()]
            found[name] = Method(name, inspect.signature(function), tuple(hints), arguments, tuple[result])
    return found


METHODS: Mapping[str, Method] = _methods(waits=True)
"""What a remote screen may call, by name."""

FACTS: Mapping[str, Method] = _methods(waits=False)
"""What never changes while a supervisor lives, and is told at once."""

_SPOKEN = {kind.__name__: kind for kind in (Hello, *get_args(Update))}


def encode(kind: Any, value: Any) -> bytes:
    """``value`` of the type ``kind`` (a tuple of types) as JSON."""
    adapter = _adapter(kind)
    try:
        return adapter.dump_json(value, warnings=False, fallback=str)
    except (PydanticSerializationError, UnicodeEncodeError):
        # An agent's program may print half of a character; the rest of what it said still counts.
        plain = adapter.dump_python(value, mode="json", warnings=False, fallback=str)
        return json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace")


def decode(kind: Any, data: bytes) -> Any:
    """The value that ``encode`` wrote. Raises pydantic's ValidationError."""
    return _adapter(kind).validate_json(data)


def encode_item(item: Hello | Update) -> bytes:
    """One line of a feed, its line break included."""
    kind = type(item)
    return b"%s %s\n" % (kind.__name__.encode(), encode(tuple[kind], (item,)))


def decode_item(line: bytes) -> Hello | Update:
    """The word that a feed's line says. Raises ValueError for one that is not of this version."""
    name, _, data = line.partition(b" ")
    kind = _SPOKEN.get(name.decode("ascii", "replace"))
    if kind is None:
        raise ValueError(f"{name!r} is not known here")
    return decode(tuple[kind], data)[0]


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind, config=_BYTES)
