"""Two stories side by side: which writes and Events both have, and what differs."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from tests.fidelity.stories import Story, Write

Entry = tuple[str, frozenset[str]]
Both = tuple[list[Entry], list[Entry], list[Entry]]
KINDS = ("write", "Event", "order")
EXPLAINED = (
    (
        re.compile(r"spec\.volumes\[\d+\]\.projected\.sources\[3\]"),
        "OpenShift's build gives each Pod its own certificate authority beside Kubernetes'",
    ),
    (
        re.compile(r"jobset\.sigs\.k8s\.io/priority"),
        "JobSet's own webhook adds it to Pods, and its program is not here",
    ),
    (
        re.compile(r"spec\.containers\[deployment\]\.env\[2\]"),
        "that cluster's API server had a port of its own, which its deployers were told",
    ),
    (
        re.compile(r"failed to sync configmap cache: timed out"),
        "that node's kubelet, just started, was late with what it watches",
    ),
    (
        re.compile(r"status\.resources\.limits\.memory"),
        "that node's kernel tells of no limit by the largest number there is",
    ),
)
"""Fields of the recordings that come of how that cluster was built, and why."""


@dataclass
class Result:
    """How much of two stories is the same; `differences` say what is not."""

    name: str
    both: int = 0
    real: int = 0
    ours: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def score(self) -> float:
        """The share of all entries of both stories that the other one has too."""
        return 2 * self.both / max(self.real + self.ours, 1)


def compare(name: str, real: Story, ours: Story, given: frozenset[str] = frozenset()) -> Result:
    """Return how alike two stories are, but for the writes of actors whose writes were given."""
    for story in (real, ours):
        for write in story.writes:
            if write.actor in given:
                write.changed = frozenset()
    result = Result(name, differences=[f"refused here: {each}" for each in ours.refused])
    for mine, theirs in _paired(real, ours):
        at = _about(real, mine) if mine else _about(ours, theirs)
        _aligned(result, at, _entries(real, mine), _entries(ours, theirs))
    for at, (left, right) in _grouped(real, ours).items():
        # Which one of several like Pods goes first is nobody's to say, so they count together.
        _aligned(result, at, ([], [], _causes(real, left)), ([], [], _causes(ours, right)))
    return result


def _causes(story: Story, uids: list[str]) -> list[Entry]:
    """Return which of its owner's versions each making, change and deletion of objects answers.

    A version is a new desired state: the owner's creation, each change that counts as a generation,
    and its deletion. What a kubelet does answers the Pod itself.
    """
    found = []
    for write in story.writes:
        owner = story.things[write.uid].owner
        known = write.uid in uids and owner in story.things and _kept(write)
        if not known or write.sub or write.actor == "kubelet":
            continue
        earlier = [w for w in story.writes[: write.number] if w.uid == owner and _desires(w)]
        about = f"{story.things[owner].kind}'s change {len(earlier)}"
        found.append((f"{write.label} answers {about}", frozenset[str]()))
    return found


def _desires(write: Write) -> bool:
    told = {"metadata.generation", "+metadata.deletionTimestamp", "gone"}
    return (write.verb == "create" and not write.sub) or not told.isdisjoint(write.changed)


def _about(story: Story, uid: str) -> str:
    return f"{story.things[uid].kind} {story.alias(uid)}"


def _grouped(real: Story, ours: Story) -> dict[str, tuple[list[str], list[str]]]:
    """Return the objects of both stories by what they are, but for names that were made up."""
    groups: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for side, story in enumerate((real, ours)):
        lives = {w.uid for w in story.writes} | {t.uid for t in story.told}
        for uid in story.things:
            if uid in lives and story.things[uid].kind in real.kinds:
                groups[_about(story, uid)][side].append(uid)
    return groups


def _paired(real: Story, ours: Story) -> Iterator[tuple[str, str]]:
    """Yield which object of one story is which of the other; "" where it has none."""
    for theirs, mine in _grouped(real, ours).values():
        yield from _matched(
            theirs, mine, lambda a, b: _likeness(_entries(real, a), _entries(ours, b))
        )


def _matched(
    left: list[str], right: list[str], likeness: Callable[[str, str], float]
) -> Iterator[tuple[str, str]]:
    ranked = sorted(
        ((likeness(a, b), -i, -j, a, b) for i, a in enumerate(left) for j, b in enumerate(right)),
        reverse=True,
    )
    # One story may be compared with itself, so each side has its own.
    taken, given = set[str](), set[str]()
    for _, _, _, a, b in ranked:
        if a not in taken and b not in given:
            taken.add(a)
            given.add(b)
            yield a, b
    yield from ((a, "") for a in left if a not in taken)
    yield from (("", b) for b in right if b not in given)


def _entries(story: Story, uid: str) -> Both:
    """Return an object's writes and its Events; the same thing again and again is one."""
    if not uid:
        return [], [], []
    writes = [(w.label, kept) for w in story.writes if w.uid == uid and (kept := _kept(w))]
    names = story.names()
    told = [
        (label, frozenset[str]())
        for t in story.told
        if t.uid == uid and not any(p.search(label := t.label(names)) for p, _ in EXPLAINED)
    ]
    return _once(writes), told, []


def _kept(write: Write) -> frozenset[str]:
    return frozenset(c for c in write.changed if not any(p.search(c) for p, _ in EXPLAINED))


def _once(entries: Sequence[Entry]) -> list[Entry]:
    found: list[Entry] = []
    for entry in entries:
        if not found or found[-1] != entry:
            found.append(entry)
    return found


def _likeness(left: Both, right: Both) -> float:
    return sum(
        SequenceMatcher(None, a, b, autojunk=False).ratio() * (len(a) + len(b) + 1)
        for a, b in zip(left, right, strict=True)
    )


def _aligned(result: Result, at: str, left: Both, right: Both) -> None:
    for what, a, b in zip(KINDS, left, right, strict=True):
        result.real += len(a)
        result.ours += len(b)
        for op, i1, i2, j1, j2 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if op == "equal":
                result.both += i2 - i1
            else:
                result.differences += _differing(f"{at}: {what}", a[i1:i2], b[j1:j2])


def _differing(at: str, real: list[Entry], ours: list[Entry]) -> Iterator[str]:
    """Yield what differs, those of a kind beside each other."""
    ours = list(ours)
    for label, fields in real:
        other = next((entry for entry in ours if entry[0] == label), None)
        if other is None:
            yield f"{at} only in the recording: {_said(label, fields)}"
            continue
        ours.remove(other)
        lacks, more = sorted(fields - other[1]), sorted(other[1] - fields)
        yield f"{at} {label} differs: real only {lacks[:12]}, ours only {more[:12]}"
    for label, fields in ours:
        yield f"{at} only here: {_said(label, fields)}"


def _said(label: str, fields: frozenset[str]) -> str:
    return f"{label} {sorted(fields)[:8]}" if fields else label
