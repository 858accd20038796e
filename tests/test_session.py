"""The session's folder, lock and endpoint file."""

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator_tui.core.errors import CannotRun, SessionOwned, UsageError
from orchestrator_tui.pty.socket import socket_name
from orchestrator_tui.session import EndpointInfo, Session, default_session, state_root

PRIVATE = (
    *("secret", "endpoint.json", "owner.lock", "port", "inbox.json", "orchestrator.log"),
    *("missions.db", "missions.db-wal", "missions.db-shm", "events.jsonl", "events.jsonl.1"),
)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    made = Session(tmp_path / "state", "s")
    made.create()
    return made


def test_the_folder_is_private(session: Session) -> None:
    assert session.folder.stat().st_mode & 0o777 == 0o700
    session.secret()
    assert (session.folder / "secret").stat().st_mode & 0o777 == 0o600


def test_a_start_closes_what_others_could_read(session: Session) -> None:
    session.secret()
    session.folder.chmod(0o755)
    session.agents.chmod(0o755)
    files = [session.folder / name for name in PRIVATE]
    for file in files:
        file.touch()
        file.chmod(0o644)
    Session(session.root, "s").create()
    assert {path.stat().st_mode & 0o777 for path in (session.folder, session.agents)} == {0o700}
    assert {file.name: file.stat().st_mode & 0o777 for file in files} == dict.fromkeys(PRIVATE, 0o600)


def test_a_start_closes_the_database_also_where_it_is_a_link_but_no_other_link(session: Session) -> None:
    elsewhere = session.root / "elsewhere"
    elsewhere.mkdir()
    for name in ("missions.db", "dashboard.json"):
        (elsewhere / name).touch()
        (elsewhere / name).chmod(0o644)
        (session.folder / name).symlink_to(elsewhere / name)
    session.create()
    modes = {file.name: file.stat().st_mode & 0o777 for file in elsewhere.iterdir()}
    assert modes == {"missions.db": 0o600, "dashboard.json": 0o644}


def test_a_link_that_leads_nowhere_is_no_reason_not_to_start(session: Session) -> None:
    (session.folder / "dashboard.json").symlink_to(session.root / "nowhere")
    session.create()


def test_the_secret_is_made_once(session: Session) -> None:
    assert session.secret() == Session(session.root, "s").secret()


def test_a_secret_that_others_could_read_is_closed(session: Session) -> None:
    session.secret()
    (session.folder / "secret").chmod(0o644)
    session.secret()
    assert (session.folder / "secret").stat().st_mode & 0o777 == 0o600


def test_what_belongs_to_another_user_is_not_used(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.secret()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    for use in (session.create, session.secret):
        with pytest.raises(CannotRun, match="belongs to another user") as refusal:
            use()
        assert str(session.folder) in refusal.value.message


def give_away(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file another user's")
    os.chown(path, 65534, 65534)


@pytest.mark.parametrize("name", [*PRIVATE, "agents"])
def test_a_single_thing_of_another_user_is_refused_at_the_start_and_named(session: Session, name: str) -> None:
    path = session.folder / name
    if not path.exists():
        path.touch()
    give_away(path)
    with pytest.raises(CannotRun, match="belongs to another user") as refusal:
        Session(session.root, "s").create()
    assert str(path if path.is_file() else session.folder) in refusal.value.message
    assert refusal.value.remedy


def test_a_link_to_another_users_database_is_refused(session: Session) -> None:
    elsewhere = session.root / "elsewhere.db"
    elsewhere.touch()
    give_away(elsewhere)
    session.database.symlink_to(elsewhere)
    with pytest.raises(CannotRun, match=r"missions\.db cannot be used: belongs to another user"):
        session.create()


def test_another_users_endpoint_is_not_followed(session: Session) -> None:
    lock = session.lock("serve")
    session.publish_endpoint(EndpointInfo("http://127.0.0.1:1/mcp", "t", 1, "sock", str(session.folder), "serve"))
    give_away(session.folder / "endpoint.json")
    with pytest.raises(CannotRun, match=r"endpoint\.json cannot be used: belongs to another user"):
        session.endpoint()
    lock.release()


def test_another_users_folder_for_an_agent_is_not_used(session: Session) -> None:
    give_away(session.agent_files(3))
    with pytest.raises(CannotRun, match="agents/3 cannot be used: belongs to another user"):
        session.agent_files(3)


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "x" * 65])
def test_a_session_name_is_a_plain_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="`session`"):
        Session(tmp_path, name)


