"""The long form: ``python -m tests.chaos --faults 200 --seed 1``."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.campaign import Campaign, Size
from tests.conftest import Program


def main() -> int:
    """Runs it; exit code 1 when a rule does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--agents", type=int, default=12)
    parser.add_argument("--missions", type=int, default=400)
    parser.add_argument("--keep", action="store_true", help="keep the folder with log and database")
    chosen = parser.parse_args()
    size = Size(chosen.seed, chosen.faults, chosen.agents, 2, chosen.missions, drain_s=300)

    def note(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    note(f"seed {chosen.seed}")
    root = Path(tempfile.mkdtemp(prefix="orchestrator-chaos-"))
    (root / "home").mkdir()
    campaign = Campaign(Program(root), size, note)
    outcome = campaign.run()
    for violation in outcome.violations:
        note(f"VIOLATION {violation}")
    if outcome.violations or chosen.keep:
        note(f"log and database are in {campaign.kept}")
    else:
        shutil.rmtree(root)
    note(outcome.line())
    return 1 if outcome.violations else 0


if __name__ == "__main__":
    sys.exit(main())
