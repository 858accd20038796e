"""What stands in files: plans, configurations, rules, transcripts, session files, screens of other programs."""

import atexit
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from orchestrator_tui.agents.diff_text import parse_diff
from orchestrator_tui.agents.providers.session_file import read_session_status, sessions_of
from orchestrator_tui.agents.providers.transcript import holds, is_resumable
from orchestrator_tui.agents.providers.transcript_end import api_failure, end_of
from orchestrator_tui.agents.providers.usage_lines import read_lines
from orchestrator_tui.agents.rule_book import append_rule
from orchestrator_tui.agents.rule_files import RuleFile, read_rules
from orchestrator_tui.core.config import parse_settings
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction
from orchestrator_tui.core.usage import TranscriptMark
from orchestrator_tui.missions.plan import parse_plan, read_plan
from orchestrator_tui.settings_files import load_settings
from tests.fuzz.target import Target, taken
from tests.fuzz.texts import JSON, LINES, LONE, NUMBER, TEXT, objects

_FOLDER = tempfile.TemporaryDirectory(prefix="orchestrator-fuzz-")
atexit.register(_FOLDER.cleanup)
ROOT = Path(_FOLDER.name)
LONGEST_STORED = 2**63

# --- plans

_KEYS = st.sampled_from(
    ["id", "prompt", "context", "type", "priority", "role", "timeout_ms", "max_retries", "depends_on", "promt", "? x"]
)
_VALUES = st.one_of(
    TEXT,
    st.sampled_from(
        [
            "coding",
            "high",
            "coder",
            "a",
            "[a, b]",
            "[]",
            "120000",
            "-1",
            "1_000",
            "0x1f",
            "1e3",
            "~",
            "!!int ²",
            "!!int +-5",
            "!!python/object:os.system x",
            "!!binary YQ==",
            "&x [*x]",
            "*x",
            "|\n      text",
            "2026-01-01",
            "<<: *x",
        ]
    ),
)
_MISSION = st.lists(st.tuples(_KEYS, _VALUES), min_size=1, max_size=5).map(
    lambda pairs: "  - " + "\n    ".join(f"{key}: {value}" for key, value in [("prompt", "x"), *pairs])
)
_PLAN = st.one_of(
    st.lists(_MISSION, max_size=4).map(lambda missions: "missions:\n" + "\n".join(missions)),
    JSON.map(lambda value: json.dumps({"missions": value}, ensure_ascii=False)),
    LINES,
    st.sampled_from([2, 200, 500]).map(lambda levels: "missions: " + "[" * levels),
    st.sampled_from([2, 200, 500]).map(lambda levels: "missions: " + "[" * levels + "]" * levels),
)


def _plan(text: str) -> bool:
    reading = read_plan(text)
    for mistake in (*reading.mistakes, *reading.graph_mistakes(())):
        assert mistake.line >= 1
        assert mistake.message
        assert mistake.remedy
    return taken(lambda: parse_plan(text, "plan.yaml"))


# --- configurations

_TABLE = objects(
    {
        "provider": st.sampled_from(["claude", "demo"]),
        "permission_mode": st.sampled_from(["plan", "default"]),
        "spawning_roles": st.lists(st.sampled_from(["oracle", "coder"]), max_size=2),
        "person_idle_s": NUMBER,
        "keys": st.dictionaries(TEXT, TEXT, max_size=2),
        "notify_command": st.lists(TEXT, max_size=2),
        "permissions": st.lists(
            objects({"action": st.sampled_from(["allow", "deny"]), "tool": st.just("Bash"), "pattern": TEXT}),
            max_size=2,
        ),
        "budgets": objects({"day": NUMBER, "mission": NUMBER, "agent": NUMBER}),
        "presets": st.dictionaries(st.sampled_from(["a", "b c"]), st.sampled_from(["3 coders", "x"]), max_size=2),
        "commands": st.lists(objects({"name": TEXT, "run": st.lists(TEXT, max_size=2)}, ("name", "run")), max_size=2),
        "providers": st.dictionaries(
            st.sampled_from(["mine", "claude", "A"]),
            objects(
                {
                    "command": st.lists(TEXT, min_size=1, max_size=2),
                    "ready_pattern": st.one_of(TEXT, st.sampled_from(["^> $", "(", "(a+)+$"])),
                    "submit": TEXT,
                    "template": TEXT,
                    "env": st.dictionaries(TEXT, TEXT, max_size=2),
                },
                ("command", "ready_pattern"),
            ),
            max_size=2,
        ),
    }
)
_TOML_VALUE = st.one_of(
    st.sampled_from(["1", "9" * 5000, "nan", "inf", "true", "'x'", "[1, 'x']", "{a = 1}", "1979-05-27", "0x_1"]),
    TEXT.map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.sampled_from([2, 500, 3_000]).map(lambda levels: "[" * levels + "]" * levels),
    TEXT,
)
_TOML = st.lists(
    st.one_of(
        st.tuples(
            st.one_of(st.sampled_from(["provider", "theme", "person_idle_s", "keys", "permissions", "x"]), TEXT),
            st.just(" = "),
            _TOML_VALUE,
        ).map("".join),
        st.sampled_from(
            ["[[permissions]]", 'action = "deny"', 'tool = "Bash"', "[keys]", "[budgets]", "[providers.x]"]
        ),
        TEXT,
    ),
    max_size=6,
).map("\n".join)


def _settings(data: dict[str, Any]) -> bool:
    return taken(lambda: parse_settings(data, "config.toml"))


