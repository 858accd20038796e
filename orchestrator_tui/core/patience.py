"""How much a server on a port of this machine bears with connections that do not get to the point."""

import resource
from dataclasses import dataclass, field

_ENDLESS = 65_536


def _half_of_what_may_be_open() -> int:
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return _ENDLESS if soft == resource.RLIM_INFINITY else soft // 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection may take for each request's head, and how many may be waited for at once.

    The rest of the files that the process may open stays for its other work.
    """

    head_within_s: float = 10.0
    most_waiting: int = field(default_factory=_half_of_what_may_be_open)
