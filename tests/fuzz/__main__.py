"""The long form: ``python -m tests.fuzz --calls 20000 --seed 1``."""

import argparse
import os
import sys
import tempfile
import traceback

from tests.fuzz import calls, files, languages, supervised
from tests.fuzz.target import Outcome, Target, run

MODULES = (languages, files, calls, supervised)
TARGETS: tuple[Target, ...] = tuple(target for module in MODULES for target in module.TARGETS)
LONGEST_SHOWN = 600


def close() -> None:
    """Ends what the targets started; fails when something in it was broken by then."""
    calls.close()
    supervised.close()


def line(outcomes: list[Outcome], number: int) -> str:
    """The last line: what was done and what came of it."""
    total, refused = sum(one.calls for one in outcomes), sum(one.refused for one in outcomes)
    failed = sum(one.failure is not None for one in outcomes)
    return f"fuzz: {total} calls, {refused} refused, {len(outcomes)} targets, {failed} failures, seed {number}"


def main() -> int:
    """Runs it; exit code 1 when a property does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--only", default="", help="only targets whose name holds this")
    chosen = parser.parse_args()
    targets = [target for target in TARGETS if chosen.only in target.name]
    if not targets:
        parser.error(f"no target's name holds {chosen.only!r}")
    planned = sum(target.calls for target in targets)
    outcomes: list[Outcome] = []
    _say(f"seed {chosen.seed}")
    with tempfile.TemporaryDirectory(prefix="orchestrator-fuzz-") as home:
        # Nobody's own configuration takes part.
        os.environ["XDG_CONFIG_HOME"] = os.environ["HOME"] = home
        for target in targets:
            outcome = run(target, -(-target.calls * chosen.calls // planned), chosen.seed)
            outcomes.append(outcome)
            _say(f"{target.name:40} {outcome.calls:6} calls {outcome.refused:6} refused")
            if outcome.failure is not None:
                _say(f"FAILED with {outcome.example!r}"[:LONGEST_SHOWN])
                _say("".join(traceback.format_exception(outcome.failure)))
        try:
            close()
        except Exception as error:
            outcomes.append(Outcome("what is left in the end", failure=error))
            _say("".join(traceback.format_exception(error)))
    _say(line(outcomes, chosen.seed))
    return 1 if any(one.failure is not None for one in outcomes) else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
