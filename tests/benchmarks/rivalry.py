"""Our store beside other durable queues: how often a second each hands out the next of 100,000 missions."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from orchestrator_tui.missions.sqlite import SqliteStore
from tests.benchmarks.measure import Benchmark, Plan, RowSpec, Sample, Samples
from tests.benchmarks.peers import Huey, LiteQueues, Peer, PersistQueue
from tests.benchmarks.store import BLOCK, MANY, durably, fill, filled, finish, rate, take

TAKES = 200
"""In one repetition: one of the peers needs some 10 ms for each."""

PEERS: dict[str, tuple[str, Callable[[Path, int], Peer]]] = {
    "queue_peers_litequeue": ("litequeue 0.9, FULL, a file for each priority", LiteQueues),
    "queue_peers_persistqueue": ("persist-queue 1.1.0, FULL, no priorities", PersistQueue),
    "queue_peers_huey": ("huey 3.5.4, fsync, strict order", Huey),
}


async def _dequeue(folder: Path, _plan: Plan) -> AsyncGenerator[Samples, None]:
    with ExitStack() as opened:
        ours = opened.enter_context(filled(folder / "missions.db", MANY))
        peers = {name: opened.enter_context(closing(make(folder, MANY))) for name, (_, make) in PEERS.items()}
        while True:
            own: list[float] = []
            others: dict[str, list[float]] = {name: [] for name in peers}
            for _ in range(TAKES // BLOCK):
                own += _timed(
                    lambda: durably(ours, lambda: take(ours)), lambda one: durably(ours, lambda: finish(ours, one))
                )
                for name, peer in peers.items():
                    others[name] += _timed(peer.take, peer.finish)
            _put_back(ours, list(peers.values()))
            yield {name: Sample(rate(own), rate(seconds)) for name, seconds in others.items()}


def _timed(take_one: Callable[[], Any], finish_one: Callable[[Any], object]) -> list[float]:
    """Seconds of each take in a block; what was taken is finished before the next."""
    seconds: list[float] = []
    for _ in range(BLOCK):
        started = time.perf_counter()
        taken = take_one()
        seconds.append(time.perf_counter() - started)
        assert taken is not None
        finish_one(taken)
    return seconds


def _put_back(ours: SqliteStore, peers: list[Peer]) -> None:
    """As many as were taken, so that all stay as full as they are called."""
    fill(ours, TAKES)
    for peer in peers:
        peer.tidy()
        for number in range(TAKES):
            peer.put(number)


BENCHMARKS = {
    "queue_peers": Benchmark(_dequeue, {name: RowSpec("/s", what, None) for name, (what, _) in PEERS.items()}),
}
