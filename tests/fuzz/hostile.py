"""An agent's program that says everything a terminal could be made to do by, and the words to look for."""

MARK = "CANARY"
CLIPBOARD = "Q0FOQVJZ"
"""The mark as the clipboard sequence carries it."""

HOSTILE = "".join(
    (
        f"\x1b]0;{MARK}-title\x07",
        f"\x1b]2;{MARK}-#(touch canary-title)#{{pane_pid}}\x1b\\",
        f"\x1b]52;c;{CLIPBOARD}\x07",
        f"\x1bPtmux;\x1b\x1b]52;c;{CLIPBOARD}\x07\x1b\\",
        f"\x1bP+q{MARK}\x1b\\",
        f"\x1b_{MARK}-apc\x1b\\",
        f"\x1b^{MARK}-pm\x1b\\",
        f"\x1bX{MARK}-sos\x1b\\",
        f"\x1b]8;;http://{MARK}.example\x1b\\link\x1b]8;;\x1b\\",
        f"\x1b]9;{MARK}-notify\x07",
        f"\x1b]777;notify;{MARK};x\x07",
        f"\x1bk{MARK}-name\x1b\\",
        "[red]markup[/red] [/] [@click=app.quit]click[/] \u202eright-to-left",
        f"\x9d0;{MARK}-8bit\x9c",
    )
)
"""Everything that must not pass to the person's own terminal."""

PAYLOADS = (
    "#(touch {canary})",
    "#{{E:#(touch {canary})}}",
    "$(touch {canary})",
    "`touch {canary}`",
    "; touch {canary} ;",
    "' ; touch {canary} ; '",
    '" ; touch {canary} ; "',
    "\n touch {canary} \n",
    "| touch {canary}",
    "&& touch {canary}",
    "--upload-pack=touch {canary}",
    "-c core.pager=touch {canary}",
    "'); DROP TABLE mission; --",
    "[@click=app.quit]x[/] [/] [red",
    "\x1b]52;c;Q0FOQVJZ\x07",
    "%s%n{{agent}}{{session}}",
    "~/x $HOME \\",
)
"""Texts that run something wherever they are taken for more than text; ``{canary}`` is a file that must not appear."""


def payloads(canary: str) -> list[str]:
    """The texts for one file."""
    return [payload.format(canary=canary) for payload in PAYLOADS]
