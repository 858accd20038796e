"""What stands beside our store is as durable as it, holds as much, and really hands out what is next."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.peers import Huey, LiteQueues, Peer, PersistQueue

FULL = 2


def of_litequeue(taken: Any) -> str:
    return taken[1].data


def of_persist_queue(taken: Any) -> str:
    return taken["data"]


def of_huey(taken: Any) -> str:
    return taken.decode()


@pytest.mark.parametrize(
    ("make", "text_of", "order"),
    [
        (LiteQueues, of_litequeue, [0, 4, 8, 1, 5, 9, 2, 6, 3, 7]),
        (PersistQueue, of_persist_queue, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (Huey, of_huey, [0, 4, 8, 1, 5, 9, 2, 6, 3, 7]),
    ],
)
def test_a_peer_syncs_at_every_commit_and_gives_each_mission_once_in_its_order(
    make: Callable[[Path, int], Peer], text_of: Callable[[Any], str], order: list[int], tmp_path: Path
) -> None:
    with closing(make(tmp_path, 9)) as peer:
        for connection in peer.connections():
            assert connection.execute("PRAGMA synchronous").fetchone()[0] == FULL
            assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        peer.put(9)
        taken: list[int] = []
        for _ in order:
            one = peer.take()
            taken.append(int(text_of(one).partition(":")[0]))
            peer.finish(one)
            peer.tidy()
        assert taken == order
