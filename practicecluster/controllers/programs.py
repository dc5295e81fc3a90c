"""Programs that run in a container for real, in as far as all that they do is ask the API."""

from collections.abc import Callable, Generator

from practicecluster.controllers.cells import Cell
from practicecluster.controllers.fares import Program

Run = Generator[float, None, int | None]


def run(program: Program, api: object, cell: Cell, lives: Callable[[], bool]) -> Run:
    """Run a container's program until it ends, and return its exit code.

    Returns None where the container was ended from outside, after which `lives` is false.
    """
    cell.said = []
    work = program(api, cell.spec, cell.said.append)
    while True:
        try:
            pause = next(work)
        except StopIteration as end:
            return int(end.value)
        yield pause
        if not lives():
            return None
