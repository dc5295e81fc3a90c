"""What single conditions say of how their object stands, by type, status, reason and severity."""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.objects.health.records import Health, HealthState
from eventstream.objects.health.words import complains, meaning, of_type, parts, word_set

Entry = dict[str, Any]

SUMMARIES = (
    "Ready", "Succeeded", "Available", "Complete", "Completed", "Finished", "Healthy", "Reconciled",
    "Accepted", "Programmed", "Established", "Deployed", "Applied", "Installed", "Bound", "Valid",
)  # fmt: skip
"""Condition types that sum up how an object stands, the most telling first."""

WHOLE = frozenset(
    ("Ready", "Succeeded", "Available", "Complete", "Completed", "Finished", "Healthy")
)
"""Those of them that sum up its parts as well: of the others each may be one part among several."""

_ENDINGS = frozenset(("Complete", "Completed", "Finished"))
"""Types that say that something has ended, and leave to their reason whether it did well.

Source: https://kueue.sigs.k8s.io/docs/concepts/workload/ (Finished, of the reason Failed).
"""

_BY_NAME = word_set("err error errored errors exception fail failed failing failure failures")
"""Parts of a reason that speak of an error whatever the type is about."""

_TO_COME = word_set("launched scheduled started submitted")
"""Last parts of types that have to be so, though nothing is well yet when they are."""

_AT_REST = word_set("deactivated disabled inactive standby")
"""Parts of a reason by which a part of an object is not used: the object does not rest by that."""

VERDICTS = frozenset(
    ("Accepted", "Admitted", "Compliant", "NamesAccepted", "ResolvedRefs", "Valid", "Validated")
)
"""Condition types that judge what was asked: False is no, and not only not yet."""

_PAST = word_set("history old previous prior retries")
"""Parts of the names of fields that hold what was before: earlier tries, earlier revisions.

Source: https://tekton.dev/docs/pipelines/taskruns/#specifying-retries (status.retriesStatus).
"""

_DEEPEST, _MOST = 3, 200


class Condition(msgspec.Struct, frozen=True, gc=False):
    """One condition, what it says, where its list stands, and how telling it is (low is more)."""

    state: HealthState
    where: str
    entry: Entry
    rank: tuple[int, int]
    generation: Any = None

    @property
    def order(self) -> tuple[object, ...]:
        """By which the most telling one comes first; of what is wrong one that says why.

        Last comes what is said of an older generation, and what was said before it turned False.
        """
        failed, entry = self.state == "failed", self.entry
        unsure = failed and _status(entry) == "Unknown"
        past = _is_older(entry.get("observedGeneration"), self.generation) or _left_over(entry)
        return failed and not _text(entry, "message"), unsure or past, *self.rank

    def health(self) -> Health:
        """How the object stands by this condition."""
        type_, value = self.entry["type"], _status(self.entry, "set")
        name = f"condition {type_} is {value}"
        seen = self.entry.get("observedGeneration")
        if _is_older(seen, self.generation):
            # What it said then is not said of what is asked for now.
            by = f"condition {type_} is of generation {seen}, metadata.generation {self.generation}"
            return Health(self.state, by)
        by = name if self.where.count(".") < 2 else f"{name} ({self.where})"
        reason, message, since = (
            _text(self.entry, key) for key in ("reason", "message", "lastTransitionTime")
        )
        if _left_over(self.entry):
            reason = message = ""
        return Health(self.state, by, reason, message, since, condition=type_, value=value)


def conditions_of(status: Any, generation: Any) -> list[Condition]:
    """The conditions anywhere in a status that say something, of an object of this generation."""
    found = []
    for where, entry in _conditions(status, "status", 0):
        state = of_condition(entry, generation)
        if state != "unknown":
            type_ = entry["type"]
            place = SUMMARIES.index(type_) if type_ in SUMMARIES else len(SUMMARIES)
            rank = where.count("."), place
            found.append(Condition(state, where, entry, rank, generation))
    return found


def lacks_a_part(status: Any, generation: Any) -> Condition | None:
    """The first condition by which a part would be well and is not, of no other state than that.

    Of an object without a condition that sums it up each part counts: `HubAccepted` says little
    where `ConditionAvailable` is Unknown. None where all are well.
    """
    for where, entry in _conditions(status, "status", 0):
        if _is_lacking(entry):
            return Condition("unknown", where, entry, (0, 0), generation)
    return None


