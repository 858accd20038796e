"""What agents spent, inside the caller's transaction: each request once, whatever sources tell of it."""

from collections.abc import Iterable
from dataclasses import replace

from orchestrator_tui.core.usage import (
    KEEP_REQUESTS_MS,
    NOTHING_SPENT,
    ApiRequest,
    ConversationCost,
    Counted,
    MissionTurn,
    Spent,
    TranscriptMark,
    UsageReport,
    day_of,
)
from orchestrator_tui.missions.database import Database, Row, Value

_SUMS = "sum(tokens_in), sum(tokens_out), sum(cache_read), sum(cache_write), sum(cost_usd), sum(unpriced)"
_ADD = (
    "INSERT INTO spent VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
    " tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out,"
    " cache_read = cache_read + excluded.cache_read, cache_write = cache_write + excluded.cache_write,"
    " cost_usd = cost_usd + excluded.cost_usd, unpriced = unpriced + excluded.unpriced"
)
_KNOWN = (
    "SELECT id, agent_id, at, turn, tokens_in, tokens_out, cache_read, cache_write, cost_usd, conversation, estimated,"
    " mission"
    " FROM request"
)
_FORGET = (
    "DELETE FROM request WHERE at < ?",
    "DELETE FROM turn WHERE seen_at < ?",
    "DELETE FROM transcript WHERE read_at < ?",
)
_NOBODY = 0