def test_two_directories_of_one_name_are_two_sessions(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "api", tmp_path / "b" / "api"
    first.mkdir(parents=True)
    second.mkdir(parents=True)
    assert default_session(first) != default_session(second)
    assert default_session(first).startswith("api-")


def test_the_variable_moves_the_state(tmp_path: Path) -> None:
    assert state_root({"ORCHESTRATOR_STATE_DIR": str(tmp_path)}) == tmp_path


def test_one_owner_at_a_time(session: Session) -> None:
    lock = session.lock("serve")
    with pytest.raises(SessionOwned, match=r"owned by another process \(serve"):
        session.lock("run")
    lock.release()
    session.lock("run").release()


def test_somebody_who_only_looks_does_not_keep_an_owner_out(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    session.lock("run").release()
    looker = (session.folder / "owner.lock").open()
    fcntl.flock(looker, fcntl.LOCK_SH)

    def leave(_seconds: float) -> None:
        looker.close()

    monkeypatch.setattr("orchestrator_tui.session.time.sleep", leave)
    lock = session.lock("serve")
    assert looker.closed
    assert session.is_owned()
    lock.release()


def test_a_killed_owner_leaves_no_lock(session: Session) -> None:
    code = (
        "import sys, pathlib, time; from orchestrator_tui.session import Session;"
        "lock = Session(pathlib.Path(sys.argv[1]), 's').lock('serve'); print('locked', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(session.root)], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"locked\n"
        assert session.is_owned()
        owner.kill()
        owner.wait()
    assert not session.is_owned()


def test_a_stale_endpoint_is_never_shown(session: Session) -> None:
    info = EndpointInfo("http://127.0.0.1:1/mcp", "t", 1, "sock", str(session.folder), "serve")
    session.publish_endpoint(info)
    assert session.endpoint() is None
    lock = session.lock("serve")
    assert session.endpoint() == info
    lock.release()


def test_the_endpoint_file_is_private_and_whole(session: Session) -> None:
    session.publish_endpoint(EndpointInfo("u", "t", 1, "s", "d", "serve"))
    path = session.folder / "endpoint.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["url"] == "u"


BROKEN = ["secret", "owner.lock", "orchestrator.log", "missions.db", "endpoint.json"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_cannot_be_used_is_named_with_a_remedy_and_never_a_traceback(tmp_path: Path, name: str) -> None:
    # A folder in its place cannot be read or written even by root.
    (tmp_path / "state" / "s" / name).mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator_tui", "serve", "--session", "s", "--provider", "demo"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ORCHESTRATOR_STATE_DIR": str(tmp_path / "state")},
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=30,
        check=False,
    )
    subprocess.run(
        ["tmux", "-L", socket_name(tmp_path / "state" / "s", "s"), "kill-server"], check=False, capture_output=True
    )
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert str(tmp_path / "state" / "s" / name) in done.stderr


@pytest.mark.parametrize("command", [("agent", "status"), ("doctor",)])
def test_commands_say_so_too(tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "state" / "s" / "owner.lock").mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator_tui", *command, "--session", "s"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "ORCHESTRATOR_STATE_DIR": str(tmp_path / "state")},
        cwd=tmp_path,
        text=True,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode in (1, 3), done.stderr
    assert "Traceback" not in done.stderr
    assert "owner.lock" in done.stderr + done.stdout


def test_a_damaged_secret_makes_no_tokens(session: Session) -> None:
    session.secret()
    (session.folder / "secret").write_text("")
    with pytest.raises(CannotRun, match="damaged"):
        session.secret()
