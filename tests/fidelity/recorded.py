"""The story that a recording tells, with the truth of who wrote what."""

import json
from pathlib import Path

from tests.fidelity.stories import Json, Story, Told, Write, changes

ROOT = Path(__file__).parents[2]
_PLACES = (
    (ROOT / "practicecluster/tapes", ROOT / "tests/explain/truth"),
    (ROOT / "tests/explain/operators", ROOT / "tests/explain/operators"),
)
Truth = dict[tuple[str, str, str], Json]
"""Who made each write, by uid, resourceVersion and type."""
_EVENTS = "v1/events"
_LET_GO = {"actor": "namespace-controller", "verb": "update", "subresource": "finalize"}
COMPONENTS = frozenset(
    {
        "controllermanager",
        "cronjob-controller",
        "daemonset-controller",
        "default-scheduler",
        "deployer-controller",
        "deployment-controller",
        "deploymentconfig-controller",
        "job-controller",
        "kubelet",
        "node-controller",
        "replicaset-controller",
        "replication-controller",
        "statefulset-controller",
        "taint-eviction-controller",
    }
)
"""Those whose Events are compared: Kubernetes' own, and OpenShift's that are here, too."""
_OPENSHIFT = {
    "deployer-controller": "system:serviceaccount:openshift-infra:deployer-controller",
    "deploymentconfig-controller": (
        "system:serviceaccount:openshift-infra:deploymentconfig-controller"
    ),
    "deployer": "system:serviceaccount:dcs:deployer",
}
"""Those of OpenShift's programs that the practice cluster has, by their accounts."""
_BEATS = ("coordination.k8s.io/v1/leases", "v1/nodes")
"""Heartbeats go on by themselves, whatever is done."""


def _places(name: str) -> tuple[Path, Path]:
    for tapes, truths in _PLACES:
        if (tapes / f"{name}.jsonl").exists():
            return tapes / f"{name}.jsonl", truths / f"{name}.truth.jsonl"
    raise KeyError(name)


def lines(name: str) -> list[Json]:
    """Return the lines of a recording by its name; KeyError where there is none."""
    text = _places(name)[0].read_text()
    return [json.loads(line) for line in text.splitlines() if "project.openshift.io" not in line]


def truth_of(name: str) -> Truth:
    """Return who made each write of a recording."""
    rows = [json.loads(line) for line in _places(name)[1].read_text().splitlines()]
    return {(row["uid"], row["resourceVersion"], row["type"]): row for row in rows}


def story(name: str) -> Story:
    """Return the story of a recording by its name; KeyError where there is none."""
    truth, found, known = truth_of(name), Story(), dict[str, Json]()
    every = lines(name)
    for line in every:
        if line["type"] == "LIST":
            found.kinds.add(line["object"]["kind"].removesuffix("List"))
            for thing in line["object"].get("items") or ():
                known[thing["metadata"]["uid"]] = thing
                kind = line["object"]["kind"].removesuffix("List")
                found.meets(kind, thing, existing=True)
    watched = [
        line
        for line in every
        if line["type"] not in ("LIST", "BOOKMARK")
        and line["resource"] not in (*_BEATS, "events.k8s.io/v1/events")
    ]
    for line in sorted(watched, key=lambda line: _order(line["object"])):
        _take(found, known, truth, line)
    return found


def _order(thing: Json) -> int:
    return int(thing["metadata"]["resourceVersion"])


def _take(found: Story, known: dict[str, Json], truth: Truth, line: Json) -> None:
    thing, type_ = line["object"], line["type"]
    metadata = thing["metadata"]
    if line["resource"] == _EVENTS:
        event = told(thing)
        if type_ != "DELETED" and event.component in COMPONENTS:
            found.told.append(event)
        return
    uid = metadata["uid"]
    found.meets(thing["kind"], thing)
    found.kinds.add(thing["kind"])
    row = truth.get((uid, metadata["resourceVersion"], type_), {})
    if not row and (thing["kind"], type_) == ("Namespace", "DELETED"):
        row = _LET_GO  # Whose request it was is not noted, and only one may do that.
    changed = frozenset({"gone"}) if type_ == "DELETED" else changes(known.get(uid), thing)
    known[uid] = thing
    write = Write(
        uid,
        _actor(row),
        row.get("verb", "?"),
        row.get("subresource") or "",
        changed,
        line["t"],
        len(found.writes),
    )
    found.writes.append(write)


def _actor(row: Json) -> str:
    """Return who made a write; what is OpenShift's own is told apart by its account."""
    own = (name for name, user in _OPENSHIFT.items() if user == row.get("user"))
    return next(own, "") or str(row.get("actor", "?"))


def told(event: Json) -> Told:
    """Return what an Event tells."""
    source = (event.get("source") or {}).get("component") or event.get("reportingComponent") or ""
    return Told(
        event["involvedObject"].get("uid", ""),
        source,
        event["reason"],
        event.get("type", ""),
        event.get("message", ""),
    )