class Spending:
    """Requests are forgotten after ``KEEP_REQUESTS_MS``; the sums stay."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._pruned_day = ""

    def record(
        self,
        requests: Iterable[ApiRequest],
        marks: Iterable[TranscriptMark],
        costs: Iterable[ConversationCost],
        turns: Iterable[MissionTurn],
    ) -> list[Counted]:
        """Counts what is new in ``requests``, then prices the rest of conversations; what the sums grew by.

        ``turns`` go before the time at which a request was made; what was counted for another mission moves. Notes how
        far transcripts are read.
        """
        now = self._db.now()
        self._prune(now)
        for turn in turns:
            self._assign(turn, now)
        new = sorted((one for one in requests if one.at >= now - KEEP_REQUESTS_MS), key=lambda one: one.at)
        counted = [grown for request in new if (grown := self._count(request)) is not None]
        for cost in costs:
            counted += self._settle(cost)
        self._db.many(
            "INSERT OR REPLACE INTO transcript VALUES(?, ?, ?, ?, ?, ?, ?)",
            [
                (mark.path, mark.agent_id, mark.offset, now, mark.turn, mark.context_tokens, mark.model)
                for mark in marks
            ],
        )
        return counted

    def marks(self) -> list[TranscriptMark]:
        """How far every transcript is read, the newest last."""
        rows = self._db.rows(
            "SELECT path, agent_id, read_bytes, turn, context_tokens, model FROM transcript ORDER BY read_at"
        )
        return [TranscriptMark(*row) for row in rows]

    def since(self, at: int) -> list[Counted]:
        """What was spent by requests that were answered at ``at`` or later, one entry a request, in that order."""
        rows = self._db.rows(f"{_KNOWN} WHERE at >= ? ORDER BY at", (at,))
        known = (_known(row)[0] for row in rows)
        return [Counted(day_of(one.at), one.agent_id, None, one.spent, one.at) for one in known]

    def report(self, day: str | None) -> UsageReport:
        """Sums by agent, mission and day, all three in their order."""
        where = "" if day is None else "WHERE day = ?"
        params: tuple[Value, ...] = () if day is None else (day,)
        return UsageReport(
            day,
            agents=tuple((row[0], Spent(*row[1:])) for row in self._sums("agent_id", where, params)),
            missions=tuple(
                (row[0], Spent(*row[1:]))
                for row in self._db.rows(
                    f"SELECT m.id, {_SUMS} FROM spent s JOIN mission m ON m.seq = s.mission {where}"
                    " GROUP BY s.mission ORDER BY s.mission",
                    params,
                )
            ),
            days=tuple((row[0], Spent(*row[1:])) for row in self._sums("day", where, params)),
        )

    def _sums(self, column: str, where: str, params: tuple[Value, ...]) -> list[Row]:
        return self._db.rows(f"SELECT {column}, {_SUMS} FROM spent {where} GROUP BY {column} ORDER BY {column}", params)

    def _count(self, request: ApiRequest) -> Counted | None:
        row = self._db.one(f"{_KNOWN} WHERE id = ?", (request.id,))
        if row is None:
            return self._write(request, self._mission_of(request), request.spent)
        known, mission = _known(row)
        if not request.corrects(known):
            return None
        # What was counted once stays with the day, agent and mission that it was counted for.
        owned = replace(
            request,
            at=known.at,
            agent_id=known.agent_id,
            turn=known.turn or request.turn,
            conversation=known.conversation or request.conversation,
        )
        return self._write(owned, mission, request.spent - known.spent)

    def _settle(self, cost: ConversationCost) -> list[Counted]:
        """Shares out what is left of a conversation's cost among its requests that nobody priced."""
        rows = self._db.rows(f"{_KNOWN} WHERE conversation = ? ORDER BY at, id", (cost.conversation,))
        known = [_known(row) for row in rows]
        # Earlier shares are shared out again: they came from a smaller sum.
        shares = [entry for entry in known if entry[0].cost_usd is None or entry[0].is_estimate]
        told = sum(request.cost_usd or 0.0 for request, _ in known if not request.is_estimate)
        left, whole = max(0.0, cost.cost_usd - told), sum(request.weight for request, _ in shares)
        counted: list[Counted] = []
        for request, mission in shares:
            priced = replace(request, cost_usd=left * request.weight / whole if whole else 0.0, is_estimate=True)
            if priced != request:
                counted.append(self._write(priced, mission, priced.spent - request.spent))
        return counted

    def _write(self, request: ApiRequest, mission: int | None, grown: Spent) -> Counted:
        self._db.run(
            "INSERT OR REPLACE INTO request VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(request.id, request.at, request.agent_id, mission, request.turn, request.conversation),
                *(request.input, request.output, request.cache_read, request.cache_write, request.cost_usd),
                int(request.is_estimate),
            ),
        )
        day = day_of(request.at)
        amounts = (grown.input, grown.output, grown.cache_read, grown.cache_write, grown.cost_usd, grown.unpriced)
        self._db.run(_ADD, (day, request.agent_id, mission or _NOBODY, *amounts))
        return Counted(day, request.agent_id, None if mission is None else self._id_of(mission), grown, request.at)

    def _assign(self, turn: MissionTurn, now: int) -> None:
        found = self._db.one("SELECT seq FROM mission WHERE id = ?", (turn.mission_id,))
        if found is None:
            return
        seq = int(found[0])
        self._db.run("INSERT OR REPLACE INTO turn VALUES(?, ?, ?)", (turn.turn, seq, now))
        for row in self._db.rows(f"{_KNOWN} WHERE turn = ? AND mission IS NOT ?", (turn.turn, seq)):
            request, before = _known(row)
            self._write(request, before, NOTHING_SPENT - request.spent)
            self._write(request, seq, request.spent)

    def _mission_of(self, request: ApiRequest) -> int | None:
        """The mission whose turn it belongs to, or that ran when the request was made."""
        if request.turn is not None:
            row = self._db.one("SELECT mission FROM turn WHERE id = ?", (request.turn,)) or self._db.one(
                "SELECT mission FROM request WHERE turn = ? AND mission IS NOT NULL LIMIT 1", (request.turn,)
            )
            if row is not None:
                return int(row[0])
        row = self._db.one(
            "SELECT seq, ended_at FROM attempts WHERE agent_id = ? AND started_at <= ? ORDER BY started_at DESC"
            " LIMIT 1",
            (request.agent_id, request.at),
        )
        return int(row[0]) if row is not None and (row[1] is None or request.at <= row[1]) else None

    def _id_of(self, mission: int) -> str:
        return str(self._db.rows("SELECT id FROM mission WHERE seq = ?", (mission,))[0][0])

    def _prune(self, now: int) -> None:
        day = day_of(now)
        if day != self._pruned_day:
            self._pruned_day = day
            for statement in _FORGET:
                self._db.run(statement, (now - KEEP_REQUESTS_MS,))


def _known(row: Row) -> tuple[ApiRequest, int | None]:
    return ApiRequest(*row[:-2], is_estimate=bool(row[-2])), row[-1]
