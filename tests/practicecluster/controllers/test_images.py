"""What a container does is told by its command, or by its image's name, as the page says."""

import math
from pathlib import Path

import pytest

from practicecluster.controllers.fares import Fare
from practicecluster.controllers.images import NAMED, NamedFares, commanded, word_of

PAGE = Path(__file__).parents[3] / "docs/practice.md"


@pytest.mark.parametrize(
    ("image", "word"),
    [
        ("bad/nginx", "missing"),
        ("bitnami/does-not-exist:9", "missing"),
        ("nginx:typo", "missing"),
        ("crasher:1", "crash"),
        ("shop/crashing@sha256:00", "crash"),
        ("done/once", "done"),
        ("busybox", "shell"),
        ("docker.io/library/busybox:1.36", "shell"),
        ("bitnami/nginx:latest", ""),
    ],
)
def test_a_word_in_an_image_s_name_says_how_it_behaves(image: str, word: str) -> None:
    assert word_of(image) == word


@pytest.mark.parametrize("word", sorted(NAMED))
def test_each_word_changes_something_and_is_on_the_page(word: str) -> None:
    assert NamedFares().of({"image": f"shop/{word}:1"}) != NamedFares().of({"image": "shop/web:1"})
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{word}`"))
    assert NAMED[word] in row


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["sleep", "20"], (20.0, 0)),
        (["/bin/sh", "-c", "sleep 5; exit 3"], (5.0, 3)),
        (["sh", "-c", "echo hello && sleep 2"], (2.1, 0)),
        (["false"], (0.1, 1)),
        (["date"], (0.1, 0)),
        (["sleep", "5m"], (300.0, 0)),
        (["sh", "-c", "sleep 1h 30s"], (3630.0, 0)),
        (["sleep", "infinity"], None),
        (["sh", "-c", "sleep $SECONDS"], None),
        (["nginx", "-g", "daemon off;"], None),
        (["sh", "-c", "while true; do date; done"], None),
        (["sh", "-c", "echo 'unclosed"], None),
        ([], None),
    ],
)
def test_a_command_ends_when_it_would(words: list[str], ends: tuple[float, int] | None) -> None:
    assert commanded(words) == ends


def test_a_command_counts_more_than_a_name() -> None:
    container = {"image": "busybox", "command": ["sleep"], "args": ["60"]}
    assert NamedFares().of(container) == Fare(pull=0.8, ends=60.0, exits=0, stops=math.inf)
