import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.pty.protocol import ControlParser, Notification, Reply, encode, escape_format, quote
from orchestrator_tui.pty.transport import process_argument


def feed(*chunks: bytes) -> list[Reply | Notification]:
    parser = ControlParser()
    return [item for chunk in chunks for item in parser.feed(chunk)]


class TestParser:
    def test_a_block_of_ours_is_a_reply(self) -> None:
        assert feed(b"%begin 1 7 1\none\ntwo\n%end 1 7 1\n") == [Reply((b"one", b"two"))]

    def test_the_block_of_the_attach_itself_is_dropped(self) -> None:
        assert feed(b"%begin 1 7 0\n%end 1 7 0\n%begin 1 8 1\n%end 1 8 1\n") == [Reply(())]

    def test_a_refused_command_carries_the_message(self) -> None:
        assert feed(b"%begin 1 7 1\ncan't find pane\n%error 1 7 1\n") == [Reply((), "can't find pane")]

    def test_pane_text_that_looks_like_an_end_marker_does_not_end_the_block(self) -> None:
        text = b"%begin 1 7 1\n%end 1 6 1\n%end 1 7\n%error of mine\n%output %1 x\n%end 1 7 1\n"
        assert feed(text) == [Reply((b"%end 1 6 1", b"%end 1 7", b"%error of mine", b"%output %1 x"))]

    @pytest.mark.parametrize("damaged", [b"%begin", b"%begin ", b"%begin 1", b"%begin 1 7", b"%begin 1 7 1 9"])
    def test_a_damaged_begin_does_not_end_the_client(self, damaged: bytes) -> None:
        items = feed(damaged + b"\n%begin 1 8 1\n%end 1 8 1\n")
        assert isinstance(items[0], Notification)
        assert items[1:] == [Reply(())]

    def test_notifications_stand_between_blocks(self) -> None:
        assert feed(b"%session-changed $0 agents\n%exit\n") == [
            Notification("%session-changed", b"$0 agents"),
            Notification("%exit", b""),
        ]

    @given(st.lists(st.integers(min_value=1, max_value=40), max_size=30))
    def test_any_split_into_chunks_gives_the_same(self, sizes: list[int]) -> None:
        text = b"%begin 1 7 1\nalpha\n\nbeta \xe6\xbc\xa2\n%end 1 7 1\n%exit\n%begin 1 8 1\nno\n%error 1 8 1\n"
        chunks: list[bytes] = []
        rest = text
        for size in sizes:
            chunks.append(rest[:size])
            rest = rest[size:]
        assert feed(*chunks, rest) == feed(text)


class TestSending:
    @given(st.text())
    def test_a_quoted_argument_is_one_line_without_live_characters(self, text: str) -> None:
        quoted = quote(text)
        assert "\n" not in quoted
        assert quoted == text or (quoted[0] == quoted[-1] == '"' and "$" not in quoted and '"' not in quoted[1:-1])

    def test_plain_arguments_stay_readable(self) -> None:
        assert encode([("kill-pane", "-t", "%12")]) == b"kill-pane -t %12\n"

    def test_a_percent_sign_that_is_no_pane_is_quoted(self) -> None:
        assert quote("%5:off") == '"%5:off"'

    def test_an_empty_command_would_detach_the_client(self) -> None:
        with pytest.raises(ValueError, match="empty"):
            encode([()])

    def test_hashes_are_doubled_where_formats_are_expanded(self) -> None:
        assert escape_format("a#{pane_id}") == "a##{pane_id}"

    @pytest.mark.parametrize(("text", "expected"), [("a;", "a\\;"), ("a\\;", "a\\\\;"), (";", "\\;"), ("a;b", "a;b")])
    def test_a_trailing_semicolon_does_not_end_the_command_on_the_command_line(self, text: str, expected: str) -> None:
        assert process_argument(text) == expected
