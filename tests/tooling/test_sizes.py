"""The size check finds what is too long, and only that."""

from pathlib import Path

from scripts.check_sizes import MAX_FILE_LINES, MAX_FUNCTION_LINES, complaints


def function(lines: int) -> str:
    return "def long() -> None:\n" + "    pass\n" * (lines - 1)


def test_a_function_and_a_file_at_the_limit_pass(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text(function(MAX_FUNCTION_LINES) + "\n" * (MAX_FILE_LINES - MAX_FUNCTION_LINES))
    assert list(complaints(path)) == []


def test_a_longer_function_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("\n" + function(MAX_FUNCTION_LINES + 1))
    (complaint,) = complaints(path)
    assert complaint.startswith(f"{path}:2: long has {MAX_FUNCTION_LINES + 1} lines")


def test_a_longer_file_is_named_whatever_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "page.css"
    path.write_text("\n" * (MAX_FILE_LINES + 1))
    (complaint,) = complaints(path)
    assert complaint.startswith(f"{path}: {MAX_FILE_LINES + 1} lines")
