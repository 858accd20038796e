"""Replies to the hook PermissionRequest: pure.

Measured with Claude Code 2.1.328, which asks through this hook also for AskUserQuestion and ExitPlanMode, while its own
dialog stays open:

- A permission takes ``behavior`` ``allow``, or ``deny`` with a ``message`` that becomes the tool's error.
- AskUserQuestion and ExitPlanMode ignore an ``allow`` without ``updatedInput``: the dialog stays. With it the tool runs
  on that input, which has to be the whole one: without ``questions`` the request is refused as invalid.
- ``updatedInput.answers`` maps a question's text to a label, to labels joined by a comma and a blank, or to own words.
  The model reads ``"question"="answer"``; a question without an answer is left out without complaint.
- ExitPlanMode is approved by its own input and goes back to the mode before; a denial's message reaches the model and
  the plan mode goes on.
"""

from collections.abc import Mapping

from orchestrator_tui.core.questions import DIALOG_TOOLS

NOTHING: Mapping[str, object] = {}
"""Leaves the request to the dialog in the pane."""


def verdict_reply(allow: bool, message: str, tool: str, tool_input: Mapping[str, object]) -> Mapping[str, object]:
    """Allows or denies; ``message`` goes to the model with a denial."""
    if not allow:
        return _reply({"behavior": "deny", "message": message})
    if tool in DIALOG_TOOLS:
        return _reply({"behavior": "allow", "updatedInput": dict(tool_input)})
    return _reply({"behavior": "allow"})


def answers_reply(tool_input: Mapping[str, object], answers: Mapping[str, str]) -> Mapping[str, object]:
    """Answers questions; ``answers`` by question text."""
    return _reply({"behavior": "allow", "updatedInput": {**tool_input, "answers": dict(answers)}})


def _reply(decision: Mapping[str, object]) -> Mapping[str, object]:
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": decision}}
