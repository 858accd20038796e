"""What an agent does, fused from what five sources say of it: pure, the first rule that fits decides.

Hooks are told the moment something happens but none tells of Esc, and one may be lost; the session file tells the
present a little late (0.05 to 0.4 s after the hook, Claude CLI 2.1.328) and stays behind when its program is killed;
a screen is only looked at in doubt; a transcript is written late. So hooks count while they are the newest, the
session file where it is newer or goes on contradicting, and the screen settles what those two disagree about.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from orchestrator_tui.core.lifecycle import ALIVE_STATES
from orchestrator_tui.core.models import AgentState, WaitingFor
from orchestrator_tui.core.verdict import Confidence, Observation, Source, Verdict

SETTLED_MS = 500
"""A session file that is newer than the newest hook is believed once no hook has followed for so long."""

CONTRADICTED_MS = 2_000
"""A screen that contradicts the newest hook counts when it was looked at so long after it: the Claude CLI (2.1.328)
goes on drawing its work while it waits for the reply to the hook that ends its turn, on a busy machine 1 s and more."""

ANSWERED_MS = 1_000
"""The same for a request whose hook is still held: its program closes the connection a moment later."""

INSISTS_MS = 3_000
"""A session file that is older than the newest hook is believed once it has gone on contradicting for so long."""

READY_WITHIN_MS = 20_000
"""A program of which nothing was heard for so long after its start needs a person's look."""

OLD_MS = 30_000
"""An agent that works while nobody has said anything for so long is looked at, this often."""

LOOK_AGAIN_MS = 5_000
"""How often a program is looked at that is silent long after its start: it tells by a hook when it becomes ready."""

UNDECIDED_MS = 60_000
"""How long a contradiction that its screen does not settle is looked at again."""

_STARTUP_DIALOGS = frozenset({WaitingFor.TRUST, WaitingFor.LOGIN, WaitingFor.RESUME})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The newest word of each source, and the present (milliseconds since the epoch)."""

    now: int
    supervisor: Observation
    hook: Observation | None = None
    status: Observation | None = None
    screen: Observation | None = None
    transcript: Observation | None = None
    process: Observation | None = None

    @property
    def newest(self) -> int:
        """When a hook or the session file last spoke; 0 when neither did."""
        return max((word.at for word in (self.hook, self.status) if word is not None), default=0)

    @property
    def look(self) -> Observation | None:
        """The look at the screen, unless something was said after it."""
        return self.screen if self.screen is not None and self.screen.at >= self.newest else None

    def has_silent_start(self) -> bool:
        """Whether the program has said nothing since it was started."""
        return self.hook is None and self.status is None


@dataclass(frozen=True, slots=True)
class _Decision:
    by: Observation
    state: AgentState
    confidence: Confidence
    why: str
    waiting_for: WaitingFor | None = None
    reason: str = ""


def fuse(observations: Iterable[Observation], now: int) -> Verdict:
    """The verdict on one agent; of several words of a source the last counts.

    A word of ``SUPERVISOR`` (the state that we hold, since when) has to be among them.
    """
    said = {observation.source: observation for observation in observations}
    seen = _seen(said, now)
    decision = next(found for rule in RULES if (found := rule(seen)) is not None)
    problems = [word.problem for word in said.values() if word.problem]
    return Verdict(
        state=decision.state,
        waiting_for=decision.waiting_for if decision.state is AgentState.WAITING else None,
        reason="; ".join(part for part in (decision.reason or decision.by.detail, *problems) if part),
        source=decision.by.source,
        age_ms=max(0, now - decision.by.at),
        confidence=decision.confidence,
        reasoning=(*(_line(said[source], now) for source in Source if source in said), _conclusion(decision)),
        problem="; ".join(problems),
    )


def doubt(observations: Iterable[Observation], now: int) -> str | None:
    """Why the agent's screen has to be looked at now; None when what is known is enough."""
    seen = _seen({observation.source: observation for observation in observations}, now)
    if seen.supervisor.state not in ALIVE_STATES or _is_gone(seen):
        return None
    if seen.has_silent_start():
        return None if _is_silence_known(seen) else "it has said nothing since its start"
    hook, status = seen.hook, seen.status
    if hook is not None and status is not None and not _agree(hook, status):
        if seen.look is not None and seen.look.state is AgentState.WAITING:
            is_recent = now - seen.look.at < LOOK_AGAIN_MS
            return None if is_recent else "only its screen shows whether it still waits"
        is_settled = seen.look is not None and seen.look.state in (hook.state, status.state)
        return None if is_settled or now - seen.newest > UNDECIDED_MS else "hook and session file disagree"
    waits = next((word for word in (hook, status) if word is not None and word.state is AgentState.WAITING), None)
    if waits is not None and not any(word.detail for word in (hook, status) if word is not None):
        return "what it waits for is not known in words" if seen.look is None else None
    if seen.look is not None and seen.look.state is AgentState.WAITING and waits is None:
        return "only its screen shows what it waits for"
    if seen.look is None and (hook is None or hook.leaves_open):
        return "no look since its start or since a request failed"
    works = any(word is not None and word.state is AgentState.BUSY for word in (hook, status))
    last_look = seen.screen.at if seen.screen is not None else 0
    if works and now - max(seen.newest, last_look) > OLD_MS:
        return "nothing was heard of its work for long"
    return None


