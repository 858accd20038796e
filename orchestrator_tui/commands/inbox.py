"""``agent inbox`` and ``agent answer``: what waits for a person, read and answered from a shell."""

import asyncio
import json
import re
import time
from collections.abc import Sequence
from typing import Any

import click

from orchestrator_tui.commands.output import render_inbox
from orchestrator_tui.commands.say import say
from orchestrator_tui.commands.target import caller_target
from orchestrator_tui.core.errors import UsageError
from orchestrator_tui.mcp import client


@click.command(epilog="Example: orchestrator-tui agent inbox --json")
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with the whole input of each tool.")
def inbox(session: str | None, as_json: bool) -> None:
    """List what waits for a person, oldest first."""
    url, token = caller_target(session)
    found = asyncio.run(client.control(url, token, "inbox"))
    say(json.dumps(found) if as_json else render_inbox(found["items"], time.time()))


@click.command(epilog='Example: orchestrator-tui agent answer ask-3 --deny "use the test database"')
@click.argument("item_id", metavar="ID")
@click.option("--allow", "allow", is_flag=True, help="Allow it, this once; approve a plan.")
@click.option("--deny", "deny", metavar="TEXT", help='Deny it; the agent is told TEXT ("" for none).')
@click.option(
    "--option",
    "options",
    metavar="N",
    multiple=True,
    help="Choose option N of a question; once for each question, in order. Several of one: 1,3.",
)
@click.option("--text", "texts", metavar="TEXT", multiple=True, help="Answer a question in your own words.")
@click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def answer(
    item_id: str,
    allow: bool,
    deny: str | None,
    options: tuple[str, ...],
    texts: tuple[str, ...],
    session: str | None,
    as_json: bool,
) -> None:
    """Answer what an agent asks: a permission, a plan, or questions with options."""
    chooses = bool(options or texts)
    if allow + (deny is not None) + chooses != 1:
        raise UsageError(
            "Say one of --allow, --deny, and --option or --text.",
            remedy="See `agent inbox` for what it asks.",
            field="allow",
        )
    body: dict[str, Any] = {"id": item_id}
    if chooses:
        body["choices"] = choices_of(options, texts)
    else:
        body |= {"allow": allow, "message": deny or ""}
    url, token = caller_target(session)
    result = asyncio.run(client.control(url, token, "answer", body))
    done = "answered" if chooses else "allowed" if allow else "denied"
    say(json.dumps(result) if as_json else f"{item_id}: {done}")


def choices_of(options: Sequence[str], texts: Sequence[str]) -> list[dict[str, Any]]:
    """One choice an option given, then one a text. Raises UsageError for what is no number."""
    choices: list[dict[str, Any]] = []
    for given in options:
        if not re.fullmatch(r"\s*[0-9]{1,3}(\s*,\s*[0-9]{1,3})*\s*", given):
            raise UsageError(
                f"`--option {given}` is not a number.", remedy="Write 2, or 1,3 for several.", field="options"
            )
        choices.append({"options": [int(number) for number in given.split(",")]})
    return choices + [{"text": text} for text in texts]
