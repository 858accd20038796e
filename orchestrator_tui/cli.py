"""The command line: arguments to composition, errors to exit codes."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from orchestrator_tui.commands.say import say
from orchestrator_tui.commands.target import open_session, running_endpoint
from orchestrator_tui.core.errors import CannotRun, OrchestratorError, UsageError
from orchestrator_tui.session import Session

EXIT_FAILED, EXIT_USAGE, EXIT_CANNOT_RUN = 1, 2, 3
F = TypeVar("F", bound=Callable[..., Any])


def exit_code_of(error: OrchestratorError) -> int:
    """2 for bad input, 3 for what cannot run here, 1 for the rest."""
    if isinstance(error, UsageError):
        return EXIT_USAGE
    return EXIT_CANNOT_RUN if isinstance(error, CannotRun) else EXIT_FAILED


def session_option(function: F) -> F:
    """``--session`` for every command."""
    return click.option("--session", metavar="NAME", help="The session; by default that of the current directory.")(
        function
    )


def provider_option(function: F) -> F:
    """``--provider`` for commands that start agents."""
    return click.option(
        "--provider", metavar="NAME", help="The agents' program: claude, demo, or one of your configuration."
    )(function)


def config_option(function: F) -> F:
    """``--config`` for commands that read the configuration."""
    return click.option(
        "--config", type=click.Path(path_type=Path), help="Use this file instead of ./orchestrator.toml."
    )(function)


@click.group(
    invoke_without_command=True,
    epilog="Example: orchestrator-tui --provider demo",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@session_option
@provider_option
@config_option
@click.version_option(package_name="orchestrator-tui")
@click.pass_context
def cli(context: click.Context, session: str | None, provider: str | None, config: Path | None) -> None:
    """Run a fleet of Claude CLI agents from one dashboard."""
    if context.invoked_subcommand is None:
        from orchestrator_tui.commands.dashboard import run_dashboard

        run_dashboard(open_session(session), provider=provider, config=config)


@cli.command(epilog="Example: orchestrator-tui run plan.yaml --agents 4 --provider demo --json")
@click.argument("plan", type=click.Path(path_type=Path))
@click.option("--agents", default=3, show_default=True, type=click.IntRange(1, 200), help="How many agents work.")
@provider_option
@session_option
@config_option
@click.option("--timeout", type=click.FloatRange(min=0.001), metavar="SECONDS", help="Cancel what is left after this.")
@click.option("--keep-agents", is_flag=True, help="Leave the agents running at the end.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def run(
    plan: Path,
    agents: int,
    provider: str | None,
    session: str | None,
    config: Path | None,
    timeout: float | None,
    keep_agents: bool,
    as_json: bool,
) -> None:
    """Run a plan without a screen and print a report."""
    from orchestrator_tui.commands.headless import run_plan

    try:
        text = plan.read_text()
    except OSError as error:
        raise UsageError(
            f"{plan}: {error.strerror}.", remedy="Name a plan file that can be read.", field="plan"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{plan}: not UTF-8 text.", remedy="Save the plan as UTF-8.", field="plan") from None
    sys.exit(
        run_plan(
            text,
            str(plan),
            open_session(session),
            agents=agents,
            provider=provider,
            config=config,
            timeout_s=timeout,
            keep_agents=keep_agents,
            as_json=as_json,
        )
    )


@cli.command(epilog="Example: orchestrator-tui serve --session nightly")
@session_option
@provider_option
@config_option
@click.option("--stop-agents", is_flag=True, help="Stop the agents at the end instead of leaving them running.")
def serve(session: str | None, provider: str | None, config: Path | None, stop_agents: bool) -> None:
    """Supervise without a screen until SIGTERM or SIGINT."""
    from orchestrator_tui.commands.headless import serve_session

    serve_session(open_session(session), provider=provider, config=config, stop_agents=stop_agents)


@cli.command(epilog="Example: orchestrator-tui view --session nightly")
@session_option
@config_option
def view(session: str | None, config: Path | None) -> None:
    """Open the dashboard as a viewer of the running supervisor, and never as its owner."""
    from orchestrator_tui.commands.view import run_viewer

    run_viewer(open_session(session), config)


@cli.command(epilog="Example: orchestrator-tui web --port 8090")
@session_option
@provider_option
@config_option
@click.option(
    "--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="Where to listen; 0: a free one."
)
def web(session: str | None, provider: str | None, config: Path | None, port: int) -> None:
    """Show the dashboard in a browser on this machine; every tab views one supervisor."""
    from orchestrator_tui.commands.web import run_web

    run_web(open_session(session), port=port, provider=provider, config=config)


@cli.command(epilog="Example: orchestrator-tui endpoint --json")
@session_option
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, token included.")
def endpoint(session: str | None, as_json: bool) -> None:
    """Show where the running supervisor listens."""
    info = running_endpoint(open_session(session))
    if as_json:
        click.echo(
            json.dumps(
                {
                    "url": info.url,
                    "token": info.token,
                    "pid": info.pid,
                    "tmux_socket": info.tmux_socket,
                    "state_dir": info.state_dir,
                }
            )
        )
    else:
        click.echo(f"{info.url}  ({info.kind}, pid {info.pid}; --json shows the token)")


@cli.command(epilog="Example: orchestrator-tui usage --day 2026-11-27")
@session_option
@click.option("--day", metavar="YYYY-MM-DD", help="Only what was spent on this local day.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def usage(session: str | None, day: str | None, as_json: bool) -> None:
    """Show tokens and cost by agent, mission and day."""
    from orchestrator_tui.commands.output import render_usage
    from orchestrator_tui.mcp.client import control

    info = running_endpoint(open_session(session))
    answer = asyncio.run(control(info.url, info.token, "usage", query={"day": day} if day else None))
    say(json.dumps(answer) if as_json else render_usage(answer))


@cli.command(epilog="Example: orchestrator-tui doctor")
@session_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(session: str | None, as_json: bool) -> None:
    """Check tmux, claude, git, the terminal, the state folder and kept worktrees."""
    from orchestrator_tui.commands.doctor import examine, show

    findings = asyncio.run(examine(open_session(session), os.environ))
    say(json.dumps([finding.as_dict() for finding in findings]) if as_json else show(findings))
    sys.exit(0 if all(finding.ok for finding in findings if finding.is_needed) else EXIT_FAILED)


@cli.command(epilog="Example: orchestrator-tui demo")
@session_option
def demo(session: str | None) -> None:
    """Show the dashboard with demo agents and a sample plan; without a terminal, run that plan and report."""
    plan = Path(__file__).parent / "samples" / "plan.yaml"
    chosen = open_session(session or "demo")
    if sys.stdout.isatty() and sys.stdin.isatty():
        from orchestrator_tui.commands.dashboard import run_dashboard

        run_dashboard(chosen, provider="demo", config=None, sample_plan=plan)
    else:
        from orchestrator_tui.commands.headless import run_plan

        with tempfile.TemporaryDirectory(prefix="orchestrator-demo-") as folder:
            run_plan(plan.read_text(), plan.name, Session(Path(folder), "demo"), agents=3, provider="demo")


def main() -> NoReturn:
    """Runs the command line; an expected error is one line on stderr and an exit code."""
    from orchestrator_tui.commands.events import events
    from orchestrator_tui.commands.quota import quota
    from orchestrator_tui.commands.tools import agent, mission

    cli.add_command(events)
    cli.add_command(quota)
    cli.add_command(agent)
    cli.add_command(mission)
    try:
        cli.main(prog_name="orchestrator-tui")
    except OrchestratorError as error:
        say(f"orchestrator-tui: {error}", err=True)
        sys.exit(exit_code_of(error))
    sys.exit(0)
