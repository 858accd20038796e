"""Asks before an agent is ended, and shows what that loses."""

from orchestrator_tui.core.views import KillPreview
from orchestrator_tui.ui.dialogs.confirm import ConfirmDialog


class ConfirmKillDialog(ConfirmDialog):
    """The kill of one living agent."""

    def __init__(self, preview: KillPreview) -> None:
        question = f"End {preview.agent_name} and everything it runs?"
        losses = preview.losses or ("Nothing is lost.",)
        super().__init__(f"Kill {preview.agent_name}", question, losses, yes="kill")
