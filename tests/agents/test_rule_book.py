"""Rules kept in the user's own file: whole or not at all, and nothing else in it is touched."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.agents.pane_answers import shows_dialog
from orchestrator_tui.agents.rule_book import RuleBook, append_rule, rule_toml
from orchestrator_tui.agents.rule_files import RuleFile, read_rules
from orchestrator_tui.core.errors import ConfigError
from orchestrator_tui.core.permission_rules import PermissionRule, RuleAction

RULE = PermissionRule(action=RuleAction.ALLOW, tool="Bash", pattern='echo "a\\b" *')


@pytest.mark.parametrize("before", ["", 'theme = "dark"', 'theme = "dark"  # mine\n\n[keys]\n"agent.kill" = "X"\n'])
def test_a_rule_is_added_behind_what_is_there(tmp_path: Path, before: str) -> None:
    path = tmp_path / "config" / "config.toml"
    if before:
        path.parent.mkdir()
        path.write_text(before)
    append_rule(path, RULE)
    append_rule(path, RULE)
    after = path.read_text()
    assert after.startswith(before)
    found = tomllib.loads(after)
    assert [PermissionRule.model_validate(one) for one in found.pop("permissions")] == [RULE, RULE]
    assert found == tomllib.loads(before)
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("before", ["permissions = []\n", "theme = [\n"])
def test_a_file_that_cannot_take_it_stays_as_it_is(tmp_path: Path, before: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(before)
    with pytest.raises(ConfigError, match="cannot be added"):
        append_rule(path, RULE)
    assert path.read_text() == before


def test_a_linked_file_and_its_mode_are_kept(tmp_path: Path) -> None:
    real, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    real.write_text("")
    real.chmod(0o640)
    link.symlink_to(real)
    append_rule(link, RULE)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "permissions" in real.read_text()


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_pattern_comes_back_as_it_was(pattern: str) -> None:
    rule = PermissionRule(action=RuleAction.DENY, tool="Bash", pattern=pattern)
    (found,) = tomllib.loads(rule_toml(rule))["permissions"]
    assert PermissionRule.model_validate(found) == rule


async def test_a_saved_rule_is_in_force_at_once_and_once(tmp_path: Path) -> None:
    book = RuleBook((), tmp_path / "config.toml")
    await book.save(RULE)
    await book.save(RULE)
    assert book.rules == (RULE,)
    assert (tmp_path / "config.toml").read_text().count("[[permissions]]") == 1
    with pytest.raises(ConfigError, match="no file"):
        await RuleBook().save(RULE)


ALLOW_GIT = '[[permissions]]\naction = "allow"\ntool = "Bash"\npattern = "git *"\n'


def test_an_edit_by_hand_is_in_force_and_a_bad_one_is_named_and_kept_out(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    book = RuleBook((), path, [RuleFile(path, may_allow=True)])
    assert book.refresh() is False
    path.write_text(ALLOW_GIT)
    assert book.refresh() is True
    assert book.rules == (PermissionRule(action=RuleAction.ALLOW, tool="Bash", pattern="git *"),)
    assert book.refresh() is False
    for bad, message in (
        (ALLOW_GIT.replace("allow", "alow"), r"config.toml: `permissions.0.action`"),
        (
            ALLOW_GIT.replace("pattern", "patern"),
            r"unknown key `permissions.0.patern`. Did you mean `permissions.0.pattern`",
        ),
        ("[[permissions]\n", "not valid TOML"),
    ):
        path.write_text(bad)
        assert book.refresh() is True
        assert len(book.rules) == 1
        with pytest.raises(ConfigError, match=message):
            raise book.problem or AssertionError
    path.unlink()
    assert book.refresh() is True
    assert (book.rules, book.problem) == ((), None)


def test_a_projects_file_may_not_begin_to_allow(tmp_path: Path) -> None:
    own, project = tmp_path / "config.toml", tmp_path / "orchestrator.toml"
    own.write_text(ALLOW_GIT)
    files = [RuleFile(own, may_allow=True), RuleFile(project, may_allow=False)]
    book = RuleBook(read_rules(files), own, files)
    project.write_text(ALLOW_GIT)
    assert book.refresh()
    with pytest.raises(ConfigError, match="may only deny or ask"):
        raise book.problem or AssertionError
    project.write_text(ALLOW_GIT.replace("allow", "deny"))
    assert book.refresh()
    assert [rule.action for rule in book.rules] == [RuleAction.ALLOW, RuleAction.DENY]


@pytest.mark.parametrize(
    ("screen", "subject", "shown"),
    [
        ([b" \x1b[1mBash command\x1b[0m", b"  touch made.txt", b" Do you want to proceed?"], "touch made.txt", True),
        ([b"| touch ma", b"de.txt", b" Do you want to", b" proceed?"], "touch made.txt", True),
        ([b"  touch other.txt", b" Do you want to proceed?"], "touch made.txt", False),
        ([b"> touch made.txt"], "touch made.txt", False),
        ([b" Do you want to proceed?"], "", False),
        ([], "touch made.txt", False),
    ],
)
def test_a_key_is_pressed_only_where_the_dialog_stands(screen: list[bytes], subject: str, shown: bool) -> None:
    assert shows_dialog(screen, subject) is shown
