"""Whether anything may be typed into an agent's pane now: a pure decision, made anew before each line."""

from dataclasses import dataclass

from orchestrator_tui.pty.sight import PaneSight

TYPING_MS = 5_000
"""A person who pressed a key in the pane that recently is still at it."""


@dataclass(frozen=True, slots=True)
class InputSight:
    """What a program's screen says to somebody who wants to type.

    ``box``: exactly what its input line holds, None when there is none to be seen; ``is_cut``: of a long line only
    the end is shown. ``obstacle``: what stands in front of the input line, in words; ``by_person``: it goes away when
    a person acts. ``is_busy``: a turn runs.
    """

    box: str | None = None
    obstacle: str | None = None
    by_person: bool = True
    is_busy: bool = False
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """A line may be typed."""


@dataclass(frozen=True, slots=True)
class Clear:
    """The input line holds what we typed earlier and was not taken: empty it, then look again."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing may be typed, for this reason; ``by_person``: a person is the cause, so nobody needs to be told."""

    reason: str
    by_person: bool = True


Verdict = Go | Clear | Wait

DRAFT = Wait("a draft is in the input box")
COPY_MODE = Wait("the pane is in copy mode")
TYPING = Wait("a person is attached and typing")
WORKS = Wait("a turn runs")
TAKING = Wait("it is just taking a line", by_person=False)
NO_BOX = Wait("its screen shows no input box", by_person=False)
NO_PROGRAM = Wait("its program does not run", by_person=False)


def decide(
    pane: PaneSight,
    sight: InputSight,
    now_ms: int,
    own_line: str | None,
    *,
    may_work: bool,
    is_submitted: bool = False,
) -> Verdict:
    """The verdict on one look.

    ``own_line`` is what we typed last and nobody took yet; ``is_submitted``: somebody still waits for that;
    ``may_work`` allows typing to a program that works, which queues the line.
    """
    if pane.dead:
        return NO_PROGRAM
    if pane.in_mode:
        return COPY_MODE
    if is_typing(pane.typed_at, now_ms):
        return TYPING
    if sight.obstacle is not None:
        return Wait(sight.obstacle, by_person=sight.by_person)
    if sight.box is None:
        return NO_BOX
    if sight.box:
        if own_line is None or not holds(sight, own_line):
            return DRAFT
        return TAKING if is_submitted else Clear()
    return WORKS if sight.is_busy and not may_work else Go()


def is_typing(typed_at: int | None, now_ms: int) -> bool:
    """Whether a person attached to the pane pressed a key a moment ago."""
    return typed_at is not None and now_ms - typed_at < TYPING_MS


def holds(sight: InputSight, line: str) -> bool:
    """Whether the input line holds exactly this line and nothing else.

    Where the box wrapped it, blanks at the breaks cannot be seen and do not count.
    """
    box = (sight.box or "").rstrip()
    wanted = line.rstrip()
    if not box:
        return False
    if sight.is_cut:
        return wanted.endswith(box)
    if "\n" in box:
        return _bare(box) == _bare(wanted)
    return box == wanted


def begins(sight: InputSight, line: str) -> bool:
    """Whether the input line holds the beginning of this line and nothing else."""
    return bool(sight.box) and not sight.is_cut and _bare(line).startswith(_bare(sight.box or ""))


def ends(sight: InputSight, line: str) -> bool:
    """Whether the input line ends with this line, after something that is not ours."""
    return not holds(sight, line) and (sight.box or "").rstrip().endswith(line.rstrip())


def _bare(text: str) -> str:
    return "".join(text.split())
