"""Captured lines keep their colours and lose everything that could touch the dashboard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from textual.strip import Strip

from orchestrator_tui.ui.ansi import PLAIN, Sgr, apply_sgr, parse_line, parse_lines, plain_text

ESC = chr(27)


def strip_of(line: str) -> Strip:
    return parse_line(line.encode())[0]


def foreground(line: str) -> Color | None:
    style = next(iter(strip_of(line))).style
    return None if style is None else style.color


class TestColours:
    @pytest.mark.parametrize(
        ("sgr", "color"),
        [
            ("31", Color.from_ansi(1)),
            ("97", Color.from_ansi(15)),
            ("38;5;208", Color.from_ansi(208)),
            ("38;2;10;20;30", Color.from_rgb(10, 20, 30)),
            ("38:2::10:20:30", Color.from_rgb(10, 20, 30)),
            ("38:2:10:20:30", Color.from_rgb(10, 20, 30)),
            ("38:5:208", Color.from_ansi(208)),
            ("1;4;31", Color.from_ansi(1)),
            ("58;2;1;2;3;31", Color.from_ansi(1)),
        ],
    )
    def test_foregrounds(self, sgr: str, color: Color) -> None:
        assert foreground(f"{ESC}[{sgr}mtext") == color

    def test_a_colour_runs_on_to_the_next_line_until_it_is_reset(self) -> None:
        first, second = parse_lines((f"{ESC}[31mred".encode(), f"still{ESC}[0m not".encode()))
        assert next(iter(first)).style == next(iter(second)).style
        assert list(second)[1].style != next(iter(second)).style

    def test_text_without_a_colour_of_its_own_stays_readable_on_a_background(self) -> None:
        assert foreground(f"{ESC}[48;2;10;40;10mdark") == Color.from_ansi(15)
        assert foreground(f"{ESC}[48;2;220;255;220mlight") == Color.from_ansi(0)
        assert foreground("plain") is None

    @pytest.mark.parametrize("damaged", ["38", "38;2", "38;2;1", "38;5", "999", "38:2", "38:9:1:1", ";;;", "38;7;1"])
    def test_damaged_parameters_are_no_error(self, damaged: str) -> None:
        assert strip_of(f"{ESC}[{damaged}mtext").text == "text"

    def test_attributes_come_and_go(self) -> None:
        bold = apply_sgr(PLAIN, "1")
        assert bold == Sgr(None, None, 1)
        assert apply_sgr(bold, "22") == PLAIN
        assert apply_sgr(bold, "") == PLAIN

    def test_nothing_blinks(self) -> None:
        assert apply_sgr(PLAIN, "5") == PLAIN


class TestWidths:
    @pytest.mark.parametrize(
        ("text", "cells"),
        [("日本語", 6), ("🙂", 2), ("e" + chr(0x301), 1), ("a\tb", 9), ("╭──╮", 4), ("", 0)],
    )
    def test_cells(self, text: str, cells: int) -> None:
        assert strip_of(text).cell_length == cells

    def test_line_drawing_letters_become_lines(self) -> None:
        assert strip_of(f"{chr(14)}lqk{chr(15)} lqk").text == "┌─┐ lqk"


class TestHostile:
    @pytest.mark.parametrize(
        "hostile",
        [
            f"{ESC}]0;title{chr(7)}",
            f"{ESC}]0;title{ESC}\\",
            f"{ESC}]52;c;c3RlYWw={chr(7)}",
            f"{ESC}]8;;http://example.invalid{ESC}\\",
            f"{ESC}]8;;never ended",
            f"{ESC}P1$r0m{ESC}\\",
            f"{ESC}_apc{ESC}\\",
            f"{ESC}^pm{ESC}\\",
            f"{ESC}[2J",
            f"{ESC}[10;10H",
            f"{ESC}[?1049h",
            f"{ESC}c",
            f"{ESC}(B",
            f"{ESC}7",
            "".join(map(chr, (7, 8, 11, 12, 13))),
            f"{chr(0x9B)}2J",
            chr(0x202E),
            chr(0x2066),
        ],
    )
    def test_it_is_dropped(self, hostile: str) -> None:
        assert strip_of(f"before{hostile}").text == "before"

    def test_broken_utf8_is_shown_as_such(self) -> None:
        assert parse_line(b"a\xff\xfeb")[0].text == f"a{chr(0xFFFD) * 2}b"

    @given(st.binary(max_size=200))
    def test_no_line_fails_or_leaks_a_control(self, raw: bytes) -> None:
        text = parse_line(raw)[0].text
        assert not [character for character in text if ord(character) < 32 or 127 <= ord(character) < 160]


def test_plain_text_has_no_colours_and_no_blank_ends() -> None:
    assert plain_text((b"", f"{ESC}[1mone{ESC}[0m   ".encode(), b"", b"two", b"", b"")) == "one\n\ntwo"
