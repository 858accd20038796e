"""The situations that a supervisor has to tell apart, each produced by the real CLI unless its name says otherwise."""

import json
import os
import signal
import time
from collections.abc import Callable, Coroutine
from typing import Any

from orchestrator_tui.core.models import AgentState, WaitingFor
from tests.acceptance.situation_lab import AgentLab, Case, Shown
from tests.e2e.screen_situations import Script, hang
from tests.e2e.stub_script import Refuse, Say, Use

_LIMIT = "This request would exceed your account's rate limit."
_REJECTED = {
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "retry-after": "7200",
}
_RESET = "anthropic-ratelimit-unified-reset"
_SOON = {**_REJECTED, _RESET: str(int(time.time()) + 7_200)}
_FAR = {**_REJECTED, _RESET: "4102444800"}
_QUESTION = {
    "question": "Which colour should the button have?",
    "header": "Colour",
    "multiSelect": False,
    "options": [{"label": "Red", "description": "a"}, {"label": "Blue", "description": "b"}],
}
_BACKGROUND = {"command": "yes > /dev/null", "description": "Wait", "run_in_background": True}
_HELPER = {"description": "Look around", "prompt": "dawdle", "subagent_type": "general-purpose"}
_QUOTED = "It asks:\n\n    Bash command\n\n    Do you want to proceed?\n    ❯ 1. Yes\n      2. No\n"

SCRIPT: Script = {
    "story": [Say("word " * 200, pause_s=0.2)],
    "compute": [Use("Bash", {"command": "yes > /dev/null", "description": "Compute"}, "I compute."), Say("ok")],
    "file": [Use("Bash", {"command": "touch made", "description": "Make a file"}, "I make it."), Say("made")],
    "write": [Use("Write", {"file_path": "notes.txt", "content": "hello\n"}, "I write."), Say("written")],
    "ask": [Use("AskUserQuestion", {"questions": [_QUESTION]}, "I ask."), Say("asked")],
    "plan": [Use("ExitPlanMode", {}, "There is a plan."), Say("planned")],
    "hang": [hang],
    "bad request": [Refuse(400, "prompt is too odd")],
    "bad server": [Refuse(500)],
    "overload": [Refuse(529)],
    "bad key": [Refuse(401)],
    "far limit": [Refuse(429, _LIMIT, _FAR)],
    "limit": [Refuse(429, _LIMIT, _SOON)],
    "watch": [Use("Bash", _BACKGROUND, "I watch."), Say("It runs.")],
    "delegate": [Use("Agent", _HELPER, "I delegate."), Say("It looks.")],
    "dawdle": [Say("word " * 200, pause_s=0.5)],
    "dialog": [Say(_QUOTED)],
}
"""What the model answers, by a word of the prompt."""

CASES: list[Case] = []
_ALLOW = {"permissions": {"allow": ["Bash(yes *)"]}}

Drive = Callable[[AgentLab], Coroutine[Any, Any, None]]


def case(
    name: str,
    state: AgentState,
    waiting_for: WaitingFor | None = None,
    reason: str = "",
    **more: str,
) -> Callable[[Drive], Drive]:
    """Notes a situation."""

    def note(drive: Drive) -> Drive:
        CASES.append(Case(name, Shown(state, waiting_for, reason), drive, **more))
        return drive

    return note


def _allow(lab: AgentLab) -> None:
    """Lets the agent run what it is told without asking."""
    folder = lab.cwd / ".claude"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps(_ALLOW))


@case(
    "idle after the start",
    AgentState.IDLE,
    late="the CLI draws its box before it has run its SessionStart hook, a program; only then it is ready",
)
async def _(lab: AgentLab) -> None:
    await lab.spawn(ready=False)
    await lab.until_pane("^❯")


@case("writing an answer", AgentState.BUSY)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("tell a story")
    await lab.until_pane("word word")


