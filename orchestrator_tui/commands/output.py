"""Results of the tools as text for people."""

from collections.abc import Mapping, Sequence
from typing import Any


def render(tool: str, action: str, result: dict[str, Any]) -> str:
    """A result as aligned text."""
    match (tool, action):
        case ("agent", "status"):
            reasons = [_why(agent) for agent in result["agents"] if "why" in agent]
            shown = "\n\n".join(reasons) if reasons else _agents(result["agents"])
            return shown or "No agents. `orchestrator-tui agent spawn` starts one."
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
    return "\n".join([table(rows), *(text for item in items for text in _more(item))])


def _more(item: dict[str, Any]) -> list[str]:
    """What a row has no room for: options to choose from, and other lines."""
    lines = [f"  {_shown(line)}" for line in item["details"]]
    for question in item["questions"]:
        lines.append(f"  {_shown(question['question'])}{' (several)' if question['takes_several'] else ''}")
        for number, option in enumerate(question["options"], 1):
            described = f": {option['description']}" if option["description"] else ""
            lines.append(f"    {number}  {_shown(option['label'] + described)}")
    return ["", f"{item['id']}:", *lines] if lines else []


def render_usage(answer: dict[str, Any]) -> str:
    """What was spent, by agent, mission and day, as aligned text; costs in US dollars."""
    if not answer["days"]:
        when = f"on {answer['day']}" if answer["day"] else "yet"
        return f"Nothing was spent {when}."
    parts = [
        ("AGENT", [(one["agent_name"] or f"agent {one['agent_id']}", one) for one in answer["agents"]]),
        ("MISSION", [(one["mission_id"], one) for one in answer["missions"]]),
        ("DAY", [(one["day"], one) for one in answer["days"]]),
        ("TOTAL", [("", answer["total"])]),
    ]
    rows = [row for name, entries in parts if entries for row in ([name, *_USAGE_HEAD], *map(_usage_row, entries))]
    return table(rows)


_USAGE_HEAD = ("COST", "INPUT", "OUTPUT", "CACHE READ", "CACHE WRITE")


def _usage_row(entry: tuple[str, dict[str, Any]]) -> list[str]:
    name, spent = entry
    cost = "not known" if spent["cost_usd"] is None else f"${spent['cost_usd']:.4f}"
    more = f" + {spent['unpriced']} unpriced" if spent["unpriced"] and spent["cost_usd"] is not None else ""
    counts = (spent["input"], spent["output"], spent["cache_read"], spent["cache_write"])
    return [name, f"{cost}{more}", *map(str, counts)]


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


def _why(agent: Mapping[str, Any]) -> str:
    why: dict[str, Any] = agent["why"]
    waits = f" for {why['waiting_for']}" if why["waiting_for"] else ""
    since = f"{why['age_ms'] / 1000:.1f} s ago"
    who = f"said by the {why['source']}, {since}, confidence {why['confidence']}"
    head = f"{agent['name']} is {why['state']}{waits}: {who}"
    told = [f"  {why['reason']}"] if why["reason"] else []
    return "\n".join(_shown(line) for line in (head, *told, *(f"  - {line}" for line in why["reasoning"])))


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
            mission.get("waits") or "",
        ]
        for mission in result["missions"]
    ]
    return "\n".join(
        part for part in (table([["ID", "STATUS", "AGENT", "TRIES", "TITLE", "NEXT"], *rows]), counts) if part
    )
