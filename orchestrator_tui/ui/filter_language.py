"""The language of filters: ``role:coder ctx>80 !state:idle words | another alternative``. Pure.

Terms beside each other must all hold; ``|`` parts alternatives; ``!`` or ``-`` turns a term round; a value may name
several things (``role:coder,tester``) and stand in quotes. A word without a field is looked for in the whole row.
"""

import difflib
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from orchestrator_tui.core.errors import UsageError

Row = TypeVar("Row")
Text = str | None
Test = Callable[[Row, int], bool]
"""Whether a row passes at a time in milliseconds."""

_TOKEN = re.compile(
    r"\s*(?:(?P<bar>\|)|(?P<negation>[!-])?(?:"
    r'(?P<name>[A-Za-z_]+)(?P<sign>>=|<=|[:=<>])(?P<value>"[^"]*"|[^\s|]*)|(?P<word>"[^"]*"|[^\s|]+)))'
)
_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class TextField(Generic[Row]):
    """A field in which a value is looked for, in any case; of ``choices`` the value may be the beginning."""

    read: Callable[[Row], Text | Sequence[str]]
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NumberField(Generic[Row]):
    """A field that is compared; ``is_duration`` values are milliseconds, written ``90s`` ``10m`` ``1h`` ``2d``."""

    read: Callable[[Row, int], float | None]
    example: str
    is_duration: bool = False


Field = TextField[Row] | NumberField[Row]


@dataclass(frozen=True, slots=True)
class Language(Generic[Row]):
    """The fields of one kind of row, and the texts in which words without a field are looked for."""

    fields: Mapping[str, Field[Row]]
    texts: Callable[[Row], Iterable[Text]]
    help: str

    def parse(self, query: str, *, leniently: bool = False) -> Test[Row] | None:
        """The test that the query asks for; None for an empty one.

        Raises UsageError saying what cannot be read, or ``leniently`` leaves such a term out, as while it is typed.
        """
        alternatives: list[list[Test[Row]]] = [[]]
        for token in _TOKEN.finditer(query.strip()):
            if token["bar"]:
                alternatives.append([])
                continue
            try:
                test = self._term(token)
            except UsageError:
                if leniently:
                    continue
                raise
            alternatives[-1].append(_turned_round(test) if token["negation"] else test)
        asked = [tests for tests in alternatives if tests]
        if not asked:
            return None
        return lambda row, now_ms: any(all(test(row, now_ms) for test in tests) for tests in asked)

    def _term(self, token: "re.Match[str]") -> Test[Row]:
        if token["word"]:
            word = token["word"].strip('"').casefold()
            return lambda row, _: any(word in text.casefold() for text in self.texts(row) if text)
        name, sign, value = token["name"].casefold(), token["sign"], token["value"].strip('"')
        field = self.fields.get(name)
        if field is None:
            raise _unknown_field(name, self.fields)
        if isinstance(field, NumberField):
            return _compared(name, field, sign, value)
        if sign not in (":", "="):
            raise UsageError(f"{name} holds words.", remedy=f"Write {name}:…", field="filter")
        return _contained(name, field, value)


def _contained(name: str, field: TextField[Row], value: str) -> Test[Row]:
    wanted = tuple(part for part in value.casefold().split(",") if part)
    if not wanted:
        known = f" of {' '.join(field.choices)}" if field.choices else ""
        raise UsageError(f"{name}: is not finished.", remedy=f"Write one{known} behind it.", field="filter")
    for part in wanted if field.choices else ():
        if not any(choice.startswith(part) for choice in field.choices):
            near = difflib.get_close_matches(part, field.choices, n=1, cutoff=0.4)
            remedy = f"Did you mean {near[0]}?" if near else f"Known: {' '.join(field.choices)}."
            raise UsageError(f"No {name} is called {part}.", remedy=remedy, field="filter")
    read, exact = field.read, bool(field.choices)

    def test(row: Row, now_ms: int) -> bool:
        del now_ms
        found = read(row)
        texts = [found] if isinstance(found, str) else found or ()
        folded = [text.casefold() for text in texts]
        if exact:
            return any(text.startswith(wanted) for text in folded)
        return any(part in text for part in wanted for text in folded)

    return test


def _compared(name: str, field: NumberField[Row], sign: str, value: str) -> Test[Row]:
    number = _duration_ms(value) if field.is_duration else _number(value)
    if number is None:
        what = (
            f"{value} is no {'duration' if field.is_duration else 'number'}"
            if value
            else f"{name}{sign} is not finished"
        )
        raise UsageError(f"{what}.", remedy=f"Write it as {name}{sign}{field.example}.", field="filter")
    read = field.read
    compare = _COMPARED.get(sign, lambda left, right: round(left) == round(right))

    def test(row: Row, now_ms: int) -> bool:
        found = read(row, now_ms)
        return found is not None and compare(found, number)

    return test


def _turned_round(test: Test[Row]) -> Test[Row]:
    return lambda row, now_ms: not test(row, now_ms)


def _number(text: str) -> float | None:
    cleaned = text.strip("$%")
    return float(cleaned) if re.fullmatch(r"\d{1,18}(\.\d*)?|\.\d+", cleaned) else None


def _duration_ms(text: str) -> float | None:
    found = re.fullmatch(r"(\d{1,12}(?:\.\d*)?)([smhd]?)", text)
    return None if found is None else float(found[1]) * _UNITS[found[2] or "m"] * 1000


def _unknown_field(name: str, known: Iterable[str]) -> UsageError:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.4)
    remedy = f"Did you mean {near[0]}?" if near else f"Fields: {' '.join(known)}."
    return UsageError(f"No field is called {name}.", remedy=remedy, field="filter")
