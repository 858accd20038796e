"""``quota``: which accounts are at their limit, and the end of the wait by hand."""

import asyncio
import json
import time

import click

from orchestrator_tui.agents.quota_words import describe
from orchestrator_tui.commands.say import say
from orchestrator_tui.commands.target import open_session, running_endpoint
from orchestrator_tui.core.views import QuotaView
from orchestrator_tui.mcp import client


@click.command(epilog="Example: orchestrator-tui quota --release")
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
@click.option("--release", is_flag=True, help="Start missions again without waiting for the reset.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def quota(session: str | None, release: bool, as_json: bool) -> None:
    """Show which accounts are at their limit and until when."""
    info = running_endpoint(open_session(session))
    answer = asyncio.run(client.control(info.url, info.token, "quota", {} if release else None))
    if as_json:
        say(json.dumps(answer))
    elif release:
        count = answer["released"]
        say(f"released {count} account{'s' * (count != 1)}" if count else "No account is at its limit.")
    else:
        views = [QuotaView(**account) for account in answer["accounts"]]
        say(describe(views, round(time.time() * 1000)))
