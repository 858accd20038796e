"""Supervision without a screen: ``serve`` and ``run``."""

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orchestrator_tui.commands.say import say
from orchestrator_tui.composition import start_from_files, take_over
from orchestrator_tui.core.events import Event, EventType
from orchestrator_tui.core.models import MissionSpec
from orchestrator_tui.log_file import log_to
from orchestrator_tui.missions.plan import parse_plan
from orchestrator_tui.runner import PlanRun, RunOptions, exit_code, roles_for
from orchestrator_tui.session import Session
from orchestrator_tui.settings_files import load_settings

_SILENT = frozenset({EventType.STATUS, EventType.HEALTH, EventType.MISSION_ENQUEUED, EventType.READY})


def serve_session(session: Session, *, provider: str | None, config: Path | None, stop_agents: bool) -> None:
    """Supervises until SIGTERM, SIGINT or a take-over."""
    asyncio.run(_serve(session, provider, config, stop_agents))


async def _serve(session: Session, provider: str | None, config: Path | None, stop_agents: bool) -> None:
    settings = load_settings(Path.cwd(), config)
    session.create()
    log_to(session.log)
    runtime = await start_from_files(session, "serve", settings, provider=provider, config=config)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    say(f"serving {session.name} at {runtime.endpoint.url}", err=True)
    released = asyncio.create_task(runtime.supervisor.release_requested.wait())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((released, stopped), return_when=asyncio.FIRST_COMPLETED)
    ends_agents = stop_agents and stopped.done()
    released.cancel()
    stopped.cancel()
    await runtime.aclose(stop_agents=ends_agents)


def run_plan(
    text: str,
    source: str,
    session: Session,
    *,
    agents: int,
    provider: str | None,
    config: Path | None = None,
    timeout_s: float | None = None,
    keep_agents: bool = False,
    as_json: bool = False,
) -> int:
    """Runs a plan; the report goes to stdout, progress to stderr. Returns the exit code."""
    specs = parse_plan(text, source)
    roles_for(specs, agents)
    options = RunOptions(agents, provider, timeout_s)
    report = asyncio.run(_run(session, specs, options, config, keep_agents))
    say(json.dumps(report) if as_json else report_text(report))
    return exit_code(report)


async def _run(
    session: Session, specs: Sequence[MissionSpec], options: RunOptions, config: Path | None, keep_agents: bool
) -> dict[str, Any]:
    settings = load_settings(Path.cwd(), config)
    session.create()
    log_to(session.log)
    await take_over(session)
    runtime = await start_from_files(session, "run", settings, provider=options.provider, config=config)
    if runtime.supervisor.monitor.provider_notice:
        say(runtime.supervisor.monitor.provider_notice, err=True)
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(PlanRun(runtime.supervisor, specs, options).run(_show_progress))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    finished = False
    try:
        report = await work
    except asyncio.CancelledError:
        say("Interrupted. The agents go on; the same command resumes the plan.", err=True)
        sys.exit(1)
    else:
        finished = True
        return report
    finally:
        await runtime.aclose(stop_agents=finished and not keep_agents)


def _show_progress(event: Event) -> None:
    if event.type in _SILENT:
        return
    who = f" agent {event.agent_id}" if event.agent_id is not None else ""
    what = f" {event.mission_id}" if event.mission_id else ""
    why = event.data.get("reason") or event.data.get("message") or ""
    say(f"{event.type}{what}{who}{f': {why}' if why else ''}", err=True)


def report_text(report: dict[str, Any]) -> str:
    """The report for people: one line a mission, then the counts."""
    lines: list[str] = []
    for mission in report["missions"]:
        said = mission["output"] or mission["error_message"] or ", ".join(mission["blocked_by"]) or ""
        first = said.splitlines()[0] if said else ""
        lines.append(f"{mission['status']:<10} {mission['id']:<20} {mission['attempts']} tries  {first[:80]}")
    counts = ", ".join(f"{report[key]} {key}" for key in ("completed", "failed", "blocked", "cancelled"))
    return "\n".join([*lines, f"{counts} in {report['duration_ms'] / 1000:.1f} s"])
