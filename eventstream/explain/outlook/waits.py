"""The kinds of waits: what each is called, and when one is called unusual.

A wait is the time from the write that hands the baton over to the write that answers it. Its key
is the actor who is to move, a slash, and what it is to do: `scheduler/bind`. Before enough of a
kind were seen, a stated default says when one is unusual, and is called a default.
"""

from eventstream.explain.vocabulary.records import Usual
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

ENOUGH = 20
"""Waits of a kind that must have been seen: of fewer, the 95th percentile is just the longest."""

_TIMES = 3.0
"""How many times the 95th percentile a wait may last: twice that is a bad day, not a defect."""

_LEAST, _MOST = 0.5, 10.0
"""What was learned moves the stated limit within these: half of it at least, so that a quick
cluster is not called sick for a slow second, and ten times at most, so that a slow one is not
excused for ever."""

_STATED = {
    "scheduler": 30.0,
    "scheduler/add-node": 900.0,
    "kubelet": 120.0,
    "kubelet/mount": 180.0,
    "kubelet/node-ready": 120.0,
    "kubelet/pull-and-start": 1800.0,
    "kubelet/resize": 60.0,
    "kubelet/start-after-init": 3600.0,
    "kubelet/stop": 30.0,
    "custom-controller/open-gate": 180.0,
    "unknown/open-gate": 180.0,
    "custom-controller/balance": 300.0,
    "custom-controller": 60.0,
    "namespace-controller": 60.0,
    "horizontal-pod-autoscaler/measure": 30.0,
    "job-controller": 360.0,
    "job-controller/let-go": 60.0,
    "job-controller/next-attempt": 630.0,
}
_STATED_DEFAULT = 15.0
"""Seconds after which a wait for an actor is called unusual until its like is known.

A kubelet starts a Pod whose image is there within two minutes. A large image may take half an
hour, for a runtime gives a pull up only once nothing more of it comes; an init container that
migrates a database an hour; a cloud three minutes to attach a volume, and a quarter of an hour to
add a node. A kubelet kills what still runs when a Pod's grace period, which is granted beside this,
is over; a namespace has to wait for its Pods to stop; other controllers answer at once.
"""

_UNLEARNED = frozenset(
    {"add-node", "create-again", "next-attempt", "pull-and-start", "start-after-init"}
)
"""Waits whose length tells nothing of the next: the Job controller doubles its back-off each time,
up to ten minutes, and others so their pause after a refusal; the next image may be a hundred times
as large, and the next init container migrate a database.
Source: pkg/controller/job/backoff_utils.go, getRemainingTime."""

WORDS = {
    "act": "answers a changed custom resource",
    "add-node": "binds a Pod once a node for it was added",
    "balance": "makes the load balancer of a Service",
    "become-ready": "brings a changed custom resource to be ready",
    "bind": "binds a new Pod to a node",
    "bind-volume": "binds a claim to a volume",
    "collect": "deletes what a deleted owner leaves",
    "create-again": "creates Pods again after a refusal",
    "create-claims": "makes the ResourceClaims that a Pod asks for",
    "create-job": "starts the Job that is due",
    "create-pods": "creates the Pods that are missing",
    "create-replicaset": "creates a ReplicaSet for a new Pod template",
    "delete-pods": "deletes the Pods that are too many",
    "empty-namespace": "empties a namespace that is to go",
    "establish": "serves a new type",
    "let-go": "takes its finalizer from what is to go",
    "measure": "measures what it scales",
    "mount": "attaches and mounts a Pod's volumes",
    "next-attempt": "starts a Job's next attempt",
    "node-ready": "brings its node to be ready",
    "open-gate": "opens a readiness gate of a Pod",
    "pull-and-start": "pulls an image and starts a Pod",
    "ready": "reports a started Pod ready",
    "report": "first reports on a Pod that was bound to its node",
    "report-status": "reports a change in the status",
    "resize": "resizes a Pod that runs",
    "scale-replicaset": "scales a ReplicaSet",
    "start": "starts a Pod",
    "start-after-init": "starts a Pod after its init containers",
    "stop": "stops a Pod that is to go",
}


def starting(write: Write) -> str:
    """Which wait a bound Pod's start is: an image to pull and init containers take their time.

    Only a kubelet's Event says that it pulls; without one the image counts as being there.
    """
    if getattr(write.image.spec, "init_containers", ()):
        return "start-after-init"
    pulls = (write.log.notes or {}).get("Pulling")
    return "pull-and-start" if pulls else "start"


def acting(image: Image) -> str:
    """Which wait the answer to a custom resource is: each type has its own custom controller."""
    return f"act/{_type(image)}"


def becoming_ready(image: Image) -> str:
    """Which wait it is until a custom resource says that it is ready."""
    return f"become-ready/{_type(image)}"


def _type(image: Image) -> str:
    return f"{image.kind}.{image.api_version.rpartition('/')[0]}"


def split(key: str) -> tuple[str, str, str]:
    """A key's actor, what it does, and for a custom resource its type (else empty)."""
    actor, _, what = key.partition("/")
    what, _, subject = what.partition("/")
    return actor, what, subject


def words(key: str) -> str:
    """What the actor does, as a clause without it: `binds a new Pod to a node`."""
    _, what, subject = split(key)
    told = WORDS.get(what, "acts")
    return f"{told} ({subject})" if subject else told


def stated_limit(key: str) -> float:
    """Seconds after which such a wait is called unusual while too few of its like were seen."""
    return _STATED.get(key) or _STATED.get(split(key)[0], _STATED_DEFAULT)


def usual_of(key: str, seen: int, samples: tuple[float, ...]) -> Usual:
    """What is usual: `samples` are the newest waits in seconds, of `seen` in all."""
    actor, what, _ = split(key)
    stated = stated_limit(key)
    ordered = sorted(samples)
    median = _rank(ordered, 50) if ordered else None
    p95 = _rank(ordered, 95) if ordered else None
    if p95 is None or len(ordered) < ENOUGH:
        return Usual(key, actor, words(key), seen, median, p95, stated, stated=True)
    least = stated if what in _UNLEARNED else stated * _LEAST
    limit = min(max(p95 * _TIMES, least), stated * _MOST)
    return Usual(key, actor, words(key), seen, median, p95, limit, stated=False)


def _rank(ordered: list[float], percent: int) -> float:
    """The smallest sample that `percent` of all do not exceed (nearest rank)."""
    return ordered[-(-percent * len(ordered) // 100) - 1]
