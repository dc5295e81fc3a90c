"""How an answer ends the command, for scripts: one table, which help and README show too."""

from enum import IntEnum

from eventstream.explain.vocabulary.records import Trace


class Exit(IntEnum):
    """The exit status of `why`; 1 and 2 are Python's own, of a defect and of wrong usage."""

    COMPLETE = 0
    FAILED = 3
    STALLED = 4
    UNKNOWN = 5
    RUNNING = 6
    NOT_FOUND = 7
    CANNOT_ASK = 8


MEANINGS = {
    Exit.COMPLETE: "complete: nothing is due",
    Exit.FAILED: "failed: Kubernetes itself has given up (a failed Job or Pod, a deadline)",
    Exit.STALLED: "stalled: it stands still until somebody acts",
    Exit.UNKNOWN: "unknown: nobody can say whether it is done",
    Exit.RUNNING: "running: under way, or still so when --timeout was over",
    Exit.NOT_FOUND: "not found: there is no such object, or no such type",
    Exit.CANNOT_ASK: "cannot ask: no answer, or not allowed to",
}

_GIVEN_UP = frozenset({"job-failed", "deadline-exceeded"})
"""Diagnoses that say that a controller has given up, by a condition of the object's own."""

_STATES = {
    "complete": Exit.COMPLETE,
    "running": Exit.RUNNING,
    "stalled": Exit.STALLED,
    "unknown": Exit.UNKNOWN,
    # Nobody asks for it any more: what was asked for instead has not been judged yet.
    "superseded": Exit.UNKNOWN,
}


def of(trace: Trace) -> Exit:
    """Return how an object stands by its trace."""
    if trace.state == "stalled":
        alone = trace.diagnosis == "pod-failed" and trace.root.kind == "Pod"
        if alone or trace.diagnosis in _GIVEN_UP:
            return Exit.FAILED
    return _STATES[trace.state]
