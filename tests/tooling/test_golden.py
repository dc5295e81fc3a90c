"""The golden fixture itself: it must fail on a difference, or no golden test could."""

from pathlib import Path

import pytest

from tests.conftest import Golden


def test_the_same_text_passes(golden: Golden, tmp_path: Path) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("a\nb\n")
    golden(kept, "a\nb\n")


@pytest.mark.parametrize("text", ["a\nc\n", "a\nb", ""])
def test_any_other_text_fails(golden: Golden, tmp_path: Path, text: str) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("a\nb\n")
    with pytest.raises(pytest.fail.Exception, match="If this is right: pytest --regenerate"):
        golden(kept, text)


def test_a_missing_file_fails(golden: Golden, tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"\+a"):
        golden(tmp_path / "missing.txt", "a\n")
