"""What is given to an index of words: each run of letters and digits, and nothing between."""

from hypothesis import given
from hypothesis import strategies as st

from eventstream.searching import texts
from eventstream.searching.texts import WORD_MOST, indexable, words


@given(st.text())
def test_words_are_the_letters_and_digits_between_all_else(text: str) -> None:
    apart = "".join(each if each.isalnum() else " " for each in text)
    assert words(text) == apart.split()


@given(st.text(), st.text(alphabet="ab1", min_size=WORD_MOST + 1))
def test_of_a_long_word_its_beginning_is_indexed(text: str, word: str) -> None:
    assert indexable(f"{text} {word}").split()[-1] == word[:WORD_MOST]


def test_only_so_many_characters_are_remembered() -> None:
    every = "".join(map(chr, range(0x20000)))
    assert len(words(every)) > 1
    assert len(texts._APART) <= texts._APART_MOST
    assert words("web-\N{RIGHTWARDS ARROW}\N{CJK UNIFIED IDEOGRAPH-4E00}") == ["web", "\u4e00"]
