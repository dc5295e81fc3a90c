"""resourceVersions are ordered as numbers of any length, and only those that are numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.objects.versions import is_comparable, is_newer, is_resumable, order_of


@given(st.integers(1, 10**60))
def test_a_number_of_any_length_has_its_place(number: int) -> None:
    assert order_of(str(number)) == number
    assert is_comparable(str(number))


@pytest.mark.parametrize(
    "version", ["", "0", "01", "-1", "+1", "1.0", "1 ", "a", "\u0661", "\u00b2", "1e3"]
)
def test_what_is_no_number_of_the_api_has_none(version: str) -> None:
    assert order_of(version) is None
    assert is_newer(version, "1") is None
    assert is_newer("1", version) is None


def test_a_number_too_long_to_be_one_has_none() -> None:
    assert order_of("9" * 4000) == 10**4000 - 1
    assert order_of("9" * 5000) is None


@given(st.integers(1, 10**40), st.integers(1, 10**40))
def test_newer_means_the_higher_number(one: int, other: int) -> None:
    assert is_newer(str(one), str(other)) is (one > other)


@pytest.mark.parametrize(("version", "resumable"), [("", False), ("0", False), ("1", True)])
def test_nothing_and_zero_name_no_place_to_resume(version: str, resumable: bool) -> None:
    assert is_resumable(version) is resumable
