"""Plays the Claude CLI's starts: sessions, transcripts, refusals and dialogs as 2.1.328 has them, without a model.

Runs as a script. In ``$CLAUDE_CONFIG_DIR`` the file ``dialog`` opens a start-up dialog in every start with a prompt
until the file is gone, ``late`` holds the seconds from a start to its prompt, and ``refuse`` holds words with which
every start with a prompt is refused.
"""

import http.client
import json
import os
import shutil
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

CONFIG = Path(os.environ.get("CLAUDE_CONFIG_DIR", "."))


def hook(name: str, conversation: str, **fields: object) -> None:
    parts = urlsplit(os.environ["ORCHESTRATOR_AGENT_HOOKS"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=5)
    headers = {
        "Authorization": f"Bearer {os.environ['ORCHESTRATOR_AGENT_TOKEN']}",
        "Content-Type": "application/json",
    }
    body = {"hook_event_name": name, "session_id": conversation, **fields}
    try:
        connection.request("POST", parts.path, json.dumps(body), headers)
        connection.getresponse().read()
    except OSError:
        pass
    finally:
        connection.close()


def transcript(conversation: str) -> Path:
    folder = CONFIG / "projects" / "".join(c if c.isalnum() else "-" for c in str(Path.cwd()))
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{conversation}.jsonl"


def was_spoken(conversation: str) -> bool:
    try:
        lines = transcript(conversation).read_text().splitlines()
        return any(json.loads(line).get("type") == "user" for line in lines)
    except (OSError, ValueError):
        return False


def draw() -> None:
    """The input box, empty, with the cursor in it: some who want to type look for it."""
    rule = "─" * shutil.get_terminal_size().columns
    sys.stdout.write(f"\033[2J\033[H{rule}\r\n❯\N{NO-BREAK SPACE}\r\n{rule}\r\n  ? for shortcuts\033[2;3H")
    sys.stdout.flush()


def refuse(words: str) -> None:
    sys.stderr.write(f"{words}\n")
    sys.exit(1)


TRUST = f"""{"─" * 120}
 Accessing workspace:

 {Path.cwd()}

 Quick safety check: Is this a project you created or one you trust?

 Security guide

 ❯ No, exit
   Yes, I trust this folder

 Enter to confirm · Esc to cancel
"""


def note(status: str, conversation: str) -> None:
    folder = CONFIG / "sessions"
    folder.mkdir(parents=True, exist_ok=True)
    start = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
    fields = {"pid": os.getpid(), "sessionId": conversation, "procStart": start, "status": status}
    file = folder / f"{os.getpid()}.json"
    file.with_suffix(".new").write_text(json.dumps({**fields, "statusUpdatedAt": int(time.time() * 1000)}))
    file.with_suffix(".new").replace(file)


def main(arguments: list[str]) -> None:
    prompt = arguments[-1] if "--" in arguments else None
    known = {name: arguments[arguments.index(name) + 1] for name in ("--resume", "--session-id") if name in arguments}
    conversation = known.get("--session-id") or known["--resume"]
    old = known.get("--resume")
    if prompt is not None and (CONFIG / "refuse").exists():
        refuse((CONFIG / "refuse").read_text())
    if old is not None and not was_spoken(old):
        refuse(f"No conversation found with session ID: {old}")
    if "--session-id" in known and transcript(conversation).exists():
        refuse(f"Error: Session ID {conversation} is already in use.")
    if "--fork-session" in arguments and old is not None:
        transcript(conversation).write_text(transcript(old).read_text())
    if prompt is not None and (CONFIG / "dialog").exists():
        sys.stdout.write(TRUST)
        sys.stdout.flush()
    while prompt is not None and (CONFIG / "dialog").exists():
        time.sleep(0.1)
    draw()
    note("idle", conversation)
    hook("SessionStart", conversation, source="resume" if old else "startup")
    if prompt is not None:
        if (CONFIG / "late").exists():
            time.sleep(float((CONFIG / "late").read_text()))
        note("busy", conversation)
        line = {"type": "user", "message": {"role": "user", "content": prompt}, "sessionId": conversation}
        with transcript(conversation).open("a") as file:
            file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False) + "\n")
        hook("UserPromptSubmit", conversation, prompt=prompt)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1:])
