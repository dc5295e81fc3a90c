"""How an object stands by the conventions that operators share, for kinds that nobody declared.

They are asked in this order, and the first that says something counts: the controller has not
seen the newest generation (of what is to rest it need not see any); a condition by which something
is wrong; what the object asks to rest (`suspend`, `paused`); an error that stands in the status;
conditions of work under way; a phase, state or health in words; a condition that all is well;
numbers of replicas.

Sources: https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md
(observedGeneration, Reconciling, Stalled, Ready); https://github.com/knative/specs/blob/main/specs/
knative-api-specification-1.0.md#error-signalling (Succeeded; Unknown while it runs; severity);
https://docs.crossplane.io/latest/concepts/managed-resources/#conditions (Synced beside Ready);
https://cluster-api.sigs.k8s.io/developer/architecture/controllers/conditions (severity);
https://github.com/openshift/api/blob/master/config/v1/types_cluster_operator.go (Available,
Progressing, Degraded); https://gateway-api.sigs.k8s.io/geps/gep-1364/ (conditions of each parent).
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from eventstream.objects.health.conditions import (
    SUMMARIES,
    WHOLE,
    Condition,
    conditions_of,
    is_past,
    lacks_a_part,
    of_the_whole,
    with_part,
)
from eventstream.objects.health.errors import error_in, message_in, text
from eventstream.objects.health.records import Health, HealthState
from eventstream.objects.health.words import (
    complains,
    is_task,
    meaning,
    parts,
    tells_of_progress,
    without_none,
    word_set,
    works,
)

Entry = dict[str, Any]

_DEEPEST = 3
_NAMES = frozenset(("phase", "state", "status", "health", "result", "verdict"))
"""Last parts of the names of fields that hold a word on how the object stands."""
_FLAGS = frozenset(("ready", "readyToUse", "available", "healthy", "succeeded", "initialized"))
_REST_FLAGS = frozenset(("paused", "suspended"))
_AS_TEXT = {"true": True, "True": True, "false": False, "False": False}
"""Flags as those write them whose status holds texts only."""
_LAST = word_set("last latest")
_OTHER_TIMES = word_set("desired expected initial next old previous prior requested target wanted")
"""First parts of the names of fields that hold a word on another time than now."""
_REST_MARKS = frozenset(("paused", "pause", "pause-reconciliation", "suspended", "suspend"))
"""Last parts of annotations by which one is asked to rest."""
_RESTS = ("suspend", "suspended", "paused", "pause")
_WORST_FIRST: tuple[HealthState, ...] = ("failed", "suspended", "progressing", "complete")
_ENDS = frozenset(("Succeeded", "Complete", "Completed", "Finished"))
"""Conditions of what ends."""
_OVER = word_set("complete completed done finished succeed succeeded success successful")
"""Words by which what ends says that it has."""
_ENDED_BADLY = frozenset((("Succeeded", "False"), ("Failed", "True")))
_BEGUN = word_set(
    "accepted admitted created initialized launched registered resolved running scheduled started "
    "submitted"
)
"""Last parts of the conditions by which it says how far it has come: it has not ended by them."""
_FIRST = _BEGUN - word_set("accepted admitted resolved running")
"""Those of them by which nothing is well yet, of what does not end either."""
_FAILS = word_set("failed error errored aborted cancelled canceled timeout")
"""Last parts of the words by which it says that it has ended, and not as it should."""
_STARTS = word_set("resolving pending queued new scheduling creating initializing validating")
"""Words by which it says that it has not begun: that takes no such time."""


def by_convention(found: Entry, *, newest: bool = True) -> Health | None:
    """What `found`, a custom resource as JSON, says of itself; None where it has no status.

    Without a status it says something only where it is to rest.

    Never fails on a value of any shape. Messages are as they stand: not redacted. Without `newest`
    what it says counts also where that is of an older generation.
    """
    status, spec, metadata = found.get("status"), found.get("spec"), found.get("metadata")
    resting = rests(spec, metadata)
    task = is_task(found.get("kind"))
    if isinstance(status, str):
        status = {"status": status}
    if not isinstance(status, dict) or not status:
        # Of what is to rest its controller need say nothing.
        return resting and msgspec.structs.replace(resting, bare=True)
    generation = metadata.get("generation") if isinstance(metadata, dict) else None
    words = _by_words(status, "status", task, _DEEPEST)
    conditions = of_the_whole(_of_now(conditions_of(status, generation), status))
    if task and words is not None:
        conditions = [condition for condition in conditions if not _is_aside(condition, words)]
    begun = [condition for condition in conditions if _has_begun(condition, task=task)]
    said = _by_state([condition for condition in conditions if condition not in begun])
    whole = "complete" in said and said["complete"].condition in WHOLE
    lacks = None if whole else lacks_a_part(status, generation)
    if whole and is_past(said.get("progressing")):
        del said["progressing"]
    health = (
        (unseen(status, generation) if newest and resting is None else None)
        or said.get("failed")
        or resting
        or said.get("suspended")
        or error_in(status)
        or _at_rest(said.get("progressing"), words, spec)
        or said.get("progressing")
        or (None if whole else _short_of(words, _by_numbers(status, spec)))
        or _unless(lacks, words)
        or _unless(lacks, said.get("complete"))
        or _unless(lacks, _by_words(status, "status", task))
        or _so_far(begun if task else [])
        or _unless(lacks, _by_numbers(status, spec))
        or (lacks.health() if lacks is not None else None)
        or _unread(status)
    )
    if health.state == "failed" and any(map(_gave_up, conditions)):
        health = msgspec.structs.replace(health, holder="client")
    if health.state == "suspended" and _is_resumed(health, spec):
        # It waits for its controller; one that has seen that lets it rest for another's sake.
        goes_on: HealthState = "unknown" if _is_seen(status, generation) else "progressing"
        health = msgspec.structs.replace(health, state=goes_on)
    health = with_part(health, status, generation)
    if _is_worked_at(health, words, conditions):
        health = msgspec.structs.replace(health, takes=WORK_TAKES)
    return _of_task(health, status) if task or health.condition in _ENDS else health


def _is_aside(condition: Condition, words: Health) -> bool:
    """Whether it says nothing of a run that has ended by its own word: work, what failed beside."""
    where, _, word = words.by.rpartition(" is ")
    if (_OVER | _FAILS).isdisjoint(parts(word)[-1:]) or not _LAST.isdisjoint(parts(where)):
        return False  # How the last one ended says nothing of one that is at work.
    value, type_ = str(condition.entry.get("status")), condition.entry["type"]
    if value == "False" and words.state == "complete":
        return condition.state == "failed" and type_ not in SUMMARIES
    return condition.state == "progressing" and value == "True"


def _at_rest(waits: Health | None, words: Health | None, spec: Any) -> Health | None:
    """That nobody knows whether what is not Ready has to be: a word says that it rests.

    Or no replica is asked for.
    """
    if waits is None or waits.value not in ("False", "Unknown"):
        return None
    if words is not None and words.state == "suspended":
        return msgspec.structs.replace(words, state="unknown")
    none = isinstance(spec, dict) and spec.get("replicas") == 0 and spec["replicas"] is not False
    return Health("unknown", "spec.replicas is 0") if none else None


def _short_of(words: Health | None, numbers: Health | None) -> Health | None:
    """The numbers, where they lack what a word leaves open: not all of what is Running is ready."""
    runs = words is not None and words.state == "complete" and _word(words).lower() == "running"
    return numbers if runs and numbers is not None and numbers.state == "progressing" else None


def _unless(lacks: Condition | None, health: Health | None) -> Health | None:
    """The same, unless it calls complete what has a condition by which a part is not well."""
    well = health is not None and health.state == "complete"
    ended = health is not None and not _OVER.isdisjoint(parts(health.by.rpartition(" is ")[2]))
    return None if lacks and well and not ended else health


def _so_far(begun: list[Condition]) -> Health | None:
    """That a run is under way, by the last of what it has come to."""
    return msgspec.structs.replace(begun[-1].health(), state="progressing") if begun else None


WORK_TAKES = 1140.0
"""Seconds beyond what is usual that a controller gets for work that it names: clouds and databases
take ten minutes and more to make something, and say nothing meanwhile."""
_TRIES_AGAIN = word_set("backoff retried retries retry retrying")


def _is_worked_at(health: Health, words: Health | None, conditions: list[Condition]) -> bool:
    """Whether its controller says that it is at work: `Creating`, or `Progressing` is True."""
    if health.state != "progressing" or health.stale or complains(health.message):
        return False
    under_way = [one for one in conditions if one.state == "progressing"]
    reasons = [text(one.entry, "reason") for one in under_way]
    if any(not _TRIES_AGAIN.isdisjoint(parts(reason)) for reason in reasons):
        return False
    said = [one.entry["type"] for one in under_way if str(one.entry.get("status")) == "True"]
    said += [text(one.entry, "message") for one in under_way if one.entry["type"] == "Running"]
    if words is not None and words.state == "progressing":
        said.append(_word(words))
    named = any(map(works, (health.reason, _word(health), *said)))
    return named or tells_of_progress(health.message)


def _word(health: Health) -> str:
    return health.by.rpartition(" is ")[2]


def _gave_up(condition: Condition) -> bool:
    """Whether it says that its controller goes on only once somebody has changed something."""
    if condition.state != "failed":
        return False
    aborted = "aborted" in parts(text(condition.entry, "reason"))
    return condition.entry["type"] == "Stalled" or aborted


def _of_task(health: Health, status: Entry) -> Health:
    """The same of what is done when it has ended: it runs as long as it takes, and ends once."""
    word = parts(_word(health))
    if health.state == "failed":
        told = None if health.condition else _by_words(status, "status", task=True)
        ended = told is not None and not _FAILS.isdisjoint(parts(told.by)[-1:])
        ended = ended or (health.condition, health.value) in _ENDED_BADLY
        return msgspec.structs.replace(health, over=True) if ended else health
    over = health.state == "complete" and (health.condition in _ENDS or not _OVER.isdisjoint(word))
    begins = not _STARTS.isdisjoint((*parts(health.reason), *word))
    patient = health.state == "progressing" and not health.stale and not begins
    return msgspec.structs.replace(health, over=over, patient=patient) if over | patient else health


def _of_now(conditions: list[Condition], status: Entry) -> list[Condition]:
    """The conditions that tell how it stands now.

    Some keep a log of their states as conditions that are called as these are, in lower case:
    `state: ready` beside `initializing` and `ready`.
    """
    word = next((status[name] for name in ("state", "phase") if status.get(name)), "")
    types = [condition.entry["type"] for condition in conditions]
    if not (isinstance(word, str) and word.islower() and word in types):
        return conditions
    log = [type_ for type_ in types if type_.islower() and type_ != word]
    return [condition for condition in conditions if condition.entry["type"] not in log]


def _has_begun(condition: Condition, *, task: bool) -> bool:
    """Whether it says how far a run has come, which stays True when it has ended.

    Of what does not end some of these say how it stands: that it runs, or is accepted.
    """
    last = parts(condition.entry["type"])[-1:]
    words = _BEGUN if task else _FIRST
    return condition.state == "complete" and not words.isdisjoint(last)


def _by_state(conditions: list[Condition]) -> dict[HealthState, Health]:
    """The most telling condition of each state."""
    first: dict[HealthState, Condition] = {}
    for condition in conditions:
        known = first.get(condition.state)
        if known is None or condition.order < known.order:
            first[condition.state] = condition
    return {state: condition.health() for state, condition in first.items()}


def unseen(status: Any, generation: Any) -> Health | None:
    """That its controller has not seen the newest generation, where a status says so."""
    if not isinstance(status, dict):
        return None
    seen = status.get("observedGeneration")
    if isinstance(seen, str) and seen.isdecimal() and len(seen) < 19:
        seen = int(seen)  # Argo Rollouts writes its own as text.
    if not (isinstance(seen, int) and isinstance(generation, int) and seen < generation):
        return None
    if _any_saw(status, generation):
        return None
    by = f"status.observedGeneration is {seen}, metadata.generation {generation}"
    return Health("progressing", by, stale=True)


def _is_seen(status: Entry, generation: Any) -> bool:
    """Whether a status says that it is of this generation."""
    known = isinstance(generation, int)
    return known and (
        status.get("observedGeneration") == generation or _any_saw(status, generation)
    )


def _any_saw(status: Entry, generation: int) -> bool:
    """Whether a condition is of this generation: some write the status' own only on success.

    Flux' controllers do, and Cluster API's: what failed there would look as if nobody had seen it.
    """
    found = status.get("conditions")
    return any(
        isinstance(entry, dict) and entry.get("observedGeneration") == generation
        for entry in (found if isinstance(found, list) else ())
    )


def rests(spec: Any, metadata: Any) -> Health | None:
    """That an object is asked to rest: what it asks for beside that, nobody looks at meanwhile.

    In its spec, or by an annotation as `cluster.x-k8s.io/paused` or `crossplane.io/paused` is one.
    """
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    for name, value in annotations.items() if isinstance(annotations, dict) else ():
        if value == "true" and name.rpartition("/")[2] in _REST_MARKS:
            return Health("suspended", f"annotation {name} is true", asks=True)
    path = next((path for path, rest in _rest_flags(spec) if rest), "")
    return Health("suspended", f"{path} is true", asks=True) if path else None


def _rest_flags(spec: Any) -> Iterator[tuple[str, bool]]:
    """What a spec says of resting, by path; also that of Kubeflow's jobs, whose parts it counts."""
    policy = spec.get("runPolicy") if isinstance(spec, dict) else None
    for place, asked in (("spec", spec), ("spec.runPolicy", policy)):
        flags = asked if isinstance(asked, dict) else {}
        for name in _RESTS:
            if isinstance(rest := flags.get(name), bool):
                yield f"{place}.{name}", rest


