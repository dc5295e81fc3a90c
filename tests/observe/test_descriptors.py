"""The limit of open files is raised, shared out, and named when it is met."""

import errno
import os
import resource

import pytest
from django.db import OperationalError

from eventstream import descriptors
from eventstream.recorder.problems import commit_problem


class Limits:
    """The system's limits, as `resource` has them."""

    def __init__(self, soft: int, hard: int, *, refuses: bool = False) -> None:
        self.now = soft, hard
        self.refuses = refuses

    def get(self, _: int) -> tuple[int, int]:
        return self.now

    def set(self, _: int, wanted: tuple[int, int]) -> None:
        if self.refuses:
            raise ValueError("current limit exceeds maximum limit")
        self.now = wanted


@pytest.fixture
def limits(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Limits:
    given: Limits = request.param
    monkeypatch.setattr(resource, "getrlimit", given.get)
    monkeypatch.setattr(resource, "setrlimit", given.set)
    return given


ANY = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("limits", "raised"),
    [
        (Limits(256, 4096), 4096),
        (Limits(1024, 1_048_576), descriptors.MOST),
        (Limits(1024, ANY), descriptors.MOST),
        (Limits(500_000, 1_048_576), 500_000),
        (Limits(ANY, ANY), descriptors.MOST),
        (Limits(256, 4096, refuses=True), 256),
    ],
    indirect=["limits"],
)
def test_the_limit_is_raised_as_far_as_it_goes_and_never_lowered(
    limits: Limits, raised: int
) -> None:
    before = limits.now
    assert descriptors.raise_limit() == raised
    assert limits.now[1] == before[1]
    assert limits.now[0] == ANY or limits.now[0] >= before[0]


@pytest.mark.parametrize(
    ("most", "watches"), [(20, 10), (256, 128), (1024, 512), (4096, 3328), (65_536, 64_768)]
)
def test_watches_leave_enough_to_all_else(most: int, watches: int) -> None:
    assert descriptors.for_watches(most) == watches


def test_an_error_may_name_it_itself_or_by_what_caused_it() -> None:
    full = OSError(errno.EMFILE, "Too many open files")
    wrapped = RuntimeError("cannot connect")
    wrapped.__cause__ = full
    assert descriptors.are_meant_by(full)
    assert descriptors.are_meant_by(wrapped)
    assert not descriptors.are_meant_by(OSError(errno.ENOENT, "no such file"))


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_a_database_that_can_not_be_opened_for_lack_of_files_is_no_defect(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(_: int) -> int:
        raise OSError(number, "Too many open files")

    monkeypatch.setattr(os, "dup", refused)
    problem = commit_problem(OperationalError("unable to open database file"), 7)
    assert "Too many open files" in problem.cause
    assert "ulimit -n" in problem.action


def test_a_database_that_can_not_be_opened_for_another_reason_is_not_told_so() -> None:
    problem = commit_problem(OperationalError("unable to open database file"), 7)
    assert "open files" not in problem.cause
