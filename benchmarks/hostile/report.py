"""One line for each attack, in the same columns for all, so that two runs can be compared."""

COLUMNS = ("memory_mb", "longest_hold_ms", "lag_ms", "dropped")
"""What most attacks tell; anything else that one tells stands after these, by its name."""

NAME_WIDTH = 44
WIDTH = 17


def heading() -> None:
    """Print the columns' names."""
    columns = "".join(f"{column:>{WIDTH}}" for column in COLUMNS)
    print(f"{'attack':{NAME_WIDTH}}{columns}", flush=True)


def row(attack: str, **figures: float | int | str) -> None:
    """Print what one attack did, in one line: memory in MB, holds and lags in ms, what was dropped.

    A figure that is no column is told as name=value; `note` is plain text and comes last.
    """
    line = f"{attack:{NAME_WIDTH}}"
    line += "".join(f"{_told(figures.pop(column, '-')):>{WIDTH}}" for column in COLUMNS)
    note = figures.pop("note", "")
    rest = [f"{name}={_told(figure)}" for name, figure in figures.items()]
    print(line, *rest, note, sep="  ", flush=True)


def _told(figure: float | str) -> str:
    return figure if isinstance(figure, str) else f"{round(figure, 1):,}"