def of_the_whole(conditions: list[Condition]) -> list[Condition]:
    """The conditions without those of parts that are under way below one that says all is well.

    Two members are enough for a Cluster that is Ready, whatever a third does. What stands beside a
    part that is Ready is no part of that one.
    """
    well = [one for one in conditions if one.state == "complete" and one.entry["type"] in WHOLE]
    below = tuple({_holder(one.where) for one in well})
    return [
        one
        for one in conditions
        if one.state != "progressing" or not _holder(_holder(one.where)[:-1]).startswith(below)
    ]


def _holder(where: str) -> str:
    """What holds a list of conditions, or a part: its path, with the dot that parts it off."""
    return where[: where.rfind(".") + 1]


def _is_lacking(entry: Entry) -> bool:
    """Whether it says of a part that it is not well."""
    type_ = entry["type"]
    waits = _status(entry) == "Unknown" and meaning(_text(entry, "reason")) == "progressing"
    part = type_ not in SUMMARIES and (waits or of_type(type_) == "complete")
    return part and entry.get("severity") != "Info" and _status(entry) in _NOT_SO


def is_past(work: Health | None) -> bool:
    """Whether a stage is only marked as passed, as Rancher does: `Waiting` is True, and no more.

    Source: https://github.com/rancher/wrangler/blob/master/pkg/condition/condition.go (False and
    Unknown are what it marks as not passed).
    """
    return work is not None and work.condition in _STAGES and not (work.reason or work.message)


_STAGES = ("Pending", "Waiting")


def with_part(health: Health, status: Any, generation: Any) -> Health:
    """The same of what is not well as a whole, with what a part says that is not, either.

    `Some conditions are not met` says little beside the one that tells which.
    """
    if health.state != "progressing" or health.condition not in SUMMARIES:
        return health
    whole = _said(health.message, health.reason)
    for _, entry in _conditions(status, "status", 0):
        type_, said = entry["type"], _said(_text(entry, "message"), _text(entry, "reason"))
        if not said or said in whole or type_ == health.condition:
            continue
        if _is_older(entry.get("observedGeneration"), generation):
            continue
        still = type_ == "Progressing" and not health.message  # Why nobody is at work, it says.
        if still or _is_lacking(entry) or of_condition(entry) in ("failed", "progressing"):
            part = said if said.startswith(type_) else f"{type_}: {said}"
            told = f"{whole.rstrip('.')}; {part}" if whole else part
            return msgspec.structs.replace(health, message=told)
    return health


def _said(message: str, reason: str) -> str:
    """A condition's message; without one its reason where that is a text, as some write it."""
    return message or (reason if " " in reason else "")


_NOT_SO = ("False", "Unknown")


def _conditions(status: Any, path: str, depth: int) -> Iterator[tuple[str, Entry]]:
    if not isinstance(status, dict):
        return
    for name, item in status.items():
        if not _PAST.isdisjoint(parts(name)):
            continue
        where = f"{path}.{name}"
        if "ondition" in name and not isinstance(item, dict):
            yield from _listed(item, where)
        elif isinstance(item, list) and depth < _DEEPEST:
            for entry in item[:_MOST]:
                yield from _conditions(entry, where, depth + 1)
        elif isinstance(item, dict) and depth < _DEEPEST:
            yield from _conditions(item, where, depth + 1)


