"""What people and programs write a line at a time: tmux's answers, screens, filters, rules, placeholders."""

from typing import Any

from hypothesis import strategies as st

from orchestrator_tui.core.event_filter import parse_event_filter
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import AgentState, MissionState, ModelTier, Priority, Role, TaskType
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction, decide, exact_rule, subject_of
from orchestrator_tui.core.pool import parse_pool
from orchestrator_tui.core.user_commands import PLACEHOLDERS, UserCommand
from orchestrator_tui.core.views import AgentView, MissionView
from orchestrator_tui.pty.commands import parse_row
from orchestrator_tui.pty.protocol import ControlParser, Notification, Reply, encode
from orchestrator_tui.ui.ansi import parse_lines, plain_text
from orchestrator_tui.ui.filters import AGENT_FILTER, MISSION_FILTER
from tests.fuzz.target import Target, taken
from tests.fuzz.texts import JSON, LONE, TEXT, objects

AGENT = AgentView(
    id=1,
    name="api-1",
    role=Role.CODER,
    model=ModelTier.SONNET,
    provider="demo",
    state=AgentState.IDLE,
    state_since=1,
    created_at=1,
)
MISSION = MissionView(
    id="m-1", seq=1, title="x", type=TaskType.CODING, priority=Priority.HIGH, state=MissionState.PENDING, created_at=1
)
EVENT = Event(EventType.CRASH, 5, agent_id=1, mission_id="m-1", data={"signal": "SIGKILL"}, seq=9)

# --- tmux's control protocol, in pieces of any size

_LINE = st.one_of(
    st.sampled_from(
        [
            b"%begin 1 2 1",
            b"%begin",
            b"%begin ",
            b"%begin 1",
            b"%end 1 2 1",
            b"%error 1 2 1",
            b"%end 1 2 0",
            b"%end 1 9 1",
            b"%end",
            b"%exit",
            b"%",
            b"%output %1 x",
            b"",
        ]
    ),
    st.binary(max_size=30),
)
_STREAM = st.tuples(st.lists(_LINE, max_size=12).map(b"\n".join), st.lists(st.integers(1, 40), max_size=8))


def _control(given: tuple[bytes, list[int]]) -> bool:
    data, sizes = given
    parser = ControlParser()
    found: list[Reply | Notification] = []
    rest = data
    for size in sizes:
        found += parser.feed(rest[:size])
        rest = rest[size:]
    found += parser.feed(rest)
    assert found == ControlParser().feed(data), "pieces must not matter"
    # A well-formed block behind damage is still understood once the damaged one has ended.
    parser.feed(b"\n%end 1 2 1\n%end 1 9 1\n")
    assert all(isinstance(item, Reply | Notification) for item in found)
    return True


def _encoded(arguments: list[str]) -> bool:
    commands = [("set-buffer", *arguments)]
    try:
        line = encode(commands)
    except UnicodeEncodeError:
        assert any("\ud800" <= character <= "\udfff" for text in arguments for character in text)
        return False
    assert line.count(b"\n") == 1, "one command is one line"
    assert line.endswith(b"\n")
    return True


def _row(parts: list[bytes]) -> bool:
    return taken(lambda: parse_row(b"\t".join(parts)))


# --- screens

