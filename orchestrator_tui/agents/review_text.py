"""A review as the text that an agent reads: pure."""

from collections.abc import Sequence

from orchestrator_tui.core.work import ReviewComment

LONGEST_MESSAGE = 700
"""Characters that still read well as one line in an agent's prompt."""

_LONGEST_QUOTE = 80


def place(comment: ReviewComment) -> str:
    """``path:3`` or ``path:3-5``; lines that are gone are named as those of the base."""
    lines = str(comment.first) if comment.first == comment.last else f"{comment.first}-{comment.last}"
    return f"{comment.path}:{lines}" + " (removed)" * comment.is_old


def message(comments: Sequence[ReviewComment]) -> str | None:
    """All comments in one line; None when they are too long for one, or written in several lines."""
    if any("\n" in comment.text.strip() for comment in comments):
        return None
    parts = [
        f"{number}) {place(comment)} `{_quoted(comment)}`: {comment.text.strip()}"
        for number, comment in enumerate(comments, 1)
    ]
    text = f"Review of your changes, {_count(comments)}. {' '.join(parts)}"
    return text if len(text) <= LONGEST_MESSAGE else None


def document(comments: Sequence[ReviewComment]) -> str:
    """All comments as Markdown, each below the lines that it is about."""
    parts = [f"# Review of your changes: {_count(comments)}\n"]
    for comment in comments:
        fence = _fence(comment.quote)
        lines = "\n".join(
            f"{number:>5}  {text}" for number, text in enumerate(map(_clean, comment.quote), comment.first)
        )
        parts.append(f"## {place(comment)}\n\n{fence}\n{lines}\n{fence}\n\n{comment.text.strip()}\n")
    return "\n".join(parts)


def pointer(comments: Sequence[ReviewComment], path: str) -> str:
    """The line that names the file with the comments."""
    return f"I reviewed your changes: {_count(comments)} in {path} - read that file and work through all of it."


def _count(comments: Sequence[ReviewComment]) -> str:
    return f"{len(comments)} comment{'s' * (len(comments) != 1)}"


def _quoted(comment: ReviewComment) -> str:
    text = " ".join(_clean(comment.quote[0]).split()) if comment.quote else ""
    cut = text if len(text) <= _LONGEST_QUOTE else f"{text[: _LONGEST_QUOTE - 1]}…"
    return f"{cut} …" if len(comment.quote) > 1 else cut


def _clean(text: str) -> str:
    """Without what cannot be typed; tabs stay."""
    return "".join(character for character in text if character == "\t" or character.isprintable())


def _fence(lines: Sequence[str]) -> str:
    fence = "```"
    while any(fence in line for line in lines):
        fence += "`"
    return fence
