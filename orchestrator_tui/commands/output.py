"""Results of the tools as text for people."""

from collections.abc import Sequence
from typing import Any


def render(tool: str, action: str, result: dict[str, Any]) -> str:
    """A result as aligned text."""
    match (tool, action):
        case ("agent", "status"):
            return _agents(result["agents"]) or "No agents. `orchestrator-tui agent spawn` starts one."
        case ("agent", "spawn_pool"):
            return _agents(result["agents"])
        case ("agent", "spawn" | "kill" | "restart"):
            return _agents([result["agent"]])
        case ("agent", "health"):
            return _health([result])
        case ("agent", "health_all"):
            return _health(result["agents"]) or "No agents."
        case ("mission", "distribute"):
            taken = f"given to agent {result['assigned_to']}" if result["assigned_to"] else result["status"]
            return f"{result['mission_id']}: {taken}"
        case ("mission", "status"):
            return _missions(result)
        case _:
            return f"{result['mission_id']}: {result['status']}"


def render_inbox(items: Sequence[dict[str, Any]], now_s: float) -> str:
    """What waits for a person, as aligned text."""
    if not items:
        return "Nothing waits for you."
    rows = [["ID", "WAITS", "KIND", "AGENT", "WHAT"]]
    for item in items:
        age = f"{max(0, int(now_s - item['since'] / 1000))}s"
        rows.append([item["id"], age, item["kind"], item["agent_name"] or "-", _shown(item["text"])])
    return table(rows)


def _shown(text: str) -> str:
    return "".join(one if one.isprintable() else "�" for one in text)


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as left-aligned columns two blanks apart."""
    if not rows:
        return ""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _agents(agents: Sequence[dict[str, Any]]) -> str:
    if not agents:
        return ""
    head = ["ID", "NAME", "ROLE", "MODEL", "STATUS", "TASK", "DONE", "FAILED"]
    return table(
        [
            head,
            *(
                [
                    str(agent["id"]),
                    agent["name"],
                    agent["role"],
                    agent["model"],
                    agent["status"],
                    agent["current_task"] or "-",
                    str(agent["tasks_completed"]),
                    str(agent["tasks_failed"]),
                ]
                for agent in agents
            ),
        ]
    )


def _health(checks: Sequence[dict[str, Any]]) -> str:
    if not checks:
        return ""
    return table(
        [
            ["ID", "ALIVE", "RESPONSIVE", "MEMORY", "CPU"],
            *(
                [
                    str(check["agent_id"]),
                    "yes" if check["alive"] else "no",
                    "yes" if check["responsive"] else "no",
                    f"{check['memory_usage'] / 2**20:.0f} MiB" if check["memory_usage"] is not None else "-",
                    f"{check['cpu_usage']:.1f} %" if check["cpu_usage"] is not None else "-",
                ]
                for check in checks
            ),
        ]
    )


def _missions(result: dict[str, Any]) -> str:
    counts = ", ".join(f"{count} {state}" for state, count in result["stats"].items() if count) or "No missions."
    rows = [
        [
            mission["id"],
            mission["status"],
            mission["agent_name"] or "-",
            str(mission["attempts"]),
            mission["title"][:60],
            mission.get("waits_for") or "",
        ]
        for mission in result["missions"]
    ]
    return "\n".join(
        part for part in (table([["ID", "STATUS", "AGENT", "TRIES", "TITLE", "NEXT"], *rows]), counts) if part
    )
