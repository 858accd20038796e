"""The report's exact shape."""

from orchestrator_tui.core.models import Attempt, BlockedReason, Mission, MissionState, Priority, TaskType, TokenUsage
from orchestrator_tui.core.usage import Spent
from orchestrator_tui.missions.report import build_report
from tests.missions.helpers import record


def mission(mission_id: str, state: MissionState, **fields: object) -> Mission:
    values: dict[str, object] = {
        "id": mission_id,
        "seq": 1,
        "prompt": "x",
        "context": None,
        "type": TaskType.GENERAL,
        "priority": Priority.NORMAL,
        "state": state,
        "created_at": 1,
        **fields,
    }
    return Mission(**values)  # pyright: ignore[reportArgumentType]


def test_a_report_has_exactly_the_promised_keys():
    done = mission(
        "a",
        MissionState.COMPLETED,
        agent_id=1,
        attempts=2,
        started_at=100,
        ended_at=150,
        output="ok",
        reported_duration_ms=40,
        token_usage=TokenUsage(10, 5),
        attempt_log=(Attempt(1, 2, 10, 20, "agent_crashed", "SIGKILL"), Attempt(2, 1, 100, 150)),
    )
    report = build_report("s", 900, [done], {1: record(1)})
    assert report == {
        "session": "s",
        "duration_ms": 900,
        "completed": 1,
        "failed": 0,
        "blocked": 0,
        "cancelled": 0,
        "missions": [
            {
                "id": "a",
                "status": "completed",
                "attempts": 2,
                "attempt_log": [
                    {"n": 1, "agent_id": 2, "code": "agent_crashed", "started_at": 10, "ended_at": 20},
                    {"n": 2, "agent_id": 1, "code": None, "started_at": 100, "ended_at": 150},
                ],
                "agent_id": 1,
                "agent_name": "agent-1",
                "role": "generalist",
                "model": "sonnet",
                "output": "ok",
                "error_code": None,
                "error_message": None,
                "blocked_by": [],
                "started_at": 100,
                "ended_at": 150,
                "duration_ms": 50,
                "reported_duration_ms": 40,
                "token_usage": {"input": 10, "output": 5},
                "cache_read_tokens": 0,
                "cache_write_tokens": 0,
                "cost_usd": 0.0,
            }
        ],
    }


def test_a_blocked_mission_has_no_times_and_no_agent():
    blocked = mission(
        "b", MissionState.BLOCKED, blocked_reason=BlockedReason.DEPENDENCY_FAILED, blocked_by=("a",), depends_on=("a",)
    )
    entry = build_report("s", 1, [blocked], {})["missions"][0]
    assert (entry["attempts"], entry["started_at"], entry["ended_at"], entry["duration_ms"]) == (0, None, None, None)
    assert (entry["agent_id"], entry["agent_name"], entry["blocked_by"]) == (None, None, ["a"])


def test_counts_sum_to_the_missions_and_an_agent_that_is_gone_has_no_name():
    states = [MissionState.COMPLETED, MissionState.FAILED, MissionState.FAILED, MissionState.CANCELLED]
    listed = [mission(f"m{at}", state, agent_id=9) for at, state in enumerate(states)]
    report = build_report("s", 1, listed, {})
    assert [report[key] for key in ("completed", "failed", "blocked", "cancelled")] == [1, 2, 0, 1]
    assert [entry["id"] for entry in report["missions"]] == ["m0", "m1", "m2", "m3"]
    assert report["missions"][0]["agent_name"] is None


def test_what_was_measured_goes_before_what_was_reported():
    done = mission("a", MissionState.COMPLETED, token_usage=TokenUsage(10, 5), spent=Spent(100, 50, 7, 8, 0.25))
    entry = build_report("s", 1, [done], {})["missions"][0]
    assert entry["token_usage"] == {"input": 100, "output": 50}
    assert (entry["cache_read_tokens"], entry["cache_write_tokens"], entry["cost_usd"]) == (7, 8, 0.25)


def test_a_cost_that_nobody_told_is_null():
    done = mission("a", MissionState.COMPLETED, spent=Spent(100, 50, unpriced=2))
    assert build_report("s", 1, [done], {})["missions"][0]["cost_usd"] is None