def _write(name: str, text: str) -> Path:
    path = ROOT / name
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return path


def _config(text: str) -> bool:
    path = _write("orchestrator.toml", text)
    whole = taken(lambda: load_settings(ROOT, path))
    rules = taken(lambda: read_rules([RuleFile(path, may_allow=False)]))
    return whole and rules


def _append(given: tuple[str, str, str]) -> bool:
    before, tool, pattern = given
    path = _write("rules.toml", before)
    was_right = taken(lambda: read_rules([RuleFile(path, may_allow=True)]))
    rule = PermissionRule(action=RuleAction.DENY, tool=tool[:200] or "x", pattern=pattern or "x")
    was_taken = taken(lambda: append_rule(path, rule))
    if was_taken:
        assert not was_right or rule in read_rules([RuleFile(path, may_allow=True)]), "what was added is in force"
    else:
        assert path.read_bytes() == before.encode("utf-8", "surrogatepass"), "what was refused changed the file"
    return was_taken


# --- what agents' programs write

_MESSAGE = objects(
    {
        "model": st.sampled_from(["claude-x", "<synthetic>"]),
        "id": TEXT,
        "stop_reason": st.sampled_from(["end_turn", "tool_use"]),
        "content": st.one_of(
            TEXT,
            st.lists(objects({"type": st.sampled_from(["text", "tool_use"]), "text": TEXT, "name": TEXT}), max_size=3),
        ),
        "usage": objects({"input_tokens": NUMBER, "output_tokens": NUMBER, "cache_read_input_tokens": NUMBER}),
    }
)
_ENTRY = objects(
    {
        "type": st.sampled_from(["user", "assistant", "cost-state", "system"]),
        "message": _MESSAGE,
        "timestamp": st.sampled_from(
            ["2026-11-28T08:00:00.000Z", "0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "x"]
        ),
        "requestId": TEXT,
        "sessionId": TEXT,
        "promptId": TEXT,
        "isApiErrorMessage": st.booleans(),
        "isSidechain": st.booleans(),
        "error": TEXT,
        "quotaLimits": objects({"resetsAt": NUMBER}),
        "totalCostUSD": NUMBER,
    },
    ("type", "message"),
)
_JSON_LINE = st.one_of(
    _ENTRY.map(json.dumps),
    _ENTRY.map(json.dumps),
    st.sampled_from([2, 3_000]).map(lambda levels: '{"type":"assistant","usage":' + "[" * levels),
    st.sampled_from(["[" * 1500 + "]" * 1500, "{}", "null", "7", "\0"]),
    TEXT,
)
_TRANSCRIPT = st.lists(_JSON_LINE, max_size=5).map(lambda lines: "\n".join(lines).encode("utf-8", "surrogatepass"))


def _storable(value: object) -> None:
    if isinstance(value, str):
        assert LONE not in value, f"the store cannot hold {value!r}"
    elif isinstance(value, int) and not isinstance(value, bool):
        assert abs(value) < LONGEST_STORED, f"the store cannot hold {value}"
    else:
        assert value is None or isinstance(value, float | bool), f"the store cannot hold {value!r}"


def _transcript(data: bytes) -> bool:
    path = ROOT / "transcript.jsonl"
    path.write_bytes(data)
    word = end_of(path)
    if word is not None:
        _storable(word.at)
    failure = api_failure(path)
    holds(path, "(delivery x)")
    is_resumable(path)
    reading = read_lines(data, TranscriptMark(str(path), 1))
    assert reading.mark.offset == len(data)
    for record in (*reading.requests, *reading.costs, *reading.turns, reading.mark):
        for name in type(record).__slots__:
            _storable(getattr(record, name))
    return failure is None


_STATUS = objects(
    {
        "status": st.sampled_from(["idle", "busy", "waiting", "shell"]),
        "waitingFor": st.sampled_from(["permission prompt", "x"]),
        "sessionId": TEXT,
        "statusUpdatedAt": NUMBER,
        "procStart": TEXT,
    },
    ("status",),
)


def _session_file(text: str) -> bool:
    pid = os.getpid()
    _write(f"{pid}.json", text)
    sessions_of(ROOT, "x")
    return read_session_status(ROOT, pid) is not None


_DIFF_LINE = st.one_of(
    st.sampled_from(
        [
            "diff --git a/x b/x",
            "--- a/x",
            "+++ b/x",
            "@@ -1,2 +1,2 @@",
            "@@ -1 +1 @@ x",
            "@@ -9999999999999999999,1 +1 @@",
            "+a",
            "-b",
            " c",
            "\\ No newline at end of file",
            "Binary files a/x and b/x differ",
            "rename from x",
            "new file mode 100644",
            'diff --git "a/\\303" "b/\\3"',
        ]
    ),
    TEXT,
)


def _diff(lines: list[str]) -> bool:
    return taken(lambda: parse_diff("\n".join(lines)))


TARGETS = (
    Target("plan files", 1800, _PLAN.filter(lambda text: LONE not in text), _plan),
    Target("configuration data", 1200, _TABLE, _settings),
    Target("configuration files", 1200, _TOML, _config),
    Target("rules added to a file", 500, st.tuples(_TOML, TEXT, TEXT).filter(lambda given: LONE not in given), _append),
    Target("transcripts", 1800, _TRANSCRIPT, _transcript),
    Target("session files", 600, st.one_of(_STATUS.map(json.dumps), _JSON_LINE), _session_file),
    Target("diffs", 600, st.lists(_DIFF_LINE, max_size=10), _diff),
)
