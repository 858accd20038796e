"""How a plan that is looked at before its import is written: pure."""

from orchestrator_tui.core.plans import PlannedMission, PlanPreview, PlanProblem, Standing
from orchestrator_tui.ui.format import MISSION_LOOKS, PRIORITY_WORDS, Look, Span, Spans, fit

_LOOKS = {
    Standing.NEW: Look("○", "new", "text"),
    Standing.HERE: Look("✓", "here", "muted"),
    Standing.AGAIN: Look("▲", "again", "restarting"),
    Standing.OTHER: Look("×", "other text", "failed"),
}


def standing_word(mission: PlannedMission) -> Look:
    """What becomes of the mission; of one that is there already, how it stands."""
    look = _LOOKS[mission.standing]
    if mission.standing is Standing.HERE and mission.state is not None:
        return Look(look.glyph, f"is {MISSION_LOOKS[mission.state].word}", look.token)
    return look


def planned_header(width: int) -> Spans:
    """The column names."""
    cells = [fit("STATUS", 12), fit("ID", 14), fit("TITLE", _title_width(width))]
    if width >= 70:
        cells += [fit("PRI", 4), fit("TYPE", 13)]
    if width >= 100:
        cells += [fit("ROLE", 10), fit("AFTER", 14)]
    return (Span("  " + "  ".join(cells), "muted"),)


def planned_row(mission: PlannedMission, width: int) -> Spans:
    """One mission's row after its marker."""
    look = standing_word(mission)
    word, weight = PRIORITY_WORDS[mission.priority]
    spans = [
        Span(fit(f"{look.glyph} {look.word}", 12), look.token),
        Span("  " + fit(mission.id, 14), "muted"),
        Span("  " + fit(mission.title, _title_width(width))),
    ]
    if width >= 70:
        spans += [Span("  " + fit(word, 4), weight), Span("  " + fit(mission.type, 13), "muted")]
    if width >= 100:
        spans += [
            Span("  " + fit(mission.role or "-", 10), "muted"),
            Span("  " + fit(", ".join(mission.depends_on) or "-", 14), "muted"),
        ]
    return tuple(spans)


def problem_rows(problem: PlanProblem, width: int) -> tuple[Spans, ...]:
    """A problem in lines: where and what, the line as it is written, what to do; each cut at ``width``."""
    where = f"× line {problem.line}"
    field = f"  {problem.field}" if problem.field else ""
    head = (
        Span(where, "failed"),
        Span(field, "accent"),
        Span(fit("  " + problem.message, max(8, width - len(where) - len(field) - 3))),
    )
    lines: list[Spans] = [head]
    if problem.source.strip():
        number = f"{problem.line:>6} │ "
        lines.append((Span(number, "muted"), Span(fit(problem.source, max(8, width - len(number) - 3)), "needs")))
    lines.append((Span("       " + fit(problem.remedy, max(8, width - 10)), "muted"),))
    return tuple(lines)


def plan_summary(preview: PlanPreview) -> Spans:
    """What an import would do, in words."""
    count = len(preview.problems)
    if count:
        return (Span(f"× {count} problem{'s' * (count != 1)}: nothing can be imported", "failed"),)
    parts = [(preview.count(Standing.NEW), "new"), (preview.count(Standing.AGAIN), "again")]
    parts.append((preview.count(Standing.HERE), "here already"))
    return (Span(", ".join(f"{number} {word}" for number, word in parts if number), "strong"),)


def will_queue(preview: PlanPreview) -> int:
    """How many missions an import would queue; 0 when it is refused or all are there."""
    return 0 if preview.problems else preview.count(Standing.NEW) + preview.count(Standing.AGAIN)


def _title_width(width: int) -> int:
    taken = 3 + 12 + (2 + 14) + 2 + 1
    if width >= 70:
        taken += 6 + 15
    if width >= 100:
        taken += 12 + 16
    return max(4, width - taken)
