"""What is read from a transcript's lines, as Claude Code 2.1.328 writes them."""

import json
from typing import Any

from orchestrator_tui.agents.mission_text import compose, compose_resume
from orchestrator_tui.agents.providers.usage_lines import read_lines
from orchestrator_tui.core.models import Mission, MissionState, Priority, TaskType
from orchestrator_tui.core.usage import ApiRequest, ConversationCost, MissionTurn, TranscriptMark

START = TranscriptMark("t.jsonl", 4)
AT = "2026-11-27T23:21:13.499Z"


def read(data: bytes, mark: TranscriptMark) -> tuple[list[ApiRequest], TranscriptMark]:
    reading = read_lines(data, mark)
    return list(reading.requests), reading.mark


def prompt(turn: str) -> dict[str, Any]:
    return {"type": "user", "promptId": turn, "message": {"role": "user", "content": 'say "promptId":"x"'}}


def answer(request: str, output: int, **fields: Any) -> dict[str, Any]:
    usage = {
        "input_tokens": 11,
        "output_tokens": output,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 3,
    }
    message: dict[str, Any] = {"id": f"msg-{request}", "model": "claude-sonnet-5-5", "usage": usage, "content": []}
    return {
        "type": "assistant",
        "requestId": request,
        "timestamp": AT,
        "isSidechain": False,
        "message": message,
        **fields,
    }


def lines(*entries: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in entries)


def request(name: str, output: int, turn: str | None) -> ApiRequest:
    return ApiRequest(name, 4, 1_795_821_673_499, turn, 11, output, 5, 3)


def test_the_lines_of_one_answer_are_one_request_with_its_last_count() -> None:
    data = lines(prompt("p1"), answer("r1", 1), answer("r1", 7), answer("r2", 9))
    found, mark = read(data, START)
    assert found == [request("r1", 7, "p1"), request("r2", 9, "p1")]
    assert (mark.offset, mark.turn, mark.context_tokens, mark.model) == (len(data), "p1", 19, "claude-sonnet-5-5")


def test_reading_goes_on_where_it_stopped_in_the_same_turn() -> None:
    first = lines(prompt("p1"), answer("r1", 7))
    _, mark = read(first, START)
    found, further = read(lines(answer("r2", 9), prompt("p2"), answer("r3", 1)), mark)
    assert found == [request("r2", 9, "p1"), request("r3", 1, "p2")]
    assert further.offset > len(first)


def test_a_subagents_context_is_not_the_conversations() -> None:
    found, mark = read(lines(prompt("p1"), answer("r1", 7, isSidechain=True)), START)
    assert found == [request("r1", 7, "p1")]
    assert mark.context_tokens is None


def test_made_up_answers_and_broken_lines_are_passed_over() -> None:
    error = answer("r0", 0)
    error["message"] |= {"model": "<synthetic>"}
    odd: list[dict[str, Any]] = [
        {"type": "assistant", "message": {"usage": None}},
        {"type": "assistant", "message": {"usage": {}, "id": 3}},
    ]
    data = b'{"type":"assistant","usage"\n' + b"\xff\xfe\n\n" + lines(error, *odd, answer("r1", 7))
    found, mark = read(data, START)
    assert found == [request("r1", 7, None)]
    assert mark.offset == len(data)


def test_without_a_request_id_the_messages_own_counts() -> None:
    found, _ = read(lines(answer("r1", 7, requestId=None)), START)
    assert [one.id for one in found] == ["msg-r1"]


def test_what_a_conversation_cost_is_the_last_that_its_program_said() -> None:
    def state(cost: object, **fields: object) -> dict[str, Any]:
        return {"type": "cost-state", "sessionId": "c1", "totalCostUSD": cost, **fields}

    reading = read_lines(lines(state(0.5), answer("r1", 7), state(0.75)), START)
    assert reading.costs == (ConversationCost("c1", 0.75),)
    odd = (state("much"), state(-1), state(1, sessionId=3), state(2.0, hasUnknownModelCost=True))
    assert read_lines(lines(*odd), START).costs == ()


def test_a_prompt_that_gives_a_mission_names_it() -> None:
    prompt, state = "Quote: Mission other (delivery n)\n", MissionState.ASSIGNED
    mission = Mission("m-1.x", 1, prompt, None, TaskType.CODING, Priority.NORMAL, state, 0, nonce="n0nce")

    def given(turn: str, content: object) -> dict[str, Any]:
        return {"type": "user", "promptId": turn, "message": {"role": "user", "content": content}}

    entries = [
        given("p1", compose(mission)),
        given("p2", [{"type": "text", "text": compose_resume(mission, "killed by SIGKILL")}]),
        given("p3", [{"type": "tool_result", "tool_use_id": "t", "content": compose(mission)}]),
        given("p4", "What about Mission m-1.x (delivery n0nce)?"),
    ]
    wanted = (MissionTurn("p1", "m-1.x"), MissionTurn("p2", "m-1.x"))
    assert read_lines(lines(*entries), START).turns == wanted
    spaced = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
    assert read_lines(spaced, START).turns == wanted


def test_what_no_store_can_hold_is_made_storable() -> None:
    (request,), _ = read(lines(answer("r-\ud800", 10**30, sessionId=["s"])), START)
    assert (request.id, request.output, request.conversation) == ("r-\ufffd", 2**53, None)
