"""What stands below the line while a filter is typed. Pure."""

from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.ui.filters import AGENT_FILTER, MISSION_FILTER
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.model import Panel

_LANGUAGES = {Panel.AGENTS: AGENT_FILTER, Panel.MISSIONS: MISSION_FILTER}


def problem_of(panel: Panel, query: str) -> UsageError | None:
    """Why the query cannot be read as a filter of the panel, or None."""
    language = _LANGUAGES.get(panel)
    try:
        if language is not None:
            language.parse(query)
    except UsageError as problem:
        return problem
    return None


def hint_for(panel: Panel, query: str, problem: UsageError | None) -> Spans:
    """What is wrong; for an empty line, what may be written; else nothing, which leaves the row empty."""
    if problem is not None:
        return (Span("× ", "failed"), Span(f"{problem.message} {problem.remedy}".strip(), "failed"))
    language = _LANGUAGES.get(panel)
    text = "words  a | b" if language is None else language.help
    return (Span(text if not query.strip() else " ", "muted"),)