# -- the rules, in order -----------------------------------------------------------------------------------------------


def _only_we_know(seen: _Seen) -> _Decision | None:
    ours = seen.supervisor
    if ours.state is None or ours.state in ALIVE_STATES:
        return None
    return _Decision(ours, ours.state, Confidence.HIGH, "starting and ending are ours to know")


def _process_is_gone(seen: _Seen) -> _Decision | None:
    if not _is_gone(seen) or seen.process is None:
        return None
    return _Decision(
        seen.process, AgentState.CRASHED, Confidence.HIGH, "a program that ended does nothing, whatever it left written"
    )


def _request_is_held(seen: _Seen) -> _Decision | None:
    hook, status = seen.hook, seen.status
    if hook is None or not hook.is_held:
        return None
    went_on = status is not None and status.at > hook.at and status.state is not AgentState.WAITING
    if went_on and status is not None and seen.now - status.at > ANSWERED_MS:
        return _by(status, Confidence.HIGH, "the request was answered in the pane")
    return _by(hook, Confidence.HIGH, "its program waits for our answer to this request")


def _dialog_on_screen(seen: _Seen) -> _Decision | None:
    look = seen.look
    if look is None or look.state is not AgentState.WAITING:
        return None
    speakers = [word for word in (seen.hook, seen.status) if word is not None]
    if any(word.state is AgentState.WAITING for word in speakers) and look.waiting_for not in _STARTUP_DIALOGS:
        return None
    if not speakers:
        return _by(look, Confidence.HIGH, "nobody else speaks while such a dialog is open")
    return _by(look, Confidence.MEDIUM, "a dialog is open that nobody told of")


def _silent_start(seen: _Seen) -> _Decision | None:
    if not seen.has_silent_start() or seen.process is None:
        return None
    look, ours, began = seen.screen, seen.supervisor, seen.process.at
    is_late = seen.now - began > READY_WITHIN_MS
    if look is not None and look.state in (AgentState.IDLE, AgentState.BUSY):
        sure = Confidence.MEDIUM if is_late or ours.state is not AgentState.STARTING else Confidence.LOW
        return _by(look, sure, "its screen is all that is known")
    if seen.transcript is not None and ours.state is not AgentState.STARTING:
        return None
    if ours.state in (AgentState.IDLE, AgentState.BUSY):
        return None
    if look is not None and is_late and look.state is None:
        reason = "it does not become ready: look at its pane"
        return _Decision(
            seen.process, AgentState.WAITING, Confidence.MEDIUM, "a start takes no longer", WaitingFor.QUESTION, reason
        )
    sure = Confidence.MEDIUM if look is not None else Confidence.LOW
    return _Decision(look or ours, AgentState.STARTING, sure, "no dialog is open and nothing was said yet")


def _both_agree(seen: _Seen) -> _Decision | None:
    hook, status = seen.hook, seen.status
    if hook is None or status is None or not _agree(hook, status):
        return None
    look = seen.look
    detail = hook.detail or status.detail or (look.detail if look is not None and look.state is hook.state else "")
    agreed = _by(hook, Confidence.HIGH, "hook and session file agree")
    return _Decision(agreed.by, agreed.state, agreed.confidence, agreed.why, agreed.waiting_for, detail)


def _status_is_newer(seen: _Seen) -> _Decision | None:
    hook, status, look = seen.hook, seen.status, seen.look
    if hook is None or status is None or status.at <= hook.at:
        return None
    if look is not None and look.state is status.state:
        return _told(seen, Confidence.HIGH, "the session file is newer than the hook, and the screen agrees")
    if look is not None and look.state is hook.state:
        return _by(hook, Confidence.MEDIUM, "the session file is newer, but the screen agrees with the hook")
    if seen.now - status.at > SETTLED_MS:
        return _told(seen, Confidence.MEDIUM, "the session file is newer than the hook, and no hook followed")
    return _by(hook, Confidence.LOW, "the session file has just changed: a hook may follow")


def _hook_is_newer(seen: _Seen) -> _Decision | None:
    hook, status, look = seen.hook, seen.status, seen.look
    if hook is None or status is None:
        return None
    if look is not None:
        if look.state is status.state and look.at > hook.at + CONTRADICTED_MS:
            return _told(seen, Confidence.HIGH, "the hook is newer, but session file and screen contradict it")
        if look.state is hook.state and look.at > hook.at + SETTLED_MS:
            return _by(hook, Confidence.HIGH, "the hook is newer than the session file, and the screen agrees")
    if seen.now - hook.at > INSISTS_MS:
        return _told(seen, Confidence.MEDIUM, "the session file has gone on saying so since the hook")
    return _by(hook, Confidence.MEDIUM, "the hook is newer than the session file")


