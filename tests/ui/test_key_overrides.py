"""A person's own keys and theme: what cannot be used is refused at the start, with the way to put it right."""

import pytest

from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.ui.actions import ACTIONS, with_keys
from orchestrator_tui.ui.key_names import KEY_NAMES, character_of
from orchestrator_tui.ui.keystrokes import stroke_of
from tests.conftest import Program


@pytest.mark.parametrize(
    ("action_id", "keys", "message", "remedy"),
    [
        ("agent.spwan", "ctrl+n", "no action is called `agent.spwan`", "`agent.spawn`"),
        ("agent.spawn", "", "`agent.spawn` has no key", "Name one"),
        ("agent.spawn", " , ", "`agent.spawn` has no key", "Name one"),
        ("agent.spawn", "pagedwon", "`pagedwon` of `agent.spawn` is no key", "`pagedown`"),
        ("agent.spawn", "ctl+n", "`ctl+n` of `agent.spawn` is no key", "`ctrl+n`"),
        ("agent.spawn", "ESC", "`ESC` of `agent.spawn` is no key", "`escape`"),
        ("agent.spawn", "ctrl+i", "`ctrl+i` of `agent.spawn` is no key", "Did you mean"),
        ("agent.spawn", "x", "`x` is given to both", "another key"),
        ("agent.spawn", "ctrl+q", "`ctrl+q` cannot be given to", "another key"),
    ],
)
def test_keys_that_cannot_be_used_are_refused(action_id: str, keys: str, message: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        with_keys(ACTIONS, {action_id: keys})
    assert message in refusal.value.message
    assert remedy in refusal.value.remedy
    assert refusal.value.field == "keys"


def test_a_key_may_be_written_as_the_character_that_it_prints() -> None:
    changed = with_keys(ACTIONS, {"view.zoom": "#, ctrl+n"})
    assert next(action.keys for action in changed if action.id == "view.zoom") == ("number_sign", "ctrl+n")


def test_every_key_of_the_registry_has_a_name_that_may_be_written() -> None:
    assert {key for action in ACTIONS for key in action.keys} <= KEY_NAMES


def test_every_name_is_a_key_that_terminals_send() -> None:
    assert [key for key in KEY_NAMES if stroke_of(key, character_of(key)) is None] == []


@pytest.mark.parametrize(
    ("toml", "field", "remedy"),
    [
        ('theme = "drak"', "theme", "dark"),
        ('[keys]\n"agent.spwan" = "ctrl+n"', "keys", "Did you mean `agent.spawn`?"),
        ('[keys]\n"agent.spawn" = "ctl+n"', "keys", "Did you mean `ctrl+n`?"),
    ],
)
def test_the_dashboard_does_not_start_with_them(program: Program, toml: str, field: str, remedy: str) -> None:
    from tests.acceptance.terminal import Terminal

    own = program.root / "home" / ".config" / "orchestrator-tui" / "config.toml"
    own.parent.mkdir(parents=True)
    own.write_text(toml)
    terminal = Terminal(program, f"keys-{program.root.name[-24:]}", 100, 30)
    try:
        terminal.open("--session", "keys", "--provider", "demo")
        assert terminal.until_ended() == 2
        said = terminal.said()
    finally:
        terminal.close()
    assert field in said
    assert remedy in said
    assert "Traceback" not in said
