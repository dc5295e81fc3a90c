"""What single words of a status mean, as operators use them: done, failed, under way, suspended.

Words, because no API fixes them: a type `CatalogSourceUnhealthy`, a reason `ReconcileError`, a
phase `Install Failed`. They are read in parts, and a part that denies turns the next one round.

Sources: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/
api-conventions.md#typical-status-properties (conditions, and phase, which is deprecated but
everywhere); the words themselves from the status fields of published CRDs.
"""

from functools import lru_cache
from itertools import pairwise
from typing import Literal

from eventstream.expressions import expression

Meaning = Literal["failed", "progressing", "suspended", "complete", "unknown"]

_LONGEST = 128


def word_set(words: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(words.split())


FAILED = word_set(
    "aborted backoff blocked broken cancelled canceled conflict conflicted conflicting conflicts "
    "corrupt crash crashed crashing crashloop degraded denied err error errored errors evicted "
    "exceeded exception expired fail failed failing fails failure failures fatal fault faulted "
    "forbidden illegal impossible incompatible incorrect invalid irreconcilable lost malformed "
    "misconfigured missing "
    "misconfiguration mismatch mismatched noncompliant problem quarantined refused rejected "
    "stalled stuck terminal timeout unauthorized unhealthy unprocessable unreachable "
    "unrecoverable unresolvable unresolved unsupported violated violation violations wrong "
    "deadlock"
)
"""Parts by which a controller says that something is wrong."""

SUSPENDED = word_set(
    "deactivated disabled hibernated hibernating hibernation inactive paused pausing standby "
    "stopped suspend suspended suspending"
)
"""Parts by which it says that work rests until somebody wants it to go on."""

UNDER_WAY = word_set(
    "bootstrapping building configuring creating deleting deploying executing importing "
    "initializing inprogress installing issuing migrating pending processing progress progressing "
    "provisioning reconciling removing resizing restarting restoring retrying rolling scaling "
    "starting stopping syncing terminating uninstalling updating upgrading waiting"
)
"""Parts of a condition's type by which work is under way while it is True."""

PROGRESSING = UNDER_WAY | word_set(
    "await awaiting bootstrap converge inprogress init launched outdated partial partially pend "
    "queue queued requested retry started submitted scheduled scheduling unassigned uninitialized "
    "unavailable unready unscheduled waiting wait"
)
"""Parts of a word by which it says that work is under way; with these, most that end in -ing."""

COMPLETE = word_set(
    "accepted active admitted applied approved assigned attached available bound "
    "complete completed compliant configured connected created deployed done "
    "enabled enforced established executed finished fulfilled healthy initialized "
    "installed joined live loaded ok okay online operational pass passed programmed promoted "
    "provisioned published ready reachable reconciled registered released resolved running "
    "satisfied serving stable succeed succeeded success successful successfully synced "
    "synchronized uptodate up valid validated verified"
)
"""Parts by which it says that all is as asked for."""

_DENIES = frozenset(("no", "not", "non", "un", "without", "never", "in"))
_TOGETHER: dict[tuple[str, str], Meaning] = {
    ("back", "off"): "failed",
    ("disruption", "blocked"): "unknown",
    ("failed", "over"): "unknown",
    ("of", "date"): "progressing",
    ("of", "sync"): "progressing",
    ("timed", "out"): "failed",
    ("update", "available"): "unknown",
    ("updates", "available"): "unknown",
    ("upgrade", "available"): "unknown",
    ("upgrade", "blocked"): "unknown",
}
"""Parts that mean something else together: `OutOfSync`, and an `UpdateAvailable`."""
_IN_ONE_WORD = frozenset(("active", "complete", "compliant", "valid"))
"""What `in` denies, as in `InComplete`: a `Cluster in healthy state` is well."""
_STILL = word_set(
    "advertising alerting backing billing blocking dangling existing firing following forwarding "
    "hanging lagging leading listening logging mirroring monitoring networking nothing outstanding "
    "overlapping polling pricing remaining replicating running serving sleeping streaming string "
    "tracking warning watching working"
)
"""Parts that end in -ing and are of no work that comes to an end."""
_RUNS = word_set(
    "analysis apply backup build check checks command hook hooks installation job jobs migration "
    "migrations pipeline plan playbook query reconciliation restore script scripts setup step "
    "steps task tasks test tests update upgrade validation workflow workflows"
)
"""What ends when it has been run: a `runningWorkflow` is under way, a `Running` Pod is well."""
_MISSING = frozenset(("found", "compliant", "supported", "allowed"))


@lru_cache(maxsize=4096)
def parts(text: str) -> tuple[str, ...]:
    """The parts of a CamelCase, snake_case or plain text, in lower case, without numbers."""
    found, part, before = [], "", ""
    text = text[:_LONGEST]
    for place, letter in enumerate(text):
        after = text[place + 1 : place + 2]
        begins = letter.isupper() and (before.islower() or (before.isupper() and after.islower()))
        if part and (begins or not letter.isalpha()):
            found.append(part.lower())
            part = ""
        if letter.isalpha():
            part += letter
        before = letter
    return (*found, part.lower()) if part else tuple(found)


def of_type(type_: str) -> Meaning:
    """What a condition of this type says while it is True: its last part names what is so."""
    found = parts(type_)
    if found[-1:] in _SUFFIXES:
        found = found[:-1]
    if found[-2:] in _TOGETHER and len(found) == 2:
        return _TOGETHER[found[-2], found[-1]]
    if len(found) > 1 and found[-1] == "started":
        return "complete"  # `ProvisioningStarted` stays so, whatever became of it.
    if len(found) > 1 and found[-1] == "halted":
        return "failed"  # `Halted` is whom somebody put to rest, `ActivitiesHalted` what is wrong.
    well = found[-1:] == ("date",) or not COMPLETE.isdisjoint(found[-1:])
    well = well and not _goes_up(*found[-2:])
    if well and not _denied(type_):
        return "complete"  # `FailureDomainsReady` and `ConflictResolved` tell of nothing wrong.
    said = meaning(type_)
    if len(found) > 1 and not _OF_A_PART.isdisjoint(found[-1:]):
        return "unknown"
    if said == "complete" and not well:
        return "unknown"  # `LiveMigratable` and `ReadyForInstallation` are of what is possible.
    if said == "progressing" and not UNDER_WAY.intersection(found) and not _denied(type_):
        return "unknown"
    return said


_OF_A_PART = word_set("deactivated disabled free inactive limited standby tolerant")
"""Last parts of types by which something beside the object is so: `BackupsDisabled`, `ErrorFree`.

Source: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/
#autoscaling-conditions (ScalingLimited).
"""
_SUFFIXES = frozenset((("condition",), ("status",)))
"""Last parts of a type that add nothing to it."""


def _goes_up(before: str = "", part: str = "") -> bool:
    """Whether an `up` is part of the work that is named before it, as in `BackingUp`."""
    return part == "up" and before.endswith("ing")


def _denied(type_: str) -> bool:
    return not _DENIES.isdisjoint(parts(type_)) or "partially" in parts(type_)


_RESTS_ON = word_set(
    "await awaiting backoff pend pending queue queued retried retries retry retrying scheduling "
    "unassigned unscheduled wait waiting"
)
"""Parts by which nobody works at it just now, or what was tried has failed."""
_LONG = word_set("inprogress progress")


def works(text: str) -> bool:
    """Whether a word names the work that its controller does: `Creating`, not `Pending`."""
    found = parts(text)
    if meaning(text) != "progressing" or not _RESTS_ON.isdisjoint(found):
        return False
    if not (_DENIES - {"in"}).isdisjoint(found):
        return False
    return any(part in _LONG or part in UNDER_WAY or part.endswith("ing") for part in found)


def tells_of_progress(message: str) -> bool:
    """Whether a message says that something is being made or in progress, and nothing worse."""
    found = parts(message)
    goes_on = not (_LONG | UNDER_WAY).isdisjoint(found) and meaning(message) == "progressing"
    return goes_on and (_RESTS_ON | _DENIES - {"in"}).isdisjoint(found)


def complains(message: str) -> bool:
    """Whether a message speaks of an error, in its beginning: of `0 errors` it does not."""
    found = parts(without_none(message[:_LONGEST]))
    said = any(part in _COMPLAINTS for part in found)
    return said or any(pair in _REFUSALS for pair in pairwise(found))


def without_none(text: str) -> str:
    """A text without what it says that there is none of: `0 errors`, `0 failed`."""
    return _NONE.sub("", text)


_NONE = expression(
    r"\b(?:0|no|zero|without|without any)\s+"
    r"(?:errors?|exceptions?|failures?|failed|invalid|rejected)\b",
    ignore_case=True,
)


_COMPLAINTS = word_set(
    "cannot couldn denied err error errors exception failed failure forbidden invalid "
    "rejected unable unauthorized unreachable"
)
_REFUSALS = frozenset((("not", "found"), ("back", "off"), ("could", "not"), ("no", "such")))


@lru_cache(maxsize=4096)
def meaning(text: str) -> Meaning:
    """What one word, or a few, say of how an object stands; "unknown" where they say nothing."""
    found = parts(text)
    if len(found) == 1 and found[0] in _ALONE:
        return _ALONE[found[0]]
    said: set[Meaning] = {"suspended"} if _is_a_persons(found) else set()
    for place, part in enumerate(found):
        before = _before(found, place)
        after = found[place + 1] if place + 1 < len(found) else ""
        if part == "running" and after in _RUNS:
            said.add("progressing")
        elif (part, after) not in _TOGETHER:
            said.add(_TOGETHER.get((before, part)) or _of_part(part, before))
    for one in _STRONGEST:
        if one in said:
            return one
    return "unknown"


def _before(found: tuple[str, ...], place: int) -> str:
    """The part before another, which may deny it: also in `not yet ready`, `not all Pods ready`."""
    earlier = found[:place]
    if found[place] in COMPLETE and not _NOT_ALL.isdisjoint(pairwise(earlier)):
        return "not"
    return next((part for part in reversed(earlier) if part not in _HOW_MUCH), "")


_NOT_ALL = frozenset((("not", "all"), ("not", "every"), ("not", "enough")))
_HOW_MUCH = word_set("yet fully completely")


def _is_a_persons(found: tuple[str, ...]) -> bool:
    """Whether it waits for a person: `WaitingForApproval`, `RequiresApproval`."""
    asks = not _ASKS.isdisjoint(found)
    return asks and (not _BY_PERSONS.isdisjoint(found) or ("user", "action") in pairwise(found))


_ASKS = word_set("await awaiting need needs pending required requires wait waiting")
_BY_PERSONS = word_set("approval confirmation")


_ALONE: dict[str, Meaning] = {
    "new": "progressing",
    "halted": "suspended",
    "down": "failed",
    "red": "failed",
    "yellow": "progressing",
    "green": "complete",
}
"""What means something alone only: `NewReplicaSetAvailable` and `RedHatSSOReady` are well."""
_STRONGEST: tuple[Meaning, ...] = ("failed", "suspended", "progressing", "complete")


def _of_part(part: str, before: str) -> Meaning:
    if _goes_up(before, part):
        return "progressing"
    denied = before in _DENIES and (before != "in" or part in _IN_ONE_WORD)
    if part in FAILED:
        return "complete" if denied else "failed"
    if part in SUSPENDED:
        return "unknown" if denied else "suspended"
    if part in COMPLETE or part in _MISSING:
        if denied:
            return "failed" if part in _MISSING else "progressing"
        return "complete" if part in COMPLETE else "unknown"
    if part in PROGRESSING or (part.endswith("ing") and len(part) > 4 and part not in _STILL):
        return "unknown" if denied else "progressing"
    return "unknown"


_TASKS = word_set(
    "run job backup restore analysis experiment task workflow build operation ops action test plan "
    "promotion migration execution trial scan benchmark cleanup clone drain dump evaluation export "
    "import maintenance simulation training upgrade"
)
"""Last parts of the kinds of which one is done when it has ended: to run is to be under way."""
_OF_TASKS = word_set("request session set")
"""Last parts of others, where one of these stands before: a BackupSession, an OpsRequest."""
_STAYS = frozenset((("service", "export"), ("service", "import")))
"""Last parts of kinds that are called as tasks are, and hold as long as they exist.

Source: https://multicluster.sigs.k8s.io/concepts/multicluster-services-api/
"""


def is_task(kind: object) -> bool:
    """Whether a kind is called as those are of which one is done when it has ended."""
    found = parts(kind) if isinstance(kind, str) else ()
    last = found[-2:-1] if found[-1:] and found[-1] in _OF_TASKS else found[-1:]
    return not _TASKS.isdisjoint(last) and found[-2:] not in _STAYS
