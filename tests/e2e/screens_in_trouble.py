"""Situations in which something does not work: errors, limits, a login that is missing."""

import json
import time

from tests.e2e.screen_lab import ScreenLab
from tests.e2e.screen_situations import manual, recording
from tests.e2e.stub_script import Refuse, Use


@recording("api-error-400", bad=[Refuse(400, "prompt is too odd")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("API Error")
    lab.settle()


@recording("api-error-401", bad=[Refuse(401)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("API Error", 40)
    lab.settle()


@recording("api-error-500", bad=[Refuse(500)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("API Error|500", 40)
    lab.settle()


@recording("api-error-529", bad=[Refuse(529)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("529|verloaded", 40)
    lab.settle()


@recording("retrying", bad=[Refuse(529)])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", env={"CLAUDE_CODE_MAX_RETRIES": "8"})
    lab.ready()
    lab.say("a bad one")
    lab.wait("etrying", 40)


@recording("limit-429", bad=[Refuse(429, "This request would exceed your account's rate limit.")])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("API Error|hit your limit", 40)
    lab.settle()


_RESET = {
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": str(int(time.time()) + 7200),
    "anthropic-ratelimit-unified-representative-claim": "five_hour",
    "anthropic-ratelimit-unified-5h-status": "rejected",
    "anthropic-ratelimit-unified-5h-utilization": "1.0",
    "anthropic-ratelimit-unified-5h-reset": str(int(time.time()) + 7200),
    "anthropic-ratelimit-unified-overage-status": "rejected",
    "retry-after": "7200",
}


@recording("limit-reset", bad=[Refuse(429, "This request would exceed your account's rate limit.", _RESET)])
def _(lab: ScreenLab) -> None:
    manual(lab)
    lab.say("a bad one")
    lab.wait("API Error|hit your limit", 40)
    lab.settle()


@recording("limit-subscription", bad=[Refuse(429, "This request would exceed your account's rate limit.", _RESET)])
def _(lab: ScreenLab) -> None:
    lab.start(
        "--permission-mode", "manual", env={"CLAUDE_CODE_OAUTH_TOKEN": "dummy-token"}, without=["ANTHROPIC_API_KEY"]
    )
    lab.ready()
    lab.say("a bad one")
    lab.wait("API Error|hit your limit", 40)
    lab.settle()


@recording("not-logged-in")
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.wait("Not logged in")


@recording("not-logged-in-asked")
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.say("hello")
    lab.wait("Please run /login")
    lab.settle()


@recording("login-method")
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.say("/login")
    lab.wait("Select login method")
    lab.settle()


@recording("onboarding-theme")
def _(lab: ScreenLab) -> None:
    lab.seed(hasCompletedOnboarding=False)
    lab.start()
    lab.wait("text style")
    lab.settle()


@recording("idle-without-its-mcp-server")
def _(lab: ScreenLab) -> None:
    servers = {"mcpServers": {"tracker": {"type": "http", "url": "http://127.0.0.1:9/mcp"}}}
    lab.start("--permission-mode", "manual", "--mcp-config", json.dumps(servers))
    lab.ready()
    time.sleep(6)
    lab.settle()


@recording("unable-to-connect")
def _(lab: ScreenLab) -> None:
    lab.seed(hasCompletedOnboarding=False)
    lab.start(without=["ANTHROPIC_API_KEY"])
    lab.wait("Unable to connect")
    lab.settle()


@recording("api-error-later", bad=[Use("Bash", {"command": "sleep 1; echo a"}, "I wait."), Refuse(500)])
def _(lab: ScreenLab) -> None:
    lab.start("--permission-mode", "manual", "--allowedTools", "Bash(*)")
    lab.ready()
    lab.say("a bad one")
    lab.wait("API Error", 40)
    lab.settle()


@recording("stop-hook-failed")
def _(lab: ScreenLab) -> None:
    hook = {"hooks": [{"type": "http", "url": "http://127.0.0.1:9/hooks", "timeout": 2}]}
    lab.start("--permission-mode", "manual", "--settings", json.dumps({"hooks": {"Stop": [hook]}}))
    lab.ready()
    lab.say("hello there")
    lab.wait("stop hook reported")
    lab.settle()


_FAR = {
    **_RESET,
    "anthropic-ratelimit-unified-reset": "4102444800",
    "anthropic-ratelimit-unified-5h-reset": "4102444800",
}


@recording("limit-choice", bad=[Refuse(429, "This request would exceed your account's rate limit.", _FAR)])
def _(lab: ScreenLab) -> None:
    token = {"CLAUDE_CODE_OAUTH_TOKEN": "dummy-token"}
    lab.start("--permission-mode", "manual", env=token, without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.say("a bad one")
    lab.wait("What do you want to do", 40)
    lab.settle()


_FIVE_HOURS = {name: value for name, value in _FAR.items() if "5h" not in name and "overage" not in name}


@recording("limit-stopped", bad=[Refuse(429, "This request would exceed your account's rate limit.", _FIVE_HOURS)])
def _(lab: ScreenLab) -> None:
    token = {"CLAUDE_CODE_OAUTH_TOKEN": "dummy-token"}
    lab.start("--permission-mode", "manual", env=token, without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.say("a bad one")
    lab.wait("What do you want to do", 40)
    lab.settle()
    lab.press("Enter")
    lab.wait("^❯(?! 1)[\\s\\S]*for shortcuts")
    lab.settle()


@recording("limit-cancelled", bad=[Refuse(429, "This request would exceed your account's rate limit.", _RESET)])
def _(lab: ScreenLab) -> None:
    token = {"CLAUDE_CODE_OAUTH_TOKEN": "dummy-token"}
    lab.start("--permission-mode", "manual", env=token, without=["ANTHROPIC_API_KEY"])
    lab.ready()
    lab.say("a bad one")
    lab.wait("Continuing automatically")
    lab.settle()
    lab.press("Escape")
    lab.wait("Automatic continue cancelled")
    lab.settle()


@recording("mcp-failed-listed")
def _(lab: ScreenLab) -> None:
    servers = {"mcpServers": {"tracker": {"type": "http", "url": "http://127.0.0.1:9/mcp"}}}
    lab.start("--permission-mode", "manual", "--mcp-config", json.dumps(servers))
    lab.ready()
    lab.say("/mcp")
    lab.wait("✘", 60)
    lab.settle()
