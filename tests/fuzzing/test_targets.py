"""Whatever a cluster, a file or a page sends is taken or refused in words, and defeats nothing.

A few hundred inputs here; `scripts/fuzz.py` goes on for as long as somebody lets it.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzzing.targets import TARGETS, seeds

FOUND = sorted((Path(__file__).parent / "found").glob("*.bin"))
SOME = settings(max_examples=40, deadline=None, derandomize=True, database=None)


def target_of(found: Path) -> str:
    return next(name for name in TARGETS if found.name.startswith(f"{name}-"))


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.stem)
def test_what_once_defeated_a_target_does_so_no_more(found: Path) -> None:
    TARGETS[target_of(found)](found.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_odd_data_of_every_kind_is_taken(name: str) -> None:
    for seed in seeds(name):
        TARGETS[name](seed)


@pytest.mark.parametrize("name", TARGETS)
@SOME
@given(data=st.binary(max_size=400))
def test_any_bytes_are_taken(name: str, data: bytes) -> None:
    TARGETS[name](data)