def _listed(item: Any, where: str) -> Iterator[tuple[str, Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in item[:_MOST] if isinstance(item, list) else ():
        if isinstance(entry, dict) and isinstance(entry.get("type"), str) and entry["type"]:
            found.setdefault(entry["type"], []).append(entry)
    for entries in found.values():
        yield where, newest(entries) if len(entries) > 1 else entries[0]


def newest(entries: list[Entry]) -> Entry:
    """Of conditions of one type the one that changed last, the later one where no time tells.

    A list that is a map by type has one of each. One that is not may have been appended to, or has
    one for each reason, of which the one that holds is True: it turns the others to False.
    """
    last, at = entries[0], _turned(entries[0])
    for entry in entries[1:]:
        if (turned := _turned(entry)) >= at:
            last, at = entry, turned
    return last


def _turned(entry: Entry) -> tuple[str, bool]:
    """When a condition changed; of two at one time the one that is True is the one that counts."""
    at = _text(entry, "lastTransitionTime")
    return at, bool(at) and _status(entry) == "True"


def of_condition(entry: Entry, generation: Any = None) -> HealthState:
    """What one condition says of how its object stands; "unknown" where it says nothing."""
    type_, status = entry["type"], _status(entry)
    says, summary, denied = of_type(type_), type_ in SUMMARIES, _denied(type_)
    seen, severity = entry.get("observedGeneration"), entry.get("severity")
    if _is_older(seen, generation):
        return "progressing" if summary else "unknown"
    if severity == "Info" and not summary:
        return "unknown"
    if status == "True":
        if says == "progressing" and denied:
            return _of_denied(entry)
        return _of_true(entry, says)
    if status == "Unknown":
        return _of_unknown(entry) if summary else "unknown"
    if status != "False":
        # Argo CD's Application has conditions without one: they are errors. Others write a word.
        word = meaning(status) if summary and "status" in entry else "unknown"
        return "failed" if says == "failed" else word
    if says in ("failed", "suspended") or (says == "progressing" and denied):
        return "unknown"
    return "failed" if severity == "Error" else _of_false(entry, says, summary)


def _left_over(entry: Entry) -> bool:
    """Whether it was turned to False and kept the words by which it was True.

    Source: https://github.com/grafana/loki/blob/main/operator/internal/status/conditions.go
    """
    words = (_text(entry, key) for key in ("reason", "message"))
    return _status(entry) == "False" and all(meaning(said) == "complete" for said in words)


def _is_older(seen: Any, generation: Any) -> bool:
    return isinstance(seen, int) and isinstance(generation, int) and seen < generation


def _of_true(entry: Entry, says: HealthState) -> HealthState:
    reason = _text(entry, "reason")
    if says == "progressing" and meaning(reason) == "complete":
        return "complete"
    if entry["type"] in _ENDINGS and meaning(reason) == "failed":
        return "failed"
    if (entry["type"], reason) == ("Running", "Running"):
        # An Ansible operator's reconciliation runs then; another's workload may be meant as well.
        # Source: https://sdk.operatorframework.io/docs/building-operators/ansible/reference/
        return "progressing" if meaning(_text(entry, "message")) == "progressing" else "unknown"
    return says


def _of_false(entry: Entry, says: HealthState, summary: bool) -> HealthState:
    """What it says by not being so.

    Whether that is good or bad is not known of a type of which no word is: only an error that its
    reason names counts. Source: https://github.com/kubernetes/community/blob/master/contributors/
    devel/sig-architecture/api-conventions.md#typical-status-properties (polarity).
    """
    if says == "unknown" and not (summary or entry["type"] in VERDICTS or _comes_about(entry)):
        return "failed" if _names_an_error(entry) else "unknown"
    state = _of_denied(entry)
    if state == "suspended" and not summary and not _AT_REST.isdisjoint(parts(entry["reason"])):
        return "unknown"
    if state == "progressing" and entry["type"] in VERDICTS:
        return "progressing" if meaning(_text(entry, "reason")) == "progressing" else "failed"
    if state == "failed" or (says != "progressing" and state == "suspended"):
        return state
    return "progressing" if summary else "unknown"


def _comes_about(entry: Entry) -> bool:
    return not _TO_COME.isdisjoint(parts(entry["type"])[-1:])


def _names_an_error(entry: Entry) -> bool:
    """Whether its reason is the name of an error, or its message begins with one."""
    reason, message = _text(entry, "reason"), _text(entry, "message")
    if parts(entry["type"])[-1:] and parts(entry["type"])[-1].endswith("able"):
        return False  # `Upgradeable` tells what would be possible, and need not be.
    by_reason = not _BY_NAME.isdisjoint(parts(reason)) and meaning(reason) == "failed"
    return by_reason or not _BY_NAME.isdisjoint(parts(message)[:1])


def _of_denied(entry: Entry) -> HealthState:
    """Of a condition that says that something is not so: why, if that is worse than not yet."""
    reason = _text(entry, "reason")
    why = meaning(reason)
    counts = entry["type"] in SUMMARIES or entry["type"] in VERDICTS
    if counts and why == "unknown" and reason.startswith("No") and reason[2:3].isupper():
        return "failed"
    if why in ("failed", "suspended"):
        return why
    return "failed" if complains(_text(entry, "message")) else "progressing"


def _of_unknown(entry: Entry) -> HealthState:
    reason = _text(entry, "reason")
    # What `HeartbeatStopped` names has stopped by itself, and not because somebody wants it to.
    if meaning(reason) == "suspended" and parts(reason)[1:][-1:] != ("stopped",):
        return "suspended"
    return "failed" if complains(reason) else "progressing"


def _denied(type_: str) -> bool:
    return parts(type_)[:1] in (("not",), ("partially",))


def _status(entry: Entry, absent: str = "") -> str:
    """Its status, as the API's conventions write it: some write `true`, or a flag."""
    said = str(entry.get("status", absent))
    return said.title() if said.lower() in ("true", "false", "unknown") else said


def _text(entry: Entry, name: str) -> str:
    found = entry.get(name)
    return found if isinstance(found, str) else ""