def _is_resumed(health: Health, spec: Any) -> bool:
    """Whether its spec asks it to go on, while it still says that it rests."""
    said = (*parts(health.by), *parts(health.reason))
    asked = [path.rpartition(".")[2][:4] for path, rest in _rest_flags(spec) if not rest]
    return any(part.startswith(name) for name in asked for part in said)


def _by_words(status: Entry, path: str, task: bool, depth: int = 0) -> Health | None:
    """What its words say, the worst of those that stand highest."""
    found = [*_words_in(status, path, task)]
    if not found and depth < _DEEPEST:
        for name, item in status.items():
            if not isinstance(item, dict) or "ondition" in name:
                continue
            below = _by_words(item, f"{path}.{name}", task, depth + 1)
            if below is not None and _tells_of_now(name, below.state):
                found.append(below)
    return min(found, key=lambda one: _WORST_FIRST.index(one.state)) if found else None


def _words_in(status: Entry, path: str, task: bool) -> Iterator[Health]:
    for name, value in status.items():
        flag = isinstance(value, str) and name in _FLAGS | _REST_FLAGS
        said = _AS_TEXT.get(value, value) if flag else value
        if not isinstance(said, str | bool) or said == "":
            continue
        state = _of_field(name, said, task)
        if state != "unknown" and _tells_of_now(name, state):
            shown = said if isinstance(said, str) else str(said).lower()
            since = text(status, "lastTransitionTime")
            yield Health(state, f"{path}.{name} is {shown}", "", message_in(status), since)


