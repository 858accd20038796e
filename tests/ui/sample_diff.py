"""Sample changes of an agent's worktree."""

from orchestrator_tui.core.work import DiffLine, FileDiff, FileStatus, Hunk, LineKind, WorktreeDiff


def hunk(old: int, new: int, text: str, heading: str = "") -> Hunk:
    """Lines written with their signs; an empty one is an empty line of context."""
    lines: list[DiffLine] = []
    old_at, new_at = old, new
    for line in text.splitlines():
        kind = LineKind(line[0]) if line else LineKind.CONTEXT
        is_old, is_new = kind is not LineKind.ADDED, kind is not LineKind.REMOVED
        lines.append(DiffLine(kind, line[1:], old_at if is_old else None, new_at if is_new else None))
        old_at, new_at = old_at + is_old, new_at + is_new
    return Hunk(old, new, tuple(lines), heading)


TOKENS = (
    hunk(
        1,
        1,
        ' """Tokens that are handed out and taken back."""\n'
        "\n"
        "-from auth.store import Store\n"
        "+from auth.errors import TokenReused\n"
        "+from auth.store import Store, TokenRow\n"
        "\n"
        " class Tokens:\n",
    ),
    hunk(
        112,
        113,
        "     def __init__(self, store: Store) -> None:\n"
        "         self._store = store\n"
        "\n"
        "-    def refresh(self, token):\n"
        "-        return self._store.get(token)  # never revoked\n"
        "+    async def rotate(self, token: str) -> TokenPair:\n"
        '+        """A new pair; the old token is revoked."""\n'
        "+        row = await self._store.consume(token)\n"
        "+        if row is None:\n"
        '+            raise TokenReused(f"{token} was used {2} times")\n'
        "+        return self._pair(row.user_id, days=30)\n"
        "\n"
        "     def revoke(self, user: int) -> None:\n"
        "         self._store.drop(user)\n",
        "class Tokens:",
    ),
)

CHANGES = WorktreeDiff(
    1,
    "/home/ada/acme/api-1",
    "main",
    "orchestrator/api/1",
    (
        FileDiff("assets/logo.png", FileStatus.MODIFIED, omitted="binary, 48.2 KiB"),
        FileDiff("auth/tokens.py", FileStatus.MODIFIED, added=8, removed=3, hunks=TOKENS),
        FileDiff(
            "docs/auth.md",
            FileStatus.RENAMED,
            old_path="docs/login.md",
            added=1,
            removed=1,
            hunks=(hunk(1, 1, "-# Login\n+# Signing in\n\n How a *person* signs in.\n"),),
            notes=("renamed from docs/login.md",),
        ),
        FileDiff(
            "legacy/session.py", FileStatus.DELETED, removed=2, hunks=(hunk(1, 0, "-import os\n-print(os.name)\n"),)
        ),
        FileDiff(
            "tests/auth/test_rotation.py",
            FileStatus.UNTRACKED,
            added=3,
            hunks=(
                hunk(
                    0,
                    1,
                    "+def test_a_token_works_once(tokens):\n"
                    "+    pair = tokens.rotate('a')\n"
                    "+    assert pair.old == 'a'\n",
                ),
            ),
        ),
    ),
)