_SEQUENCE = st.one_of(
    st.tuples(
        st.sampled_from(
            [b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_", b"\x1b^", b"\x1bX", b"\xc2\x9b", b"\xc2\x9d", b"\x1b", b"\x1b("]
        ),
        st.text("0123456789;:?<=>!$\"' abc", max_size=12).map(str.encode),
        st.sampled_from([b"m", b"H", b"J", b"q", b"\x07", b"\x1b\\", b"", b"~", b"\xc2\x9c"]),
    ).map(b"".join),
    st.binary(max_size=12),
    TEXT.map(lambda text: text.encode("utf-8", "surrogateescape" if text != "\ud800" else "replace")),
    st.sampled_from([b"\x0e", b"\x0f", b"lqk", b"\x08", b"\r", b"\t", b"\x7f", b"\xff\xfe", b"\xe2\x80\xae"]),
)
_SCREEN = st.lists(st.lists(_SEQUENCE, max_size=5).map(b"".join), max_size=5).map(tuple)


def _screen(lines: tuple[bytes, ...]) -> bool:
    strips = parse_lines(lines)
    assert len(strips) == len(lines)
    for text in (*(strip.text for strip in strips), *plain_text(lines).split("\n")):
        bad = [character for character in text if not character.isprintable() and character not in " \u200d\ufe0f"]
        raw = [character for character in bad if ord(character) < 0xA0 or character in "\u202a\u202e\u2066\u2069"]
        assert not raw, f"would reach the terminal: {raw!r}"
    return True


# --- filters, pools

_WORD = st.one_of(
    TEXT,
    st.tuples(
        st.sampled_from(
            ["agent", "mission", "type", "since", "role", "ctx", "cost", "age", "state", "cpu", "x", "tries", "after"]
        ),
        st.sampled_from([":", ">", "<", ">=", "=", ":-", ':"', ""]),
        st.one_of(TEXT, st.sampled_from(["1h", "9d", "crash", "coder", "1", ".", "-", "1.5w", "9" * 400 + "h"])),
    ).map("".join),
    st.sampled_from(["|", "!", "-", '"', "!!", ","]),
)
_QUERY = st.lists(_WORD, max_size=4).map(" ".join)


def _event_query(text: str) -> bool:
    return taken(lambda: parse_event_filter(text).accepts(EVENT, {1: "api-1"}, 10))


def _row_query(text: str) -> bool:
    agents, missions = AGENT_FILTER.parse(text, leniently=True), MISSION_FILTER.parse(text, leniently=True)
    if agents is not None:
        agents(AGENT, 10)
    if missions is not None:
        missions(MISSION, 10)
    return all([taken(lambda: AGENT_FILTER.parse(text)), taken(lambda: MISSION_FILTER.parse(text))])


_POOL = st.one_of(
    TEXT,
    st.lists(
        st.tuples(
            st.sampled_from(["3", "1", "2", "", "0", "51", "9" * 5000, "²", "٣"]),
            st.just(" "),
            st.sampled_from(["coders", "coder", "Reviewer", "oracle", "testers", "x"]),
            st.sampled_from(["", "", "", ":opus", ":haiku", ":x"]),
        ).map("".join),
        min_size=1,
        max_size=3,
    ).map(" + ".join),
)

# --- permission rules

_PATTERN = st.one_of(
    TEXT.filter(lambda text: text.isascii() or LONE not in text),
    st.lists(st.sampled_from(["*", r"\*", "git ", "a", "\\", ".", "("]), max_size=9).map("".join),
)
_SUBJECT = st.lists(
    st.sampled_from(["git ", "a", "*", "\\", ";", "&&", "|", "$(", "`", "\n", "..", "/", "rm -rf ~", ">"]), max_size=7
).map("".join)
_INPUT = objects({"command": _SUBJECT, "file_path": _SUBJECT, "url": TEXT, "query": JSON})
_RULES = st.tuples(
    st.lists(st.tuples(st.sampled_from(RuleAction), st.sampled_from(["Bash", "*", "B*"]), _PATTERN), max_size=4),
    _INPUT,
)
_OPERATORS = (";", "&", "|", "`", "\n", "\r", "<", ">", "$(", "${")


def _rules(given: tuple[list[tuple[RuleAction, str, str]], dict[str, Any]]) -> bool:
    made, tool_input = given
    rules = [PermissionRule(action=action, tool=tool, pattern=pattern or "*") for action, tool, pattern in made]
    rule = decide(rules, "Bash", tool_input)
    subject = subject_of(tool_input)
    if rule is not None and rule.action is RuleAction.ALLOW and rule.pattern.replace(r"\*", "") != "*":
        literal = rule.pattern.replace(r"\*", "").replace("*", "")
        smuggled = [sign for sign in _OPERATORS if subject.count(sign) > literal.count(sign) and sign not in literal]
        assert not smuggled, f"{rule} allows {subject!r}"
    return taken(lambda: _exact(tool_input))


def _exact(tool_input: dict[str, Any]) -> None:
    exact = exact_rule(RuleAction.ALLOW, "Bash", tool_input)
    assert decide([exact], "Bash", tool_input) == exact, "a rule made of a request answers that request"


# --- a person's own commands

_PART = st.lists(
    st.one_of(
        st.sampled_from(
            [*(f"{{{name}}}" for name in PLACEHOLDERS), "{{agent}}", "{", "}", "{x}", "sh", "-c", "bash", "-lc", "env"]
        ),
        TEXT,
    ),
    max_size=3,
).map("".join)
_COMMAND = st.tuples(
    st.one_of(
        st.fixed_dictionaries({"name": st.just("x"), "run": st.lists(_PART, min_size=1, max_size=3)}),
        objects({"name": TEXT, "run": st.lists(_PART, max_size=5), "key": TEXT, "confirm": st.booleans()}),
    ),
    st.fixed_dictionaries({name: TEXT for name in PLACEHOLDERS}),
)


def _command(given: tuple[dict[str, Any], dict[str, str]]) -> bool:
    fields, values = given
    try:
        command = UserCommand.model_validate(fields)
    except ValueError:
        return False
    argv = command.argv(values)
    assert len(argv) == len(command.run), "a value must not become two arguments"
    command.option_like(values)
    return True


TARGETS = (
    Target("tmux: what a control client reads", 2500, _STREAM, _control),
    Target("tmux: what is sent to it", 800, st.lists(TEXT, max_size=4), _encoded),
    Target(
        "tmux: rows of panes",
        500,
        st.lists(st.one_of(TEXT.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=8)), max_size=16),
        _row,
    ),
    Target("ANSI screens", 2500, _SCREEN, _screen),
    Target("filter of the event log", 1000, _QUERY, _event_query),
    Target("filter of agents and missions", 1200, _QUERY, _row_query),
    Target("pools of agents", 500, _POOL, lambda text: taken(lambda: parse_pool(text))),
    Target("permission rules", 1200, _RULES, _rules),
    Target("placeholders of own commands", 800, _COMMAND, _command),
)
