"""``python -m orchestrator_tui``."""

from orchestrator_tui.cli import main

if __name__ == "__main__":
    main()
