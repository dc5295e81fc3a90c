"""ControllerRevisions, by which StatefulSets and DaemonSets remember their Pod templates.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/history/controller_history.go
"""

from practicecluster.controllers.actors import Actor, controller_of, owned_by
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import template_hash
from practicecluster.copying import copied

HASH = "controller-revision-hash"


def revisions_of(actor: Actor, owner: Json) -> list[Json]:
    """The owner's revisions as its controller knows them, the oldest first."""
    uid = owner["metadata"]["uid"]
    found = [r for r in actor.cached("ControllerRevision") if controller_of(r) == uid]
    return sorted(found, key=lambda revision: int(revision["revision"]))


def newest(actor: Actor, owner: Json, found: list[str]) -> Work:
    """Make the revision of the present template, or number an old one anew; appends its name."""
    known = revisions_of(actor, owner)
    digest = template_hash(owner)
    name = f"{owner['metadata']['name']}-{digest}"
    found.append(name)
    highest = max((int(r["revision"]) for r in known), default=0)
    mine = next((r for r in known if r["metadata"]["name"] == name), None)
    if mine is None:
        yield actor.clock.between(0.001, 0.006)
        actor.server.create(actor.who, _revision(owner, name, digest, highest + 1))
    elif int(mine["revision"]) < highest:
        after = copied(mine)
        after["revision"] = highest + 1
        yield actor.clock.between(0.001, 0.006)
        actor.server.update(actor.who, after)


def truncated(actor: Actor, owner: Json, used: set[str]) -> Work:
    """Delete the oldest revisions beyond the limit that no Pod and no status is of."""
    idle = [r for r in revisions_of(actor, owner) if r["metadata"]["name"] not in used]
    limit = owner["spec"].get("revisionHistoryLimit", 10)
    for revision in idle[: max(0, len(idle) - limit)]:
        yield actor.clock.between(0.001, 0.006)
        actor.server.delete(actor.who, revision)


def _revision(owner: Json, name: str, digest: str, number: int) -> Json:
    metadata = owner["metadata"]
    # The two controllers name the label differently.
    label = HASH if owner["kind"] == "DaemonSet" else "controller.kubernetes.io/hash"
    labels = owner["spec"]["template"]["metadata"]["labels"] | {label: digest}
    noted = copied(metadata.get("annotations") or {})
    template = {"$patch": "replace"} | copied(owner["spec"]["template"])
    return {
        "kind": "ControllerRevision", "apiVersion": "apps/v1",
        "metadata": {
            "name": name, "namespace": metadata["namespace"], "labels": labels,
            "ownerReferences": owned_by(owner), **({"annotations": noted} if noted else {}),
        },
        "data": {"spec": {"template": template}},
        "revision": number,
    }  # fmt: skip
