"""resourceVersions sort as numbers of any length."""

from hypothesis import example, given
from hypothesis import strategies as st

from eventstream.packing.order import key_after, version_key, version_of

versions = st.one_of(
    st.integers(min_value=0, max_value=10**60), st.integers(min_value=0, max_value=10**999)
)


@given(versions, versions)
@example(9, 10)
@example(2**64 - 1, 2**64)
@example(2**64, 10**20)
def test_keys_sort_like_the_numbers(one: int, other: int) -> None:
    assert (version_key(str(one)) < version_key(str(other))) == (one < other)


@given(versions, st.floats(min_value=0, max_value=1e10), st.floats(min_value=0, max_value=1e10))
def test_what_has_no_version_stands_behind_the_one_before_it(
    version: int, at: float, later: float
) -> None:
    before, after = version_key(str(version)), version_key(str(version + 1))
    assert before < key_after(before, at) < after
    assert key_after(key_after(before, later), at) == key_after(before, at)
    assert version_of(key_after(before, at)) == version_of(before) == str(version)
    if later > at + 1e-5:
        assert key_after(before, at) < key_after(before, later)


def test_what_is_older_than_every_version_stands_first() -> None:
    assert key_after(b"", 1.0) < key_after(b"", 1e10) < version_key("1")


def test_leading_zeros_do_not_matter_and_other_text_has_no_key() -> None:
    assert version_key("0012") == version_key("12")
    assert [version_key(text) for text in ("", "abc", "-1", "1.5", "²")] == [b""] * 5
