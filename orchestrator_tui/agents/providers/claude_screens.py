"""What the Claude CLI's screen says, read by the rules in ``claude_screens.toml``. Pure but for loading them once."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestrator_tui.agents.providers.claude_layout import (
    Layout,
    last_block,
    layout_of,
    listed_options,
    numbered_options,
    text_of,
)
from orchestrator_tui.agents.providers.styled_screen import Row, rows_of

RULES_FILE = Path(__file__).with_name("claude_screens.toml")
_FRAMED = re.compile(r"^ *│ ?", re.MULTILINE)
_LONGEST_DETAIL = 500


class Situation(StrEnum):
    """What the CLI does or waits for."""

    IDLE = "idle"
    DRAFT = "draft"
    WORKING = "working"
    PERMISSION = "permission"
    QUESTION = "question"
    PLAN = "plan"
    TRUST = "trust"
    LOGIN = "login"
    RESUME = "resume"
    BYPASS = "bypass"
    MCP_APPROVAL = "mcp_approval"
    API_KEY = "api_key"
    API_ERROR = "api_error"
    LIMIT = "limit"
    MCP_FAILED = "mcp_failed"
    SHELL = "shell"
    MENU = "menu"
    TRANSCRIPT = "transcript"
    BACKGROUND = "background"
    STARTING = "starting"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ScreenReading:
    """One reading of a screen.

    ``detail`` is what it is about in one line (the command, the question, the error), empty where nothing is.
    ``options`` are a dialog's labels, top to bottom. ``draft`` is what a person typed and did not submit, None when
    that is nothing; ``box`` all that the input box shows, faint suggestions included, None when there is no box.
    ``tool`` is the tool that a dialog is about. ``busy``: a turn runs, whatever else is to be said.
    ``rule`` names the rule that decided, for ``why``.
    """

    situation: Situation
    detail: str = ""
    options: tuple[str, ...] = ()
    draft: str | None = None
    box: str | None = None
    tool: str | None = None
    busy: bool = False
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the rules' file."""

    name: str
    situation: Situation
    since: tuple[int, ...]
    until: tuple[int, ...] | None
    where: str
    match: tuple[re.Pattern[str], ...]
    without: re.Pattern[str] | None
    detail: re.Pattern[str] | None
    options: str | None
    prompt: str | None
    tool: str | None
    coloured: bool


def read_claude_screen(screen: str, cursor: tuple[int, int] | None = None, version: str | None = None) -> ScreenReading:
    """Reads ``tmux capture-pane -e -p``; ``version`` is the CLI's, None or an unknown one means the newest known."""
    rows = rows_of(screen)
    layout = layout_of(rows, cursor)
    regions = _regions(rows, layout)
    box = layout.box
    draft = box.typed or None if box is not None else None
    shown = box.shown if box is not None else None
    rules = _rules_for(version)
    busy = any(rule.situation is Situation.WORKING and _found(rule, regions, layout) is not None for rule in rules)
    for rule in rules:
        part = _found(rule, regions, layout)
        if part is not None:
            detail = rule.detail.search(text_of(part)) if rule.detail is not None else None
            return ScreenReading(
                rule.situation,
                detail=" ".join(_FRAMED.sub("", detail[1]).split())[:_LONGEST_DETAIL] if detail is not None else "",
                options=_options(rule, part),
                draft=draft,
                box=shown,
                tool=rule.tool,
                busy=busy,
                rule=rule.name,
            )
    return ScreenReading(Situation.UNKNOWN, draft=draft, box=shown, busy=busy)


@lru_cache(maxsize=1)
def all_rules() -> tuple[Rule, ...]:
    """Every rule of the package, in the order in which they are tried."""
    text = RULES_FILE.read_text(encoding="utf-8")
    return tuple(_rule(entry) for entry in tomllib.loads(text)["rules"])


def rules_for(rules: Sequence[Rule], version: str | None) -> tuple[Rule, ...]:
    """The rules for a CLI version; the newest known ones for None, a newer or an unreadable version."""
    oldest, newest = min(rule.since for rule in rules), max(rule.since for rule in rules)
    wanted = max((version and _number(version)) or newest, oldest)
    return tuple(rule for rule in rules if rule.since <= wanted and (rule.until is None or wanted < rule.until))


@lru_cache(maxsize=16)
def _rules_for(version: str | None) -> tuple[Rule, ...]:
    return rules_for(all_rules(), version)


def _number(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found is not None else ()


def _rule(entry: Mapping[str, Any]) -> Rule:
    def compiled(pattern: str | None) -> re.Pattern[str] | None:
        return re.compile(pattern, re.MULTILINE) if pattern is not None else None

    return Rule(
        name=entry["name"],
        situation=Situation(entry["situation"]),
        since=_number(entry["since"]),
        until=_number(entry["until"]) if "until" in entry else None,
        where=entry["where"],
        match=tuple(re.compile(pattern, re.MULTILINE) for pattern in entry["match"]),
        without=compiled(entry.get("without")),
        detail=compiled(entry.get("detail")),
        options=entry.get("options"),
        prompt=entry.get("prompt"),
        tool=entry.get("tool"),
        coloured=entry.get("coloured", False),
    )


def _regions(rows: Sequence[Row], layout: Layout) -> Mapping[str, Sequence[Sequence[Row]]]:
    has_box = layout.box is not None
    return {
        "dialog": layout.dialogs,
        "box": [[Row(layout.box.typed)]] if layout.box is not None else [],
        "footer": [layout.below] if has_box else [],
        "tail": [last_block(layout.above)] if has_box else [],
        "turn": [last_block(layout.above, of_person=True)] if has_box else [],
        "screen": [] if has_box else [rows],
    }


def _found(rule: Rule, regions: Mapping[str, Sequence[Sequence[Row]]], layout: Layout) -> Sequence[Row] | None:
    """The part of the screen in which the rule holds."""
    if rule.prompt is not None and (layout.box is None or layout.box.prompt != rule.prompt):
        return None
    return next((part for part in regions[rule.where] if _holds(rule, part)), None)


def _holds(rule: Rule, part: Sequence[Row]) -> bool:
    text = text_of(part)
    found = [pattern.search(text) for pattern in rule.match]
    if not all(found) or (rule.without is not None and rule.without.search(text)):
        return False
    first = found[0] if found else None
    return not rule.coloured or (first is not None and _is_coloured(part, text, first.start(first.re.groups and 1)))


def _is_coloured(part: Sequence[Row], text: str, place: int) -> bool:
    row = text.count("\n", 0, place)
    return place - (text.rfind("\n", 0, place) + 1) in part[row].coloured


def _options(rule: Rule, part: Sequence[Row]) -> tuple[str, ...]:
    match rule.options:
        case "numbered":
            return numbered_options(part)
        case "listed":
            return listed_options(part)
        case _:
            return ()
