"""The official MCP suite and the inspector against a running supervisor: ``python -m tests.conformance``."""

import asyncio
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from tests.conformance import suite
from tests.conformance.proxy import TokenProxy
from tests.conftest import Program


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _check(port: int, token: str, folder: Path) -> int:
    complaints = 0
    async with TokenProxy(port, token) as proxy:
        for era in suite.ERAS:
            expected = suite.expected_failures(era)
            outcome = await suite.run(proxy.url, era, folder / era)
            found = outcome.complaints(expected)
            if schemas := await suite.inspect(proxy.url, era):
                found.append(f"inspector --strict: {schemas}")
            for complaint in found:
                _say(f"{era}: {complaint}")
            complaints += len(found)
            _say(
                f"{era}: {len(outcome.passed)} checks pass, {len(outcome.failed)} fail, {len(expected)} of them "
                f"expected; {len(found)} complaints"
            )
    return complaints


def main() -> int:
    """Exit code 0 when everything is as listed, 1 when not, 3 when the suite is not installed."""
    if reason := suite.missing():
        _say(reason)
        return 3
    with tempfile.TemporaryDirectory(prefix="orchestrator-conformance-") as name:
        root = Path(name)
        (root / "home").mkdir()
        program = Program(root)
        try:
            endpoint = program.serve("conformance")
            port = urlsplit(str(endpoint["url"])).port
            assert port is not None
            complaints = asyncio.run(_check(port, str(endpoint["token"]), root / "results"))
        finally:
            program.close()
    _say("conformance: as listed" if complaints == 0 else f"conformance: {complaints} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
