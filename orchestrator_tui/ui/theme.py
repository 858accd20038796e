"""The dashboard's colours as themes; nothing else in the package names a colour."""

from collections.abc import Mapping
from typing import Literal

from textual.theme import Theme

ThemeChoice = Literal["dark", "light", "ansi"]

THEME_NAMES: Mapping[ThemeChoice, str] = {
    "dark": "orchestrator-dark",
    "light": "orchestrator-light",
    "ansi": "ansi-dark",
}

PLANES = ("background", "surface", "panel", "plane-added", "plane-removed")
"""The backgrounds that text may stand on."""

TEXT_TOKENS = (
    "foreground",
    "muted",
    "accent",
    "state-needs",
    "state-working",
    "state-restarting",
    "state-failed",
    "state-done",
)
"""The colours of text; each is readable on each plane."""

DARK_TOKENS: Mapping[str, str] = {
    "background": "#10141a",
    "surface": "#161b22",
    "panel": "#1f2630",
    "foreground": "#d8dee6",
    "muted": "#8b96a5",
    "accent": "#5aa9e6",
    "state-needs": "#f0b429",
    "state-working": "#4fc1a6",
    "state-restarting": "#c792ea",
    "state-failed": "#f2727f",
    "state-done": "#8bc34a",
    "line": "#333d4a",
    "plane-added": "#12261b",
    "plane-removed": "#2b171c",
}
LIGHT_TOKENS: Mapping[str, str] = {
    "background": "#fbfbf9",
    "surface": "#f1f1ee",
    "panel": "#e4e5e0",
    "foreground": "#1f2328",
    "muted": "#565f69",
    "accent": "#175f9c",
    "state-needs": "#7d5300",
    "state-working": "#0f6459",
    "state-restarting": "#7a3fb5",
    "state-failed": "#b3261e",
    "state-done": "#3f6d16",
    "line": "#c6c8c1",
    "plane-added": "#dcf1df",
    "plane-removed": "#fbe4e2",
}
ANSI_VARIABLES: Mapping[str, str] = {
    "muted": "ansi_default",
    "state-needs": "ansi_yellow",
    "state-working": "ansi_cyan",
    "state-restarting": "ansi_magenta",
    "state-failed": "ansi_red",
    "state-done": "ansi_green",
    "line": "ansi_bright_black",
    "plane-added": "ansi_default",
    "plane-removed": "ansi_default",
}
"""Stand-ins for themes that do not define our tokens: the terminal's own palette."""

_OWN = ("state-", "plane-", "muted", "line")


def _theme(choice: ThemeChoice, tokens: Mapping[str, str], *, dark: bool) -> Theme:
    extra = {name: value for name, value in tokens.items() if name.startswith(_OWN)}
    extra |= {
        "border": tokens["accent"],
        "border-blurred": tokens["line"],
        "footer-background": tokens["background"],
        "input-cursor-background": tokens["accent"],
        "input-cursor-foreground": tokens["background"],
        "input-selection-background": f"{tokens['accent']} 35%",
        "block-cursor-background": tokens["accent"],
        "block-cursor-foreground": tokens["background"],
        "block-cursor-text-style": "none",
        "text-muted": tokens["muted"],
        "text-disabled": tokens["muted"],
        "scrollbar": tokens["line"],
        "scrollbar-hover": tokens["muted"],
        "scrollbar-active": tokens["accent"],
        "scrollbar-background": tokens["surface"],
        "scrollbar-background-hover": tokens["surface"],
        "scrollbar-background-active": tokens["surface"],
    }
    return Theme(
        name=THEME_NAMES[choice],
        primary=tokens["accent"],
        secondary=tokens["state-working"],
        accent=tokens["accent"],
        warning=tokens["state-needs"],
        error=tokens["state-failed"],
        success=tokens["state-done"],
        foreground=tokens["foreground"],
        background=tokens["background"],
        surface=tokens["surface"],
        panel=tokens["panel"],
        dark=dark,
        variables=extra,
    )


DARK = _theme("dark", DARK_TOKENS, dark=True)
LIGHT = _theme("light", LIGHT_TOKENS, dark=False)