@case("running a tool", AgentState.BUSY)
async def _(lab: AgentLab) -> None:
    _allow(lab)
    await lab.spawn()
    await lab.say("compute it")
    await lab.until_pane("Bash.yes")


@case("idle after an answer", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("hello there")
    await lab.until_pane("echo: hello there")


@case("idle, its answer quotes a dialog", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("what does the dialog look like?")
    await lab.until_pane("2. No")


@case("permission for a command", AgentState.WAITING, WaitingFor.PERMISSION, "Bash: touch made")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("make a file")
    await lab.until_pane("Do you want to proceed")


@case("permission for a file", AgentState.WAITING, WaitingFor.PERMISSION, "Write: .*notes.txt")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("write it down")
    await lab.until_pane("Do you want to create")


@case("permission, answered in the pane", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("make a file")
    await lab.until_pane("Do you want to proceed")
    await lab.until_shown(AgentState.WAITING)
    await lab.press_until("Enter", "[●⏺] made$")


@case("a question with options", AgentState.WAITING, WaitingFor.QUESTION, "AskUserQuestion|colour")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("ask me")
    await lab.until_pane("Enter to select")


@case("a plan to be approved", AgentState.WAITING, WaitingFor.QUESTION, "ExitPlanMode|plan", mode="plan")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("plan it")
    await lab.until_pane("❯ 1")


@case("Esc in a running turn", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("tell a story")
    await lab.until_pane("word word")
    await lab.until_shown(AgentState.BUSY)
    await lab.press("Escape")
    await lab.until_pane("Interrupted")


@case("Esc in a dialog", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("make a file")
    await lab.until_pane("Do you want to proceed")
    await lab.until_shown(AgentState.WAITING)
    await lab.press("Escape")
    await lab.until_pane("Interrupted")


@case("Esc before an answer", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("hang on")
    await lab.until_pane("…")
    await lab.until_shown(AgentState.BUSY)
    await lab.press("Escape")
    await lab.until_pane(r"^❯.hang on$(?![\s\S]*…)")


@case("a shell in the background after Stop", AgentState.BUSY)
async def _(lab: AgentLab) -> None:
    _allow(lab)
    await lab.spawn()
    await lab.say("watch it")
    await lab.until_pane("shell still running|1 shell")


@case("an agent in the background after Stop", AgentState.BUSY)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("delegate it")
    await lab.until_pane("background agent to finish")


@case("trust dialog", AgentState.WAITING, WaitingFor.TRUST)
async def _(lab: AgentLab) -> None:
    await lab.spawn(ready=False, projects={})
    await lab.until_pane("Yes, I trust this folder")


@case("API key dialog", AgentState.WAITING, WaitingFor.LOGIN)
async def _(lab: AgentLab) -> None:
    await lab.spawn(ready=False, customApiKeyResponses={"approved": [], "rejected": []})
    await lab.until_pane("Do you want to use this API key")


@case("approval of a project's MCP server", AgentState.WAITING, WaitingFor.TRUST)
async def _(lab: AgentLab) -> None:
    lab.cwd.mkdir(parents=True)
    server = {"type": "http", "url": "http://127.0.0.1:9/mcp"}
    (lab.cwd / ".mcp.json").write_text(json.dumps({"mcpServers": {"tracker": server}}))
    await lab.spawn(ready=False)
    await lab.until_pane("Use this MCP server")


@case("bypass permissions warning", AgentState.WAITING, WaitingFor.TRUST, mode="bypassPermissions")
async def _(lab: AgentLab) -> None:
    await lab.spawn(ready=False, env={"IS_SANDBOX": "1"})
    await lab.until_pane("Yes, I accept")


@case("first start: choice of a theme", AgentState.WAITING, WaitingFor.LOGIN)
async def _(lab: AgentLab) -> None:
    await lab.spawn(ready=False, hasCompletedOnboarding=False)
    await lab.until_pane("Choose the text style")


@case("login dialog", AgentState.WAITING, WaitingFor.LOGIN)
async def _(lab: AgentLab) -> None:
    await lab.spawn(env={"ANTHROPIC_API_KEY": ""})
    await lab.say("/login")
    await lab.until_pane("Select login method")


@case("not logged in", AgentState.WAITING, WaitingFor.LOGIN)
async def _(lab: AgentLab) -> None:
    await lab.spawn(env={"ANTHROPIC_API_KEY": ""})
    await lab.say("hello")
    await lab.until_pane("Please run /login")


@case("login asked for by the service", AgentState.WAITING, WaitingFor.LOGIN)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("a bad key")
    await lab.until_pane("Please run /login", 40)


@case("resume picker", AgentState.WAITING, WaitingFor.RESUME)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("hello there")
    await lab.until_pane("echo: hello there")
    await lab.say("/clear")
    await lab.until_pane(r"\A(?![\s\S]*echo: hello there)")
    await lab.say("/resume")
    await lab.until_pane("Resume session")


@case("a menu that a person opened", AgentState.WAITING, WaitingFor.QUESTION)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("/model")
    await lab.until_pane("Select model")


@case("API error 400", AgentState.IDLE, None, "400|unknown")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("a bad request")
    await lab.until_pane("API Error: 400")


@case("API error 500", AgentState.IDLE, None, "500|server_error")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("a bad server")
    await lab.until_pane("API Error: 500", 40)


@case("trying an overloaded service again", AgentState.BUSY)
async def _(lab: AgentLab) -> None:
    await lab.spawn(env={"CLAUDE_CODE_MAX_RETRIES": "8"})
    await lab.say("an overload")
    await lab.until_pane("retrying in", 40)


@case("rate limit", AgentState.IDLE, None, "429|rate_limit|limit")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("a limit")
    await lab.until_pane("rejected .429", 40)


_ACCOUNT = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "dummy-token"}


# The supervisor closes that choice by starting the CLI again on its conversation: the queue waits for the reset.
@case("choice at the usage limit of an account", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn(env=_ACCOUNT)
    await lab.say("a far limit")
    await lab.until_pane("Stop and wait for limit", 40)


@case("usage limit of an account", AgentState.IDLE, None, "limit")
async def _(lab: AgentLab) -> None:
    await lab.spawn(env=_ACCOUNT)
    await lab.say("a limit")
    await lab.until_pane("hit your .*limit", 40)


@case("a person's draft", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.type("half a thought")
    await lab.until_pane("half a thought")


@case("the detailed transcript", AgentState.IDLE)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("hello there")
    await lab.until_pane("echo: hello there")
    await lab.until_shown(AgentState.IDLE)
    await lab.press("C-o")
    await lab.until_pane("Showing detailed transcript")


@case(
    "our MCP server not connected",
    AgentState.IDLE,
    None,
    "MCP server",
    late="it counts as missing when it was not asked for its prompts 10 s after the start",
)
async def _(lab: AgentLab) -> None:
    folder = lab.folder / "home" / ".claude"
    folder.mkdir(parents=True)
    (folder / "settings.json").write_text(json.dumps({"deniedMcpServers": [{"serverName": "orchestrator"}]}))
    await lab.spawn()
    await lab.until_pane("^❯")


@case("killed with SIGKILL", AgentState.RESTARTING, None, "SIGKILL")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    pid = lab.live.agent(lab.agent_id).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    await lab.until_gone()


@case("ended by its person", AgentState.STOPPED)
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("/exit")
    await lab.until_gone()


@case("permission of the demo agent", AgentState.WAITING, WaitingFor.PERMISSION, "touch a", provider="demo")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("Go. [[ask touch a]]")
    await lab.until_pane("Do you want to proceed")


@case("a silent end of the demo agent", AgentState.IDLE, provider="demo")
async def _(lab: AgentLab) -> None:
    await lab.spawn()
    await lab.say("Go. [[sleep 1]]")
    await lab.until_shown(AgentState.BUSY)
    await lab.until_shown(AgentState.IDLE)
    await lab.until_pane("^>")