def _one_speaks(seen: _Seen) -> _Decision | None:
    word = seen.hook or seen.status
    if word is None or word.state is None:
        return None
    if seen.look is not None and seen.look.state is word.state:
        decision = _by(word, Confidence.HIGH, "the screen agrees")
        return _Decision(
            word,
            decision.state,
            decision.confidence,
            decision.why,
            decision.waiting_for or seen.look.waiting_for,
            word.detail or seen.look.detail,
        )
    return _by(word, Confidence.MEDIUM, f"only the {word.source} speaks")


def _transcript_speaks(seen: _Seen) -> _Decision | None:
    word = seen.transcript
    if word is None or word.state is None:
        return None
    return _by(word, Confidence.LOW, "the transcript's end is all that is known")


def _last_known(seen: _Seen) -> _Decision:
    ours = seen.supervisor
    return _Decision(
        ours,
        ours.state or AgentState.STARTING,
        Confidence.LOW,
        "nobody says anything: the last known state",
        ours.waiting_for,
    )


RULES: tuple[Callable[[_Seen], _Decision | None], ...] = (
    _only_we_know,
    _process_is_gone,
    _request_is_held,
    _dialog_on_screen,
    _silent_start,
    _both_agree,
    _status_is_newer,
    _hook_is_newer,
    _one_speaks,
    _transcript_speaks,
    _last_known,
)

# -- inside ------------------------------------------------------------------------------------------------------------


def _seen(said: dict[Source, Observation], now: int) -> _Seen:
    def speaks(source: Source) -> Observation | None:
        word = said.get(source)
        return word if word is not None and word.state is not None else None

    return _Seen(
        now=now,
        supervisor=said[Source.SUPERVISOR],
        hook=speaks(Source.HOOK),
        status=speaks(Source.STATUS),
        screen=said.get(Source.SCREEN),
        transcript=speaks(Source.TRANSCRIPT),
        process=said.get(Source.PROCESS),
    )


def _is_gone(seen: _Seen) -> bool:
    return seen.process is not None and seen.process.state is AgentState.CRASHED


def _is_silence_known(seen: _Seen) -> bool:
    """Whether the last look at a silent program is enough: it was idle, or the start is long over and will be told."""
    if seen.screen is None:
        return False
    is_idle = seen.screen.state is seen.supervisor.state is AgentState.IDLE
    is_late = seen.process is not None and seen.now - seen.process.at > READY_WITHIN_MS
    return is_idle or (is_late and seen.now - seen.screen.at < LOOK_AGAIN_MS)


def _agree(hook: Observation, status: Observation) -> bool:
    """What a hook waits for is exact, the session file's word only a kind of it: they agree in the state."""
    return hook.state is status.state


def _by(word: Observation, confidence: Confidence, why: str) -> _Decision:
    assert word.state is not None
    return _Decision(word, word.state, confidence, why, word.waiting_for)


def _told(seen: _Seen, confidence: Confidence, why: str) -> _Decision:
    """The session file decides; transcript or screen say in words what it means."""
    status, look = seen.status, seen.look
    assert status is not None
    is_of_this_turn = seen.transcript is not None and (seen.hook is None or seen.transcript.at >= seen.hook.at)
    transcript = seen.transcript if is_of_this_turn else None
    assert status.state is not None
    fits = [word for word in (status, look, transcript) if word is not None and word.state is status.state]
    said = next((word.detail for word in fits if word.detail), "")
    kind = look.waiting_for if look is not None and look.state is status.state else None
    return _Decision(status, status.state, confidence, why, kind or status.waiting_for, said)


def _line(word: Observation, now: int) -> str:
    state = "" if word.state is None else f": {word.state.value}"
    if word.state is AgentState.WAITING and word.waiting_for is not None:
        state += f" for {word.waiting_for.value}"
    said = f" ({word.word})" if word.word else ""
    more = "".join(f"; {text}" for text in (word.detail, word.problem) if text)
    held = "; held until it is answered" if word.is_held else ""
    return f"{word.source.value}, {_ago(now - word.at)}{state}{said}{more}{held}"


def _conclusion(decision: _Decision) -> str:
    return f"so {decision.state.value}, by the {decision.by.source.value}: {decision.why}"


def _ago(ms: int) -> str:
    if ms < 1_000:
        return "just now"
    seconds = ms // 1_000
    if seconds < 120:
        return f"{seconds} s ago"
    return f"{seconds // 60} min ago" if seconds < 7_200 else f"{seconds // 3_600} h ago"
