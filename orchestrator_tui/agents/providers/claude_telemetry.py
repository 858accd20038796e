"""Has the Claude CLI tell what its requests cost, unless the user has set its telemetry up already.

Names, meanings and the export on SIGTERM were measured with Claude Code 2.1.328, which also keeps these variables from
the commands that an agent runs.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast
from urllib.parse import quote

EXPORT_INTERVAL_MS = 1_000
_SWITCH = "CLAUDE_CODE_ENABLE_TELEMETRY"
_OWN_PREFIX = "OTEL_"
_MANAGED = Path("/etc/claude-code/managed-settings.json")
_LARGE_WINDOW, _WINDOW = 1_000_000, 200_000
_LARGE = ("claude-haiku-5", "claude-sonnet-5", "claude-opus-5", "claude-fable-5")


def variables(logs_url: str, token: str) -> dict[str, str]:
    """What makes the CLI export its log records, and nothing else, to us; prompts stay redacted."""
    return {
        _SWITCH: "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL": "http/json",
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT": logs_url,
        "OTEL_EXPORTER_OTLP_LOGS_HEADERS": f"Authorization={quote(f'Bearer {token}')}",
        "OTEL_LOGS_EXPORT_INTERVAL": str(EXPORT_INTERVAL_MS),
    }


def is_the_users(environ: Mapping[str, str], config_folder: Path, cwd: str) -> bool:
    """Whether environment or settings files already say where telemetry goes; then it is left alone."""
    files = (
        config_folder / "settings.json",
        Path(cwd) / ".claude" / "settings.json",
        Path(cwd) / ".claude" / "settings.local.json",
        _MANAGED,
    )
    return any(_names_it(variables) for variables in (environ, *map(_variables_in, files)))


def context_window(model: str) -> int | None:
    """A Claude model's window in tokens: 1,000,000 for those that say so or are of the fifth generation, else 200,000.

    The CLI's own ``modelUsage.contextWindow`` says the same of haiku, sonnet and opus 5.5, fable 5.2 and sonnet 4.5.
    """
    if not model.startswith("claude-"):
        return None
    return _LARGE_WINDOW if model.startswith(_LARGE) or model.endswith("[1m]") else _WINDOW


def _names_it(variables: Mapping[str, object]) -> bool:
    return any(name == _SWITCH or name.startswith(_OWN_PREFIX) for name in variables)


def _variables_in(file: Path) -> Mapping[str, object]:
    try:
        settings = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return {}
    found = cast("dict[str, object]", settings).get("env") if isinstance(settings, dict) else None
    return cast("dict[str, object]", found) if isinstance(found, dict) else {}
