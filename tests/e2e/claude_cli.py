"""The pinned Claude CLI, kept under ``build/claude``, and a home of its own for it."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEY = "dummy-key"
SUBSCRIPTION = "dummy-token"
_INSTALL_TIMEOUT_S = 240


class CliUnavailable(Exception):
    """Why the CLI cannot be had here."""


def pinned_version() -> str:
    """The version that the Makefile installs."""
    found = re.search(r"^CLAUDE_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found is not None, "the Makefile names no CLAUDE_VERSION"
    return found[1]


def ensure_cli(prefix: Path = ROOT / "build" / "claude") -> Path:
    """The folder that holds ``claude``; installs it when it is missing or another version. Raises CliUnavailable."""
    prefix.mkdir(parents=True, exist_ok=True)
    version = pinned_version()
    # Parallel workers: the first installs, the others wait for it.
    with (prefix / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed_version(prefix) != version:
            _install(prefix, version)
    return prefix / "node_modules" / ".bin"


def _installed_version(prefix: Path) -> str | None:
    manifest = prefix / "node_modules" / "@anthropic-ai" / "claude-code" / "package.json"
    try:
        version = json.loads(manifest.read_text())["version"]
    except (OSError, ValueError, KeyError):
        return None
    return str(version) if (prefix / "node_modules" / ".bin" / "claude").exists() else None


def _install(prefix: Path, version: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise CliUnavailable("npm is not installed")
    package = f"@anthropic-ai/claude-code@{version}"
    argv = [npm, "install", "--prefix", str(prefix), "--no-save", "--no-audit", "--no-fund", package]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise CliUnavailable(f"npm could not install {package} within {_INSTALL_TIMEOUT_S} s") from None
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if "error" in line.lower()), "no reason given")
        raise CliUnavailable(f"npm could not install {package}: {said}")


class ClaudeHome:
    """A throw-away home folder in which the CLI has nothing left to ask; the user's own is never seen."""

    def __init__(self, home: Path, cli: Path, api_url: str) -> None:
        self.home = home
        self._cli = cli
        self._api_url = api_url
        home.mkdir(parents=True, exist_ok=True)

    def trust(self, *folders: Path) -> None:
        """Answers the first-run questions, for these folders."""
        seed = {
            "hasCompletedOnboarding": True,
            "customApiKeyResponses": {"approved": [KEY], "rejected": []},
            "projects": {str(folder.resolve()): {"hasTrustDialogAccepted": True} for folder in folders},
        }
        (self.home / ".claude.json").write_text(json.dumps(seed))

    def with_subscription(self, token: str = SUBSCRIPTION) -> dict[str, str]:
        """As ``environ``, logged in by a subscription's token instead of a key."""
        kept = {name: value for name, value in self.environ().items() if name != "ANTHROPIC_API_KEY"}
        return {**kept, "CLAUDE_CODE_OAUTH_TOKEN": token}

    def environ(self) -> dict[str, str]:
        """The whole environment of a process that may start the CLI."""
        return {
            "PATH": os.pathsep.join((str(self._cli), "/usr/local/bin", "/usr/bin", "/bin")),
            "HOME": str(self.home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SHELL": "/bin/sh",
            "ANTHROPIC_BASE_URL": self._api_url,
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_RETRIES": "1",
            "DISABLE_AUTOUPDATER": "1",
        }
