"""Sharing saves memory, and never takes more of it than a bound."""

import pytest

from eventstream.objects import parts, sharing
from eventstream.objects.sharing import Shared, Words
from tests.objects.recorded import POD, decoder, text, thing


def test_equal_values_become_one() -> None:
    shared = Shared[tuple[str, ...]]()
    one = ("a", "b")
    equal = (one[0], *one[1:])
    assert one is not equal
    assert shared[one] is shared[equal] is one


def test_a_new_value_is_prepared_before_it_is_kept() -> None:
    seen: list[str] = []
    shared = Shared[str](seen.append)
    assert [shared[value] for value in ("a", "b", "a")] == ["a", "b", "a"]
    assert seen == ["a", "b"]


def test_pods_of_different_specs_share_their_words() -> None:
    read = decoder()
    one, other = (
        read.image(POD, text(thing(spec={"nodeName": "node-1", "priority": number}))).spec
        for number in (1, 2)
    )
    assert one is not other
    assert one.node_name is other.node_name


def test_an_empty_or_absent_word_stays_as_it_is() -> None:
    image = decoder().image(POD, text(thing(status={"conditions": [{"type": "Ready"}]})))
    (condition,) = image.status.conditions
    Words().share(condition, ("status", "reason"))
    assert (condition.type, condition.status, condition.reason) == ("Ready", "", None)


def test_no_more_than_the_bound_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_KEPT", 10)
    shared = Shared[int]()
    for number in range(95):
        assert shared[number] == number
        assert len(shared) <= 10


def test_no_more_specs_than_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_SPECS_KEPT", 10)
    read = decoder()
    for number in range(35):
        image = read.image(POD, text(thing(spec={"nodeName": str(number)})))
        assert image.spec.node_name == str(number)
        assert len(read._parts._specs) <= 10


def test_no_more_texts_of_specs_than_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_TEXTS_KEPT", 10)
    read = decoder()
    for number in range(35):
        for _ in range(2):
            image = read.image(POD, text(thing(spec={"nodeName": str(number)})))
            assert image.spec.node_name == str(number)
        assert len(read._parts._latest) <= 10


@pytest.mark.parametrize("longest", [0, 8192])
def test_an_unchanged_spec_is_one_struct_with_one_digest(
    longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_LONGEST_TEXT_KEPT", longest)
    read = decoder()
    pods = [thing(spec={"nodeName": name}) for name in ("n", "n", "m")]
    one, same, other = (read.image(POD, text(pod)).spec for pod in pods)
    assert one is same
    assert one.digest != other.digest
    assert one.digest == decoder().image(POD, text(pods[0])).spec.digest
