"""Commands as lines that a person may see: no secret, no typed text, nothing longer than it helps. Pure."""

import re
import shlex
from collections.abc import Sequence

from orchestrator_tui.core.command_log import Argv, Tool

LONGEST = 60
HIDDEN = "…"

_READ = 400
"""Of one argument no more is looked at: more is never shown."""

_SECRET_WORD = r"(?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|credential|authorization)[\w-]*"
_SECRET_OPTION = re.compile(rf"-{{1,2}}[\w-]*{_SECRET_WORD}", re.IGNORECASE)
_SECRETS = (
    (re.compile(r"(://)[^/\s@\"']+@"), rf"\1{HIDDEN}@"),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(rf"({_SECRET_WORD}[\"']?\s*[=:]\s*[\"']?)(?!bearer\b|basic\b)[^\s\"',;&]+", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"\b(?:op|a\d+)-[0-9a-f]{40}\b"), HIDDEN),
    (re.compile(r"\b(sk|pk|gh[a-z]|github_pat|glpat|xox[a-z])[-_][A-Za-z0-9_-]{12,}"), rf"\1-{HIDDEN}"),
    (re.compile(r"\b[0-9a-fA-F]{41,}\b"), HIDDEN),
)
_KEY = re.compile(
    r"(?:[CMS]-)+.|(?:[CMS]-)*"
    r"(?:F\d{1,2}|Up|Down|Left|Right|Enter|Escape|B?Tab|BSpace|Space|Home|End|[NP]Page|Page(?:Up|Down)|Pg(?:Up|Dn)|DC|IC)"
)
_LENGTH = re.compile(r"\([\d,]+ characters?\)")
_VARIABLE_COMMANDS = frozenset({"new-window", "new-session", "respawn-pane", "respawn-window"})


def command_line(tool: Tool, command: Argv, folder: str = "") -> str:
    """One command as it would be typed, with what must not be seen left out."""
    if tool == "tmux":
        return " ".join([tool, *(_shown(part) for part in _tmux_words(command))])
    if tool == "own":
        where = f"in {_shown(folder)}: " if folder else ""
        return where + " ".join(_shown(part) for part in _masked(command))
    head = [tool, "-C", folder] if folder else [tool]
    return " ".join(_shown(part) for part in _masked([*head, *command]))


def hide_secrets(text: str) -> str:
    """The text without tokens, passwords and keys that can be told by their looks or their names."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


def _tmux_words(command: Argv) -> Sequence[str]:
    name, arguments = command[0], command[1:]
    if name == "send-keys":
        return (name, *_keys(arguments))
    if name in ("set-buffer", "set-environment") and arguments:
        return (name, *arguments[:-1], _length(arguments[-1]))
    return _masked(command, hides_variables=name in _VARIABLE_COMMANDS)


def _keys(arguments: Argv) -> Sequence[str]:
    """Keys by their names; what is text, also a single character, by its length."""
    at = arguments.index("--") + 1 if "--" in arguments else 2 if arguments[:1] == ("-t",) else 0
    is_text = "-l" in arguments or "-H" in arguments
    typed = (part if _KEY.fullmatch(part) and not is_text else _length(part) for part in arguments[at:])
    return (*arguments[:at], *typed)


def _masked(words: Sequence[str], *, hides_variables: bool = False) -> list[str]:
    shown: list[str] = []
    for before, word in zip(("", *words), words, strict=False):
        if _SECRET_OPTION.fullmatch(before) and not word.startswith("-"):
            shown.append(HIDDEN)
        elif hides_variables and before == "-e":
            # Names say what is set; any value may be private.
            shown.append(f"{word.partition('=')[0]}={HIDDEN}")
        else:
            shown.append(hide_secrets(word[:_READ]) + word[_READ:])
    return shown


def _shown(word: str) -> str:
    if _LENGTH.fullmatch(word):
        return word
    line = " ".join(word[:_READ].split())
    if len(line) > LONGEST:
        return f"{_quoted(line[:LONGEST] + HIDDEN)}({len(word):,} characters)"
    return _quoted(line)


def _quoted(word: str) -> str:
    # Our own ellipsis, and what tmux's targets begin with, need no quotes to be read.
    plain = re.sub(rf"[{HIDDEN}=%@~]", "", word)
    return word if word and (not plain or shlex.quote(plain) == plain) else shlex.quote(word)


def _length(text: str) -> str:
    return f"({len(text):,} character{'s' * (len(text) != 1)})"
