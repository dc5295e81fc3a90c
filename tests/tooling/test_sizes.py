"""The size check finds what is too long, and only that."""

from pathlib import Path

import pytest

from scripts.check_sizes import (
    MAX_FILE_LINES,
    MAX_FUNCTION_LINES,
    MAX_TEMPLATE_COLUMNS,
    complaints,
)


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


def template(tmp_path: Path, line: str) -> list[str]:
    """What is complained of where `line` is the second of a template."""
    path = tmp_path / "page.html"
    path.write_text(f"<p>\n{line}\n")
    return [complaint.removeprefix(f"{path}:2: ") for complaint in complaints(path)]


def test_a_template_line_at_the_limit_passes_and_a_longer_one_does_not(tmp_path: Path) -> None:
    assert template(tmp_path, "x" * MAX_TEMPLATE_COLUMNS) == []
    (complaint,) = template(tmp_path, "x" * (MAX_TEMPLATE_COLUMNS + 1))
    assert complaint.startswith(f"{MAX_TEMPLATE_COLUMNS + 1} columns")


@pytest.mark.parametrize(
    "line",
    [
        "<tr><td>{{ count }}</td>",
        "<ul>{% for each in all %}<li>{{ each }}</li>{% endfor %}</ul>",
        "<p>one</p> <p>two</p>",
        "<b>{{ count }}</b><i>{{ unit }}</i>",
        "<b>{{ count }}</b>{% if unit %}<i>{{ unit }}</i>{% endif %}",
        '<circle r="8"/><path d="M0 0"/>',
        '<input type="hidden" value="{{ token }}"><button>Close</button>',
    ],
)
def test_elements_beside_or_within_each_other_each_begin_a_line(tmp_path: Path, line: str) -> None:
    (complaint,) = template(tmp_path, line)
    assert complaint.startswith("more than one element begins here")


@pytest.mark.parametrize(
    "line",
    [
        "<dt><kbd>J</kbd> <kbd>K</kbd> or <kbd>↓</kbd></dt>",
        "<p>since <time>{{ at }}</time>, by <b>{{ who }}</b></p>",
        '<td class="{% if a < b %}x{% endif %}"><a href="{% url "now" %}"><bdi>{{ c }}</bdi></a>',
    ],
)
def test_elements_of_a_sentence_may_share_a_line(tmp_path: Path, line: str) -> None:
    assert template(tmp_path, line) == []
