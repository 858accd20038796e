"""One item of the inbox in full, for people to read: pure."""

import json
from collections.abc import Sequence

from orchestrator_tui.core.attention import AttentionItem, AttentionKind
from orchestrator_tui.core.questions import Choice, Question
from orchestrator_tui.ui.format import Span, Spans
from orchestrator_tui.ui.hints import key_hints


def detail_spans(item: AttentionItem, choices: Sequence[Choice] = (), at: int = 0) -> Spans:
    """The whole item: every field of a tool's input, or questions with options and what is chosen of them.

    A plan's text is not part of it. ``at`` is the question that keys answer, counted from 0.
    """
    is_over = item.kind in (AttentionKind.FAILED, AttentionKind.PROBLEM)
    kind = str(item.kind).replace("_", " ")
    spans: list[Span] = [Span(f"× {kind}", "failed") if is_over else Span(f"◆ {kind}", "needs")]
    if item.agent_name:
        spans.append(Span(f"  {item.agent_name}", "strong"))
    if item.mission_id:
        spans.append(Span(f"  {item.mission_id}", "muted"))
    spans.append(Span("\n"))
    if item.questions:
        for index, question in enumerate(item.questions):
            choice = choices[index] if index < len(choices) else Choice()
            spans += _question(question, choice, index, is_current=index == at and len(item.questions) > 1)
    elif item.kind is AttentionKind.PLAN:
        file = item.tool_input.get("planFilePath")
        spans += [Span("\nplan  ", "muted"), Span(f"{visible(str(file))}\n")] if file else []
    elif item.tool is None:
        spans.append(Span(f"\n{visible(item.text)}\n"))
        spans += [Span(f"  {visible(line)}\n") for line in item.details]
    else:
        spans.append(Span(f"\n{item.tool}\n", "strong"))
        for name, value in item.tool_input.items():
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2, default=str)
            spans += [Span(f"{name}  ", "muted"), Span(f"{visible(text)}\n")]
    if not (item.can_answer or item.can_choose):
        spans.append(Span("\nenter attaches; it is answered there." if item.agent_id else "", "muted"))
    return tuple(spans)


def keys_of(item: AttentionItem | None) -> Spans:
    """The line of keys for an item."""
    if item is None:
        return key_hints(("esc", "close"))
    pairs: list[tuple[str, str]] = []
    if item.can_choose:
        is_simple = is_answered_by_one_key(item.questions)
        most = max(len(question.options) for question in item.questions)
        pairs.append((f"1-{most}", "answer" if is_simple else "choose"))
        if len(item.questions) > 1:
            pairs.append(("tab", "next"))
        pairs += [("t", "own words")] + ([] if is_simple else [("s", "send")]) + [("n", "decline")]
    elif item.kind is AttentionKind.PLAN:
        pairs += [("y", "approve"), ("n", "reject")]
    elif item.can_answer:
        pairs += [("y", "allow once"), ("A", "always"), ("n", "deny")]
    if item.agent_id is not None and len(pairs) < 5:
        pairs.append(("enter", "attach"))
    if not item.can_choose:
        pairs.append(("pgdn", "more"))
    return key_hints(*pairs, ("j/k", "move"), ("esc", "close"))


def is_answered_by_one_key(questions: Sequence[Question]) -> bool:
    """Whether a number is the whole answer."""
    return len(questions) == 1 and not questions[0].takes_several


def visible(text: str) -> str:
    """Control characters as pictures: what is allowed has to be seen."""
    return "".join(chr(0x2400 + ord(one)) if ord(one) < 32 and one not in "\n\t" else one for one in text)


def _question(question: Question, choice: Choice, at: int, *, is_current: bool) -> list[Span]:
    several = "  (several)" if question.takes_several else ""
    mark = "❯ " if is_current else ""
    spans = [Span(f"\n{mark}{visible(question.text)}{several}\n", "strong" if is_current else "text")]
    for number, option in enumerate(question.options, 1):
        is_chosen = number in choice.options
        style = "accent" if is_chosen else "text"
        click = f"screen.pick({number}, {at})"
        spans.append(Span(f" {'●' if is_chosen else ' '} {number}. {visible(option.label)}", style, click))
        if option.description:
            spans.append(Span(f"  {visible(option.description)}", "muted", click))
        spans.append(Span("\n"))
        spans += [Span(f"        {line}\n", "muted") for line in visible(option.preview).splitlines()]
    if choice.text:
        spans.append(Span(f" ● {visible(choice.text)}\n", "accent"))
    return spans
