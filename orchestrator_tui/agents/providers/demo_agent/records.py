"""What the demo agent leaves on disk: the session file and the transcript, in the Claude CLI's shapes."""

from __future__ import annotations

import json
import os
import time

VERSION = "demo-1"


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """A random UUID (version 4)."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def process_start() -> str:
    """When this process started, in clock ticks since boot; empty where the system does not say."""
    try:
        with open("/proc/self/stat", "rb") as file:  # noqa: PTH123  (pathlib costs start-up time)
            stat = file.read()
    except OSError:
        return ""
    return stat[stat.rfind(b")") + 2 :].split()[19].decode("ascii")


class SessionFile:
    """``sessions/<pid>.json``: what this process is doing right now."""

    def __init__(self, folder: str, session_id: str, name: str) -> None:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        self._path = f"{folder}/{os.getpid()}.json"
        self._fields: dict[str, object] = {
            "pid": os.getpid(),
            "sessionId": session_id,
            "cwd": os.getcwd(),  # noqa: PTH109
            "startedAt": now_ms(),
            "procStart": process_start(),
            "version": VERSION,
            "kind": "interactive",
            "name": name,
        }

    def write(self, status: str, waiting_for: str | None = None) -> None:
        """Replaces the file at once, so that a reader never sees half of it."""
        fields = {**self._fields, "status": status, "statusUpdatedAt": now_ms()}
        if waiting_for is not None:
            fields["waitingFor"] = waiting_for
        draft = f"{self._path}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, json.dumps(fields).encode())
        finally:
            os.close(descriptor)
        os.replace(draft, self._path)  # noqa: PTH105

    def remove(self) -> None:
        """Takes the file away when the process ends by itself."""
        try:
            os.unlink(self._path)  # noqa: PTH108
        except FileNotFoundError:
            return


class Transcript:
    """``transcripts/<session>.jsonl``: everything said, one JSON object a line."""

    def __init__(self, folder: str, session_id: str, model: str) -> None:
        os.makedirs(folder, mode=0o700, exist_ok=True)  # noqa: PTH103
        self.path = f"{folder}/{session_id}.jsonl"
        self._session_id = session_id
        self.model = model
        self.prompt_id = new_id()

    def exists(self) -> bool:
        """Whether anything was said in this conversation."""
        return os.path.exists(self.path)  # noqa: PTH110

    def user(self, text: str) -> None:
        """Records what the agent was told."""
        self._append("user", {"role": "user", "content": text}, promptId=self.prompt_id)

    def assistant(self, text: str, tokens_in: int, tokens_out: int) -> str:
        """Records what the agent answered, with the tokens it claims to have used; the id of its made-up request."""
        usage = {
            "input_tokens": tokens_in,
            "output_tokens": tokens_out,
            "cache_read_input_tokens": 0,
            "cache_creation_input_tokens": 0,
        }
        message: dict[str, object] = {
            "id": f"msg_{new_id()}",
            "type": "message",
            "role": "assistant",
            "model": f"demo-{self.model}",
            "content": [{"type": "text", "text": text}],
            "usage": usage,
        }
        request_id = f"req_{new_id()}"
        self._append("assistant", message, requestId=request_id)
        return request_id

    def api_error(self, text: str, resets_at: int) -> None:
        """Records that the account's limit ended the turn; ``resets_at`` in milliseconds since the epoch."""
        message: dict[str, object] = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        limits = {"status": "rejected", "resetsAt": resets_at / 1000}
        self._append("assistant", message, isApiErrorMessage=True, error="rate_limit", quotaLimits=limits)

    def _append(self, kind: str, message: dict[str, object], **fields: object) -> None:
        line: dict[str, object] = {
            "type": kind,
            "message": message,
            "sessionId": self._session_id,
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + f".{now_ms() % 1000:03d}Z",
            "uuid": new_id(),
            **fields,
        }
        append_line(self.path, json.dumps(line))


def append_line(path: str, text: str) -> None:
    """Adds one line in one write and makes it durable: it is there whole or not at all.

    Raises OSError when it cannot be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{text}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
