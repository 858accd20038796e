"""Who waits for whom, as a tree in layers: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One mission's place: ``layer`` is how many missions stand before it at least, ``stem`` the tree's lines to it.

    It hangs below the parent that comes last; ``others`` are its further parents.
    """

    id: str
    layer: int
    stem: str
    others: tuple[str, ...] = ()


def layers(parents: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The length of the longest way to each mission; parents that are not among the keys do not count.

    ``parents`` has no cycles: the queue refuses them.
    """
    depth: dict[str, int] = {}
    for start in parents:
        way = [start]
        while way:
            here = way[-1]
            open_ = [one for one in parents[here] if one in parents and one not in depth]
            if open_:
                way.extend(open_)
                continue
            way.pop()
            known = [depth[one] for one in parents[here] if one in depth]
            depth[here] = 1 + max(known, default=-1)
    return depth


def tree(parents: Mapping[str, Sequence[str]]) -> tuple[Node, ...]:
    """All missions, each below the parent that comes last, in the order of ``parents`` among its siblings."""
    depth = layers(parents)
    below: dict[str | None, list[str]] = {}
    for mission in parents:
        known = [one for one in parents[mission] if one in depth]
        trunk = max(known, key=lambda one: depth[one], default=None)
        below.setdefault(trunk, []).append(mission)
    nodes: list[Node] = []
    waiting: list[tuple[str, str | None, str, str]] = [(root, None, "", "") for root in reversed(below.get(None, []))]
    while waiting:
        mission, trunk, before, branch = waiting.pop()
        others = tuple(one for one in parents[mission] if one in depth and one != trunk)
        nodes.append(Node(mission, depth[mission], before + branch, others))
        inner = before + {"": "", "├ ": "│ ", "└ ": "  "}[branch]
        children = below.get(mission, [])
        last = len(children) - 1
        waiting.extend(
            (child, mission, inner, "└ " if number == last else "├ ")
            for number, child in reversed(list(enumerate(children)))
        )
    return tuple(nodes)


def upstream(parents: Mapping[str, Sequence[str]], mission: str) -> frozenset[str]:
    """All missions that it waits for, directly and indirectly."""
    return _reached(parents, mission)


def downstream(parents: Mapping[str, Sequence[str]], mission: str) -> frozenset[str]:
    """All missions that wait for it, directly and indirectly."""
    children: dict[str, list[str]] = {one: [] for one in parents}
    for child, above in parents.items():
        for one in above:
            if one in children:
                children[one].append(child)
    return _reached(children, mission)


def _reached(edges: Mapping[str, Sequence[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    frontier = [start]
    while frontier:
        new = {one for here in frontier for one in edges.get(here, ()) if one in edges} - found
        found |= new
        frontier = list(new)
    return frozenset(found)
