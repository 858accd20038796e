"""What agents spent, inside the caller's transaction: each request once, whatever sources tell of it."""

from collections.abc import Iterable

from orchestrator_tui.core.usage import (
    KEEP_REQUESTS_MS,
    ApiRequest,
    Counted,
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
_NOBODY = 0


class Spending:
    """Requests are forgotten after ``KEEP_REQUESTS_MS``; the sums stay."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._pruned_day = ""

    def record(self, requests: Iterable[ApiRequest], marks: Iterable[TranscriptMark]) -> list[Counted]:
        """Counts what is new in ``requests`` and notes how far transcripts are read; what the sums grew by."""
        now = self._db.now()
        self._prune(now)
        new = sorted((one for one in requests if one.at >= now - KEEP_REQUESTS_MS), key=lambda one: one.at)
        counted = [grown for request in new if (grown := self._count(request)) is not None]
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
        row = self._db.one(
            "SELECT id, agent_id, at, turn, tokens_in, tokens_out, cache_read, cache_write, cost_usd, mission"
            " FROM request WHERE id = ?",
            (request.id,),
        )
        if row is None:
            mission = self._mission_of(request)
            owner, grown = request, request.spent
        else:
            # What was counted once stays with the day, agent and mission that it was counted for.
            owner, mission = ApiRequest(*row[:-1]), row[-1]
            if not request.corrects(owner):
                return None
            grown = request.spent - owner.spent
        self._db.run(
            "INSERT OR REPLACE INTO request VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (request.id, owner.at, owner.agent_id, mission, owner.turn or request.turn, *_tokens(request)),
        )
        day = day_of(owner.at)
        amounts = (grown.input, grown.output, grown.cache_read, grown.cache_write, grown.cost_usd, grown.unpriced)
        self._db.run(_ADD, (day, owner.agent_id, mission or _NOBODY, *amounts))
        return Counted(day, owner.agent_id, None if mission is None else self._id_of(mission), grown)

    def _mission_of(self, request: ApiRequest) -> int | None:
        """The mission that ran when the request was made, or whose turn it still belongs to."""
        if request.turn is not None:
            row = self._db.one(
                "SELECT mission FROM request WHERE turn = ? AND mission IS NOT NULL LIMIT 1", (request.turn,)
            )
            if row is not None:
                return int(row[0])
        row = self._db.one(
            "SELECT seq, ended_at FROM attempt WHERE agent_id = ? AND started_at <= ? ORDER BY started_at DESC LIMIT 1",
            (request.agent_id, request.at),
        )
        return int(row[0]) if row is not None and (row[1] is None or request.at <= row[1]) else None

    def _id_of(self, mission: int) -> str:
        return str(self._db.rows("SELECT id FROM mission WHERE seq = ?", (mission,))[0][0])

    def _prune(self, now: int) -> None:
        day = day_of(now)
        if day != self._pruned_day:
            self._pruned_day = day
            for statement in ("DELETE FROM request WHERE at < ?", "DELETE FROM transcript WHERE read_at < ?"):
                self._db.run(statement, (now - KEEP_REQUESTS_MS,))


def _tokens(request: ApiRequest) -> tuple[Value, ...]:
    return request.input, request.output, request.cache_read, request.cache_write, request.cost_usd
