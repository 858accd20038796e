"""Every text colour is readable on every plane, in both themes."""

from collections.abc import Mapping

import pytest

from orchestrator_tui.ui.theme import ANSI_VARIABLES, DARK_TOKENS, LIGHT_TOKENS, PLANES, TEXT_TOKENS

LEAST_CONTRAST = 4.5


def luminance(color: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [DARK_TOKENS, LIGHT_TOKENS], ids=["dark", "light"])
@pytest.mark.parametrize("plane", PLANES)
@pytest.mark.parametrize("text", TEXT_TOKENS)
def test_text_is_readable(tokens: Mapping[str, str], text: str, plane: str) -> None:
    assert contrast(tokens[text], tokens[plane]) >= LEAST_CONTRAST


def test_other_themes_have_a_stand_in_for_each_of_our_own_tokens() -> None:
    own = {name for name in DARK_TOKENS if name.startswith(("state-", "plane-", "muted", "line"))}
    assert own == set(ANSI_VARIABLES)


def test_the_measure_itself() -> None:
    assert round(contrast("#000000", "#ffffff"), 6) == 21.0
