"""ARCHITECTURE's table of bounds says what the code has, row by row, and stays readable."""

import re
from pathlib import Path
from pkgutil import resolve_name

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
UNITS = {
    "": 1,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "ms": 0.001,
    "s": 1,
    "min": 60,
    "h": 3600,
    "days": 86_400,
}
BOUND = re.compile(r"`([\w.]+)\.(\w+)` ([\d.,]*\d)(?: ([A-Za-z]+))?")


def rows() -> list[list[str]]:
    """The cells of each row of the table."""
    (section,) = re.findall(r"^## Bounds\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def bounds(cell: str) -> list[tuple[str, str, float]]:
    """Each module, its constant, and what the cell says that it is."""
    return [
        (module, name, float(number.replace(",", "")) * UNITS[unit])
        for module, name, number, unit in BOUND.findall(cell)
    ]


def test_the_table_has_its_columns_and_each_row_all_of_them() -> None:
    head, rule, *rest = rows()
    assert head == ["what", "how much", "at it", "shown"]
    assert set("".join(rule)) == {"-"}
    assert rest
    assert [row for row in rest if len(row) != len(head) or not all(row)] == []


@pytest.mark.parametrize("row", rows()[2:], ids=lambda row: row[0])
def test_a_row_says_what_the_constant_is(row: list[str]) -> None:
    cell = row[1]
    told = bounds(cell)
    assert told, f"{cell}: name the constant, as `module.NAME` 256"
    assert BOUND.sub("", cell).strip(" ,") == "", f"{cell}: constants and numbers alone"
    for module, name, number in told:
        assert resolve_name(f"{module}.{name}") == pytest.approx(number), f"{module}.{name}"


def test_a_number_is_read_with_its_unit() -> None:
    assert bounds("`a.b.C` 64 MiB, `a.D` 1,024, `e.F` 5 ms") == [
        ("a.b", "C", 64 * 2**20),
        ("a", "D", 1024),
        ("e", "F", 0.005),
    ]


def test_the_page_can_be_read_at_once() -> None:
    lines = TEXT.splitlines()
    assert len(lines) < 150
    table = [line for line in lines if line.startswith("|") and BOUND.search(line)]
    assert [line for line in table if len(line) >= 200] == []
