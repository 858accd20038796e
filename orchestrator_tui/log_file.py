"""The session's log file."""

import logging
import logging.handlers
from pathlib import Path

from orchestrator_tui.core.errors import CannotRun


def log_to(path: Path) -> None:
    """Sends every log record to the session's log file and nothing to the terminal. Raises CannotRun."""
    try:
        handler = logging.handlers.RotatingFileHandler(path, maxBytes=2_000_000, backupCount=2)
    except OSError as error:
        raise CannotRun(
            f"The log {path} cannot be written: {error.strerror}.", remedy="Make it yours to write, or remove it."
        ) from error
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("asyncio").setLevel(logging.WARNING)
    logging.getLogger("mcp").setLevel(logging.WARNING)
