"""Who has a conversation open, and what a refused start looks like."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator_tui.agents.providers.base import AgentContext, RefusalKind
from orchestrator_tui.agents.providers.claude import ClaudeProvider
from orchestrator_tui.agents.providers.kept_conversations import (
    LOCK_NAME,
    KeptConversations,
    claim_holder,
    forget_dead_claims,
    read_refusal,
)
from orchestrator_tui.agents.providers.session_file import process_start
from tests.agents.demo_agent.harness import make_record

ID = "6e1c9a50-4a4b-4a52-8f3e-0d9c1f1f2a3b"
LAUNCHER = Path(sys.modules[ClaudeProvider.__module__].__file__ or "").with_name("claude_launcher.py")


@pytest.mark.parametrize(
    ("screen", "kind"),
    [
        (f"No conversation found with session ID: {ID}\nResume this session with:\n", RefusalKind.UNKNOWN_CONVERSATION),
        (f"Error: Session ID {ID} is already in use.\n", RefusalKind.ID_IN_USE),
        (f"Session ID {ID} is already in use.\n\nPane is dead (status 1)", RefusalKind.ID_IN_USE),
        (f"Conversation {ID} is open in process 77.\n", RefusalKind.HELD),
        ("error: unknown option '--nosuch'\n", RefusalKind.ARGUMENTS),
        ("Error: Settings file not found: /nonexistent.json\n", RefusalKind.ARGUMENTS),
        ("--dangerously-skip-permissions cannot be used with root/sudo privileges for security", RefusalKind.ARGUMENTS),
        ("❯ why does it say No conversation found with session ID: x\n", None),
        ("Error: connect ECONNREFUSED 127.0.0.1:443\n", None),
        ("", None),
    ],
)
def test_refusals_are_told_apart_by_the_programs_words(screen: str, kind: RefusalKind | None) -> None:
    refusal = read_refusal(screen)
    assert (refusal.kind if refusal else None) is kind


@pytest.fixture
def other() -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def launch(claim: Path, *command: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-I", "-S", str(LAUNCHER), "-", str(claim), *command]
    return subprocess.Popen(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_a_second_start_on_a_conversation_is_refused_while_the_first_lives(tmp_path: Path) -> None:
    claim = tmp_path / ID
    first = launch(claim, sys.executable, "-c", "print('began', flush=True); import time; time.sleep(600)")
    try:
        assert first.stdout is not None
        assert first.stdout.readline() == "began\n"
        assert claim_holder(claim) == first.pid
        second = launch(claim, sys.executable, "-c", "print('began')")
        said, complaint = second.communicate(timeout=20)
        assert (second.returncode, said) == (75, "")
        assert complaint == f"Conversation {ID} is open in process {first.pid}.\n"
    finally:
        first.kill()
        first.communicate()
    third = launch(claim, sys.executable, "-c", "print('began')")
    assert third.communicate(timeout=20)[0] == "began\n"


def test_children_of_the_program_hold_nothing(tmp_path: Path) -> None:
    claim = tmp_path / ID
    orphan = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    first = launch(claim, sys.executable, "-c", orphan)
    said, _ = first.stdout.readline() if first.stdout else "", first.wait(20)
    try:
        second = launch(claim, sys.executable, "-c", "print('began')")
        assert second.communicate(timeout=20)[0] == "began\n"
    finally:
        os.kill(int(said), 9)
        first.communicate()


def test_a_dead_process_that_nobody_reaped_yet_holds_nothing(tmp_path: Path) -> None:
    claim = tmp_path / ID
    first = launch(claim, sys.executable, "-c", "print('ended', flush=True)")
    try:
        os.waitid(os.P_PID, first.pid, os.WEXITED | os.WNOWAIT)
        assert claim_holder(claim) is None
        second = launch(claim, sys.executable, "-c", "print('began')")
        assert second.communicate(timeout=20)[0] == "began\n"
    finally:
        first.communicate()


def test_a_claim_of_another_process_with_the_same_id_counts_no_more(
    tmp_path: Path, other: "subprocess.Popen[bytes]"
) -> None:
    (tmp_path / ID).write_text(f"{other.pid} {process_start(other.pid)}\n")
    assert claim_holder(tmp_path / ID) == other.pid
    (tmp_path / ID).write_text(f"{other.pid} 12345\n")
    assert claim_holder(tmp_path / ID) is None


def test_claims_of_the_dead_are_removed_and_those_of_the_living_kept(
    tmp_path: Path, other: "subprocess.Popen[bytes]"
) -> None:
    (tmp_path / "living").write_text(f"{other.pid} {process_start(other.pid)}\n")
    (tmp_path / "dead").write_text(f"{other.pid} 12345\n")
    (tmp_path / "damaged").write_text("")
    forget_dead_claims(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {"living", LOCK_NAME}


class TestHolders:
    @pytest.fixture
    def kept(self, tmp_path: Path) -> KeptConversations:
        (tmp_path / "sessions").mkdir()
        (tmp_path / "claims").mkdir()
        return KeptConversations(lambda _, __: tmp_path / "sessions", lambda _: tmp_path / "claims")

    def session(self, folder: Path, pid: int, conversation: str = ID, start: str | None = None) -> None:
        fields = {"sessionId": conversation, "procStart": start or process_start(pid), "status": "idle"}
        (folder / "sessions" / f"{pid}.json").write_text(json.dumps(fields))

    def look(self, kept: KeptConversations, folder: Path, but: int | None = None) -> int | None:
        record = replace(make_record(), conversation_id=ID)
        return kept.holder(record, AgentContext("", "", "", folder, "/", ""), but=but)

    def test_a_program_that_a_person_started_is_seen(
        self, kept: KeptConversations, tmp_path: Path, other: "subprocess.Popen[bytes]"
    ) -> None:
        self.session(tmp_path, other.pid)
        assert self.look(kept, tmp_path) == other.pid
        assert self.look(kept, tmp_path, but=other.pid) is None

    def test_other_conversations_stale_files_and_rubbish_are_no_holders(
        self, kept: KeptConversations, tmp_path: Path, other: "subprocess.Popen[bytes]"
    ) -> None:
        self.session(tmp_path, other.pid, conversation="another")
        assert self.look(kept, tmp_path) is None
        self.session(tmp_path, other.pid, start="12345")
        (tmp_path / "sessions" / "77.json").write_text(f"{{{ID}")
        (tmp_path / "sessions" / "notes.json").write_text(ID)
        assert self.look(kept, tmp_path) is None

    def test_a_claim_without_a_session_file_counts_too(
        self, kept: KeptConversations, tmp_path: Path, other: "subprocess.Popen[bytes]"
    ) -> None:
        (tmp_path / "claims" / ID).write_text(f"{other.pid} {process_start(other.pid)}\n")
        assert self.look(kept, tmp_path) == other.pid
        assert self.look(kept, tmp_path, but=other.pid) is None