def _tells_of_now(name: str, state: HealthState) -> bool:
    """Whether a field tells how it stands, and not what was or is to be: `desiredState`.

    What went well last may not be well now; what did not, or goes on, still tells.
    """
    first = parts(name)[:1]
    if not _LAST.isdisjoint(first):
        return state != "complete"
    return _OTHER_TIMES.isdisjoint(first)


def _of_field(name: str, said: str | bool, task: bool) -> HealthState:
    if isinstance(said, bool):
        if name in _REST_FLAGS:
            return "suspended" if said else "unknown"
        if name not in _FLAGS:
            return "unknown"
        return "complete" if said else "failed" if name == "healthy" else "progressing"
    if not _NAMES.intersection(parts(name)[-1:]):
        return "unknown"
    if task and said.lower() == "running":
        return "progressing"
    return "unknown" if "://" in said else meaning(without_none(said))


def _by_numbers(status: Entry, spec: Any) -> Health | None:
    """Numbers of replicas, as those of the built-in workloads are called."""
    wanted = spec.get("replicas") if isinstance(spec, dict) else None
    total = wanted if isinstance(wanted, int) else status.get("replicas")
    if not isinstance(total, int) or not isinstance(status.get("readyReplicas"), int):
        return None
    for name in ("readyReplicas", "updatedReplicas", "availableReplicas"):
        has = status.get(name)
        if isinstance(has, int) and has < total:
            return Health("progressing", f"status.{name} is {has} of {total}")
    if status["readyReplicas"] > total:
        # Some are to go yet; or what is asked for counts something else than what is ready.
        return Health("unknown", f"status.readyReplicas is {status['readyReplicas']} of {total}")
    return Health("complete", f"status.readyReplicas is {status['readyReplicas']} of {total}")


def _unread(status: Entry) -> Health:
    """That nobody knows how it stands; for a word of its own, which is not kept, where it has one.

    What nobody can read may be anything, and what it controls being well is not all of it then.
    """
    said = ((name, without_none(text(status, name))) for name in ("phase", "state"))
    words = (name for name, text in said if text and meaning(text) == "unknown")
    by = next((f"status.{name} is a word that nobody taught Baton" for name in words), "")
    return Health("unknown", by)
