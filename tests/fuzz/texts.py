"""Strings and JSON as nobody in their right mind would send them."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NASTY = (
    "",
    " ",
    "\0",
    "\n",
    "\r\n",
    "\t",
    "\x1b[2J",
    "\x1b]52;c;YQ==\x07",
    "\x1bP1;2|x\x1b\\",
    "\x9b31m",
    "\ud800",
    "\u202e",
    "²",
    "٣",
    "+-5",
    "9" * 400,
    "9" * 5000,
    "-1",
    "1e999",
    "nan",
    "true",
    "null",
    "#{pane_pid}",
    "#(touch x)",
    "$(touch x)",
    "`touch x`",
    "'; DROP TABLE missions; --",
    '"',
    "'",
    "\\",
    "%",
    "%s%n",
    "{",
    "{agent}",
    "{{agent}}",
    "[red]x[/red]",
    "[/]",
    "[@click=app.quit]x[/]",
    "../../etc/passwd",
    "-rf",
    "--",
    "*",
    "[" * 100,
    "é" * 300,
    "👩‍👩‍👧",
    "漢字",
    "x" * 70,
)
"""Each has broken some program."""

LONE = "\ud800"
"""Half of a character: JSON may carry it, files and databases may not."""

TEXT: SearchStrategy[str] = st.one_of(st.sampled_from(NASTY), st.text(max_size=40), st.text(max_size=3))
LINES: SearchStrategy[str] = st.lists(TEXT, max_size=6).map("\n".join)
NUMBER: SearchStrategy[Any] = st.one_of(
    st.integers(-3, 9),
    st.sampled_from([2**31, 2**53, 2**63, 2**64, -(2**63), 10**30]),
    st.floats(),
    st.booleans(),
)
SCALAR: SearchStrategy[Any] = st.one_of(st.none(), NUMBER, TEXT)
JSON: SearchStrategy[Any] = st.recursive(
    SCALAR, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)), max_leaves=8
)


def deep(levels: int) -> Any:
    """A list in a list in a list."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def spoilt(good: SearchStrategy[Any]) -> SearchStrategy[Any]:
    """Mostly what belongs there, else anything."""
    return st.one_of(good, good, good, JSON)


def objects(
    fields: dict[str, SearchStrategy[Any]], required: tuple[str, ...] = (), *, strange: bool = True
) -> SearchStrategy[dict[str, Any]]:
    """Objects with some of the fields, their values mostly right; ``strange`` adds unknown ones."""
    whole = st.fixed_dictionaries(
        {name: spoilt(fields[name]) for name in required},
        optional={name: spoilt(value) for name, value in fields.items() if name not in required},
    )
    if not strange:
        return whole
    with_more = st.tuples(whole, st.dictionaries(TEXT, JSON, max_size=2)).map(lambda pair: {**pair[0], **pair[1]})
    return st.one_of(whole, whole, whole, with_more)
