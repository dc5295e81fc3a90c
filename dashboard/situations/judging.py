"""Compares what somebody says of a situation with what Baton says, and tells why from its evidence.

Pure: what Baton says is a trace and its steps.
"""

from collections.abc import Sequence

import msgspec

from dashboard import actors
from dashboard.situations.declared import Situation
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.records import Step, Trace

NOBODY, NOTHING = "nobody", "nothing"
"""What is said where nobody has to move, and where nothing is wrong."""

HOLDERS = (
    "client",
    "scheduler",
    "kubelet",
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "cronjob-controller",
    "horizontal-pod-autoscaler",
    "persistentvolume-controller",
    "attachdetach-controller",
    "namespace-controller",
    "custom-controller",
    "unknown",
    NOBODY,
)
"""Who may be said to hold the baton: the same for each situation, so that the list tells none."""


class Answer(msgspec.Struct, frozen=True):
    """What somebody says: a holder, and the code of a diagnosis."""

    holder: str
    diagnosis: str


class Part(msgspec.Struct, frozen=True):
    """One of the two questions: what was said, what Baton says, and why these differ."""

    right: bool
    said: str
    baton: str
    why: str = ""
    step: Step | None = None
    """The step that `why` rests on, where it is one."""


class Verdict(msgspec.Struct, frozen=True):
    """The comparison; `decided` is False where Baton has not made up its mind yet."""

    decided: bool
    holder: Part
    diagnosis: Part

    @property
    def right(self) -> bool:
        """Whether both were said as Baton says them."""
        return self.holder.right and self.diagnosis.right


def judged(
    about: Situation, answer: Answer, trace: Trace, steps: Sequence[Step], played: float
) -> Verdict:
    """Return how an answer compares with what Baton says of a trace, whose steps are in order.

    `played` is how many seconds the situation has been played.
    """
    return Verdict(
        decided(about, trace, played),
        _holder(answer.holder, trace, steps),
        _diagnosis(answer, trace),
    )


def decided(about: Situation, trace: Trace, played: float) -> bool:
    """Return whether Baton has made up its mind: what goes well may only not have begun to fail."""
    settled = trace.state == "stalled" or played >= about.minutes * 60
    return trace.state in about.states and settled


def holder_words(actor: str) -> str:
    """Return what an actor is called as a choice."""
    return _WORDS.get(actor) or actors.label(actor)


_WORDS = {
    "client": "a person or program outside: somebody has to change something",
    "custom-controller": "an operator, or another controller that is not Kubernetes' own",
    "unknown": "somebody, but it can't be known who",
    NOBODY: "nobody: nothing more has to happen",
}


def diagnosis_words(code: str) -> str:
    """Return what a diagnosis is called as a choice."""
    if code == NOTHING:
        return "nothing is wrong so far"
    return f"{code}: {DIAGNOSES[code].title}" if code in DIAGNOSES else code


def _holder(said: str, trace: Trace, steps: Sequence[Step]) -> Part:
    holder = trace.holder or NOBODY
    baton = _WORDS.get(holder) or actors.named(holder, trace.holder_name)
    words = holder_words(said)
    if said == holder or said in trace.holders:
        return Part(True, words, baton)
    if said == NOBODY:
        return Part(False, words, baton, "Something is still to come.")
    last = next((step for step in reversed(steps) if step.actor == said), None)
    who = _WRITERS.get(said) or f"the {actors.label(said)}"
    if last is None:
        why = f"Baton waits for no write by {who}, and saw none in this trace."
        return Part(False, words, baton, why)
    why = f"Baton waits for no further write by {who}. The last that it saw:"
    return Part(False, words, baton, why, last)


_WRITERS = {"client": "a client", "custom-controller": "an operator", "unknown": "somebody unknown"}


def _diagnosis(answer: Answer, trace: Trace) -> Part:
    said, found = answer.diagnosis, trace.diagnosis or NOTHING
    words, baton = diagnosis_words(said), diagnosis_words(found)
    if said == found:
        return Part(True, words, baton)
    would = f"It would mean: {DIAGNOSES[said].meaning}" if said in DIAGNOSES else ""
    is_ = f"What Baton found means: {DIAGNOSES[found].meaning}" if found in DIAGNOSES else ""
    return Part(False, words, baton, " ".join(filter(None, (would, is_))))
