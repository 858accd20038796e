"""The demo agent's pure parts: directives and keys; and its provider."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.agents.providers.base import AgentContext, Provider, Start
from orchestrator_tui.agents.providers.demo import PROGRAM, DemoProvider
from orchestrator_tui.agents.providers.demo_agent import keys
from orchestrator_tui.agents.providers.demo_agent.directives import BadDirective, default_output, parse
from orchestrator_tui.agents.providers.demo_agent.keys import KeyDecoder
from orchestrator_tui.core.errors import ProviderUnavailable
from tests.agents.demo_agent.harness import CONVERSATION, make_record


def steps(prompt: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(step.name, step.args) for step in parse(prompt)]


class TestDirectives:
    def test_they_come_in_order_with_their_arguments(self) -> None:
        prompt = (
            "a [[sleep 1.5]] b [[output one two]][[fail c m n]]\n[[fatal c m]] [[tokens 1 2]] [[lines 3]] [[crash]]"
        )
        assert steps(prompt) == [
            ("sleep", ("1.5",)),
            ("output", ("one two",)),
            ("fail", ("c", "m n")),
            ("fatal", ("c", "m")),
            ("tokens", ("1", "2")),
            ("lines", ("3",)),
            ("crash", ("",)),
        ]
        assert steps("[[crash-once k.1]] [[append f  a b ]] [[ask t]] [[silent]] [[hang]]") == [
            ("crash-once", ("k.1",)),
            ("append", ("f", " a b")),
            ("ask", ("t",)),
            ("silent", ("",)),
            ("hang", ("",)),
        ]

    def test_other_brackets_are_text(self) -> None:
        assert steps("see [[wiki page]] and [[sleeping 3]] and [sleep 1] and [[sleep 1") == []

    @pytest.mark.parametrize(
        "directive",
        [
            *(
                "child",
                "child x",
                "sleep",
                "sleep x",
                "sleep -1",
                "sleep inf",
                "sleep nan",
                "lines",
                "lines -1",
                "lines 1.5",
                "tokens 1",
            ),
            *("tokens 1 x", "append", "crash-once", "crash-once ../x", "crash-once a b"),
        ],
    )
    def test_arguments_that_make_no_sense_are_named(self, directive: str) -> None:
        with pytest.raises(BadDirective, match=directive.split()[0]):
            parse(f"[[{directive}]]")

    def test_a_failure_has_a_code_and_a_message_in_any_case(self) -> None:
        assert steps("[[fail]] [[fatal c]]") == [
            ("fail", ("failed", "failed as scripted")),
            ("fatal", ("c", "failed as scripted")),
        ]

    @pytest.mark.parametrize(
        ("prompt", "output"),
        [
            ("Write it", "done: Write it"),
            ("Write it [[sleep 1]]\nmore", "done: Write it"),
            ("[[sleep 1]]\n\n  Write it  \nmore", "done: Write it"),
            ("[[output a\nb]] Write it", "done: Write it"),
            ("[[silent]]", "done: "),
            ("", "done: "),
        ],
    )
    def test_the_default_output_is_the_first_line_without_directives(self, prompt: str, output: str) -> None:
        assert default_output(prompt) == output


def decode(*chunks: bytes) -> list[str]:
    decoder = KeyDecoder()
    found = [key for chunk in chunks for key in decoder.feed(chunk)]
    found += decoder.timed_out() if decoder.is_inside_sequence else []
    return [key.name or key.text for key in found]


class TestKeys:
    def test_text_and_controls(self) -> None:
        assert decode(b"a\xc3\xa4", b"\xe6\x97", b"\xa5\r\x7f\x15\x03\x04\x01") == [
            *("a", "ä", "日"),
            *(keys.ENTER, keys.BACKSPACE, keys.KILL_LINE, keys.INTERRUPT, keys.END),
        ]

    def test_escape_alone_is_a_key_once_nothing_follows(self) -> None:
        assert decode(b"\x1b") == [keys.ESCAPE]
        assert decode(b"\x1b", b"\x1b") == [keys.ESCAPE, keys.ESCAPE]
        assert decode(b"\x1ba") == [keys.ESCAPE, "a"]

    def test_sequences_are_dropped_however_they_arrive(self) -> None:
        assert decode(b"\x1b[A\x1b[1;5C\x1bOPx") == ["x"]
        assert decode(b"\x1b", b"[", b"1", b"~", b"x") == ["x"]
        assert decode(b"\x1b[1;5") == []

    def test_a_paste_is_text(self) -> None:
        assert decode(b"\x1b[200~a\rb\x03c\x1b[201~\r") == ["a", "\n", "b", "\x03", "c", keys.ENTER]

    @given(st.binary(), st.integers(min_value=1, max_value=4))
    def test_chunks_make_no_difference(self, data: bytes, size: int) -> None:
        assert decode(*(data[n : n + size] for n in range(0, len(data), size))) == decode(data)


def context(folder: Path) -> AgentContext:
    return AgentContext("http://127.0.0.1:1/mcp", "http://127.0.0.1:1/hooks", "t", folder / "agents" / "1", "/", "")


class TestProvider:
    def test_it_is_a_provider_that_keeps_its_conversation(self) -> None:
        provider: Provider = DemoProvider()
        assert (provider.name, provider.supports_fresh, provider.problem()) == ("demo", False, None)
        assert provider.typed_prompt("m-1") == "/mcp__orchestrator__mission m-1"

    def test_launch_prepares_private_folders(self, tmp_path: Path) -> None:
        spec = DemoProvider().launch(make_record(), context(tmp_path), Start(CONVERSATION, prompt="do\r\nit"))
        assert spec.argv == (
            *(sys.executable, "-I", "-S", "-E", str(PROGRAM), "--session-id", CONVERSATION),
            *("--model", "haiku", "--name", "agent-1"),
            *("--prompt-file", str(tmp_path / "agents/1/start-prompt.txt")),
        )
        assert spec.cwd == "/"
        assert spec.env["ORCHESTRATOR_AGENT_ID"] == "1"
        assert "t" not in spec.argv
        assert stat.S_IMODE((tmp_path / "agents/1").stat().st_mode) == 0o700
        file = tmp_path / "agents/1/start-prompt.txt"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_bytes() == b"do\r\nit"

    def test_a_conversation_with_a_transcript_is_resumed(self, tmp_path: Path) -> None:
        provider, here = DemoProvider(), context(tmp_path)
        assert "--session-id" in provider.launch(make_record(), here, Start(CONVERSATION, resume=True)).argv
        (here.files / "transcripts" / f"{CONVERSATION}.jsonl").write_text('{"type": "user"}\n')
        assert "--resume" in provider.launch(make_record(), here, Start(CONVERSATION)).argv
        assert provider.has_transcript(make_record(), here)

    def test_an_agent_without_a_conversation_has_no_transcript(self, tmp_path: Path) -> None:
        record = make_record(conversation_id=None)
        assert not DemoProvider().has_transcript(record, context(tmp_path))
        assert not DemoProvider().was_delivered(record, context(tmp_path), "n")

    @pytest.mark.parametrize("broken", [DemoProvider(interpreter="/no/python"), DemoProvider(program=Path("/no"))])
    def test_a_missing_program_is_said_before_the_start(self, broken: DemoProvider, tmp_path: Path) -> None:
        assert broken.problem() is not None
        with pytest.raises(ProviderUnavailable) as caught:
            broken.launch(make_record(), context(tmp_path), Start(CONVERSATION))
        assert caught.value.message.endswith(".")
        assert caught.value.remedy == "Install orchestrator-tui again."


class TestRefusedStarts:
    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "-S", "-E", str(PROGRAM), *arguments]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False
        )

    @pytest.mark.parametrize("arguments", [(), ("--resume",), ("--nope", "x"), ("--session-id", "a", "--nope", "x")])
    def test_wrong_arguments_show_the_usage(self, arguments: tuple[str, ...]) -> None:
        done = self.run(*arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("usage: demo_agent")

    def test_a_person_who_starts_it_gets_a_sentence(self) -> None:
        done = self.run("--session-id", CONVERSATION)
        assert done.returncode == 1
        assert "the orchestrator starts this program" in done.stderr
        assert "Traceback" not in done.stderr

    def test_it_needs_a_terminal(self, tmp_path: Path) -> None:
        environment = DemoProvider().environment(context(tmp_path), 1)
        done = self.run("--session-id", CONVERSATION, **environment)
        assert (done.returncode, done.stderr) == (1, "the demo agent needs a terminal\n")
