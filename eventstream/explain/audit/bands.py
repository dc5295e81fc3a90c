"""The best ways to pair two ordered sequences in order, without looking at all pairs.

Sets of columns are numbers, one bit for each. How many pairs there can be at most is found for all
columns of a row at once. It says how many rows and columns a best alignment leaves out, and so how
far it can go from the diagonal: only that band is looked at. With as many columns as rows, all of
which can be paired, that is the diagonal alone.
"""

from collections.abc import Callable, Iterator, Sequence

Worth = Callable[[int, int], int]
"""What a row and a column that fit are worth as a pair; one pair more beats all worths."""


def best_options(fitting: Sequence[int], worth: Worth, columns: int) -> dict[int, int]:
    """For each row that every best alignment pairs, the columns that any of them pairs it with."""
    rows = len(fitting)
    most = _most(fitting, columns)
    above, beside = rows - most, columns - most
    if not above and not beside:
        return {row: 1 << row for row in range(rows)}
    lines = [_line(row, fitting[row], worth, above, beside) for row in range(rows)]
    ahead = _best(lines)
    behind = _best([line[::-1] for line in lines[::-1]])[::-1]
    total = ahead[rows][beside]
    found: dict[int, int] = {}
    for row, line in enumerate(lines):
        before, after = ahead[row], behind[row + 1][::-1]
        if any(one + other == total for one, other in zip(before[1:], after, strict=False)):
            continue  # A best alignment does without it.
        paired = (one + each + other for one, each, other in zip(before, line, after, strict=True))
        found[row] = sum(
            1 << row - above + place
            for place, score in enumerate(paired)
            if score == total and line[place]
        )
    return found


def _most(fitting: Sequence[int], columns: int) -> int:
    """How many pairs an alignment can have: the longest common subsequence, a row at a time.

    The bits of `free` that are 0 are the columns where one column more makes one pair more.
    """
    every = free = (1 << columns) - 1
    for fit in fitting:
        used = free & fit
        free = ((free + used) | (free - used)) & every
    return columns - free.bit_count()


def _line(row: int, fit: int, worth: Worth, above: int, beside: int) -> list[int]:
    """What the pairs of a row are worth within the band, that is, from column `row - above` on."""
    line = [0] * (above + beside + 1)
    first = row - above
    for place in bits((fit >> first if first > 0 else fit << -first) & between(0, len(line))):
        line[place] = worth(row, first + place)
    return line


def _best(lines: list[list[int]]) -> list[list[int]]:
    """The best score of the first rows with the first columns, in the band.

    Place 0 of the table's line `n` stands for `n - above` columns: to leave a row out is a place
    to the left, to leave a column out one to the right.
    """
    table = [[0] * len(lines[0])]
    for line in lines:
        best, current = 0, list[int]()
        for without, score, pair in zip([*table[-1][1:], 0], table[-1], line, strict=True):
            best = max(best, without, score + pair if pair else 0)
            current.append(best)
        table.append(current)
    return table


def bits(number: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def between(first: int, last: int) -> int:
    """The bits from `first` on and before `last`."""
    return (1 << last) - (1 << first) if first < last else 0
