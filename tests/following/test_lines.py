"""Lines come whole and with their offsets, however the file is read, and none fills the memory."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from eventstream.following.lines import Line, Lines

TEXT = st.binary(max_size=40).map(lambda text: text.replace(b"\n", b" ").replace(b"\0", b" "))


def fed(lines: Lines, content: bytes, cuts: list[int]) -> list[Line]:
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    chunks = [content[a:b] for a, b in pairwise(edges)]
    return [line for chunk in chunks for line in lines.feed(chunk)]


@given(texts=st.lists(TEXT), rest=TEXT, cuts=st.lists(st.integers(0, 5000)))
def test_each_line_is_told_once_with_its_offset_whatever_the_chunks(
    texts: list[bytes], rest: bytes, cuts: list[int]
) -> None:
    content = b"".join(text + b"\n" for text in texts) + rest
    lines = Lines()
    found = fed(lines, content, cuts)
    assert [line.content for line in found] == [text for text in texts if text.strip()]
    for at, line, cut in found:
        assert content[at : at + len(line) + 1] == line + b"\n"
        assert not cut
    assert lines.start == len(content) - len(rest)


@given(cuts=st.lists(st.integers(0, 5000)), length=st.integers(0, 40))
def test_of_a_line_that_is_too_long_the_beginning_is_told_and_the_next_ones_are_whole(
    cuts: list[int], length: int
) -> None:
    content = b"before\n" + b"x" * length + b"\nafter\n"
    found = fed(Lines(longest=20), content, cuts)
    long = [Line(7, b"x" * min(length, 20), length > 20)] if length else []
    assert found == [Line(0, b"before"), *long, Line(7 + length + 1, b"after")]


def test_a_line_that_never_ends_takes_no_more_than_its_bound() -> None:
    lines = Lines(longest=1000)
    for _ in range(1000):
        assert list(lines.feed(b"x" * 1000)) == []
    assert len(lines._unfinished) <= 1000


@given(cuts=st.lists(st.integers(0, 5000)))
def test_begun_within_a_line_its_rest_is_passed_over(cuts: list[int]) -> None:
    lines = Lines()
    lines.begin(100, whole=False)
    assert fed(lines, b"est of a line\nwhole\n", cuts) == [Line(114, b"whole")]


@given(cuts=st.lists(st.integers(0, 5000)), zeros=st.integers(0, 60))
def test_zeros_before_a_line_are_no_part_of_it(cuts: list[int], zeros: int) -> None:
    lines = Lines(longest=20)
    found = fed(lines, b"\0" * zeros + b"first\nsecond\n", cuts)
    assert found == [Line(zeros, b"first"), Line(zeros + 6, b"second")]
