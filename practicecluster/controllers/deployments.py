"""The Deployment controller: one ReplicaSet for each template, and Pods moved between them.

Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/sync.go
Source: https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/deployment/rolling.go
"""

import hashlib
import json

from practicecluster.controllers.actors import Actor, condition, controller_of, leaving, owned_by
from practicecluster.controllers.api import Api, Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.progress import status_of
from practicecluster.controllers.who import kcm
from practicecluster.copying import copied
from practicecluster.writing.times import stamp

PREFIX = "deployment.kubernetes.io/"
REVISION, HISTORY = PREFIX + "revision", PREFIX + "revision-history"
_LONG = 600
"""The usual progressDeadlineSeconds, which passes in no simulation."""


class Deployments(Actor):
    """One write to a ReplicaSet at a time, then the status."""

    watches = ("Deployment", "ReplicaSet", "Pod")
    component = "deployment-controller"

    def __init__(self, server: Api) -> None:
        super().__init__(server, kcm("deployment-controller"))

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A Deployment, or one of its ReplicaSets, is to be looked at."""
        if kind == "Deployment":
            self.enqueue(thing["metadata"]["uid"])
        elif kind == "ReplicaSet":
            for owner in self.owners("Deployment", thing):
                self.enqueue(owner)

    def reconcile(self, key: str) -> Work:
        """One look at one Deployment."""
        web = self.known("Deployment", key)
        if web is None:
            return
        yield from self.claim(web, "ReplicaSet")
        sets = self.claimed(web, "ReplicaSet")
        sets.sort(key=lambda rs: int(rs["metadata"]["resourceVersion"]))
        if leaving(web):
            yield from self._status(web, sets)
            return
        if self._marked(web):
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, self._with_pause(web), "status")
            return
        if web["spec"].get("paused"):
            yield from self._scale(web, sets, create=False)
        elif any(
            _wanted_of(rs) not in (None, web["spec"]["replicas"])
            for rs in sets
            if rs["spec"]["replicas"]
        ):
            yield from self._scale(web, sets, create=True)
        elif web["spec"].get("strategy", {}).get("type") == "Recreate":
            yield from self._recreate(web, sets)
        else:
            yield from self._roll(web, sets)

    def _marked(self, web: Json) -> bool:
        progressing = condition(web, "Progressing")
        paused = progressing is not None and progressing["reason"] == "DeploymentPaused"
        return bool(web["spec"].get("paused")) != paused

    def _with_pause(self, web: Json) -> Json:
        after = copied(web)
        paused = bool(web["spec"].get("paused"))
        reason, word = (
            ("DeploymentPaused", "paused") if paused else ("DeploymentResumed", "resumed")
        )
        said = {
            "type": "Progressing",
            "status": "Unknown",
            "reason": reason,
            "message": f"Deployment is {word}",
        }
        said |= {
            "lastUpdateTime": stamp(self.clock.now),
            "lastTransitionTime": stamp(self.clock.now),
        }
        put(after["status"], said)
        return after

    def _roll(self, web: Json, sets: list[Json]) -> Work:
        found: list[Json] = []
        yield from self._newest(web, sets, found)
        new = found[0]
        old = [rs for rs in sets if rs["metadata"]["uid"] != new["metadata"]["uid"]]
        wrote: list[Json] = []
        yield from self._resize(web, new, _new_size(web, new, old), wrote)
        if not wrote:
            yield from self._shrink(web, new, old, wrote)
        if not wrote and not _rolling(web, new, old):
            yield from self._clean(web, old)
        # By what was known before this look: what it wrote, it will hear of.
        yield from self._status(web, [*old, new], new)

    def _recreate(self, web: Json, sets: list[Json]) -> Work:
        digest = template_hash(web)
        old = [rs for rs in sets if rs["metadata"]["labels"]["pod-template-hash"] != digest]
        wrote: list[Json] = []
        for rs in old:
            yield from self._resize(web, rs, 0, wrote)
        uids = {rs["metadata"]["uid"] for rs in old}
        pods = [
            p
            for p in self.cached("Pod")
            if controller_of(p) in uids and p["status"].get("phase") not in ("Failed", "Succeeded")
        ]
        if wrote or pods:
            yield from self._status(web, sets, next((rs for rs in sets if rs not in old), None))
            self.enqueue(web["metadata"]["uid"], 0.5)
            return
        yield from self._roll(web, sets)

    def _newest(self, web: Json, sets: list[Json], found: list[Json]) -> Work:
        digest = template_hash(web)
        new = next(
            (rs for rs in sets if rs["metadata"]["labels"]["pod-template-hash"] == digest), None
        )
        highest = max((_revision(rs) for rs in sets if rs is not new), default=0)
        if new is None:
            size = _new_size(web, None, sets)
            yield self.clock.between(0.001, 0.006)
            new = self.server.create(self.who, self._replicaset(web, digest, size, highest + 1))
            found.append(new)
            if size:
                self._told(web, new, 0, size)
            text = f'Created new replica set "{new["metadata"]["name"]}"'
            yield from self._noted(web, highest + 1, "NewReplicaSetCreated", text)
            return
        found.append(new)
        number = max(_revision(new), highest + 1) if _revision(new) <= highest else _revision(new)
        after = copied(new)
        noted = new["metadata"]["annotations"] | _sizes(web) | {REVISION: str(number)}
        if number > _revision(new) > 0:
            earlier = noted.get(HISTORY, "")
            noted[HISTORY] = ",".join([*([earlier] if earlier else []), str(_revision(new))])
        after["metadata"]["annotations"] = noted
        if after["metadata"]["annotations"] != new["metadata"]["annotations"]:
            yield self.clock.between(0.001, 0.006)
            found[0] = self.server.update(self.who, after)
        if condition(web, "Progressing") is None or web["metadata"].get("annotations", {}).get(
            REVISION
        ) != str(number):
            text = f'Found new replica set "{new["metadata"]["name"]}"'
            reason = "FoundNewReplicaSet" if condition(web, "Progressing") is None else ""
            yield from self._noted(web, number, reason, text)

    def _noted(self, web: Json, revision: int, reason: str, text: str) -> Work:
        after = copied(web)
        after["metadata"].setdefault("annotations", {})[REVISION] = str(revision)
        if reason:
            at = stamp(self.clock.now)
            old = condition(web, "Progressing")
            moved = at if old is None or old["status"] != "True" else old["lastTransitionTime"]
            put(
                after.setdefault("status", {}),
                {
                    "type": "Progressing",
                    "status": "True",
                    "reason": reason,
                    "message": text,
                    "lastUpdateTime": at,
                    "lastTransitionTime": moved,
                },
            )
        yield self.clock.between(0.001, 0.006)
        # What this look goes on with is the version from before: its next status will be refused,
        # and made again once the controller has heard of this one, as in the real one.
        self.server.update(self.who, after, "status")

    def _replicaset(self, web: Json, digest: str, size: int, revision: int) -> Json:
        spec, metadata = web["spec"], web["metadata"]
        template = copied(spec["template"])
        labels = template["metadata"]["labels"] | {"pod-template-hash": digest}
        template["metadata"]["labels"] = labels
        return {
            "kind": "ReplicaSet", "apiVersion": "apps/v1",
            "metadata": {
                "name": f"{metadata['name']}-{digest}", "namespace": metadata["namespace"],
                "labels": labels, "annotations": _sizes(web) | {REVISION: str(revision)},
                "ownerReferences": owned_by(web),
            },
            "spec": {"replicas": size, "selector": {"matchLabels": labels}, "template": template},
            "status": {"replicas": 0},
        }  # fmt: skip

    def _scale(self, web: Json, sets: list[Json], *, create: bool) -> Work:
        digest = template_hash(web)
        new = next(
            (rs for rs in sets if rs["metadata"]["labels"]["pod-template-hash"] == digest), None
        )
        alive = [rs for rs in sets if rs["spec"]["replicas"]] or ([new] if new else [])
        wrote: list[Json] = []
        wanted = web["spec"]["replicas"]
        if len(alive) == 1:
            yield from self._resize(web, alive[0], wanted, wrote)
        elif alive and _rollable(web):
            most = wanted + _bounds(web)[0] if wanted else 0
            total = sum(rs["spec"]["replicas"] for rs in alive)
            left = most - total
            for rs in sorted(alive, key=lambda rs: -rs["spec"]["replicas"]):
                share = (
                    round(rs["spec"]["replicas"] * most / max(1, _most_of(rs) or total))
                    - rs["spec"]["replicas"]
                )
                share = max(min(share, left), 0) if left > 0 else min(max(share, left), 0)
                left -= share
                yield from self._resize(web, rs, rs["spec"]["replicas"] + share, wrote)
        yield from self._status(web, sets, new)

    def _resize(self, web: Json, rs: Json, size: int, wrote: list[Json]) -> Work:
        size, before = max(0, size), rs["spec"]["replicas"]
        after = copied(rs)
        after["spec"]["replicas"] = size
        after["metadata"]["annotations"] |= _sizes(web)
        if size == before and after == rs:
            return
        yield self.clock.between(0.001, 0.006)
        wrote.append(self.server.update(self.who, after))
        if size != before:
            self._told(web, rs, before, size)

    def _told(self, web: Json, rs: Json, before: int, after: int) -> None:
        word = "up" if after > before else "down"
        text = f"Scaled {word} replica set {rs['metadata']['name']} from {before} to {after}"
        self.events.tell(web, "ScalingReplicaSet", text)

    def _shrink(self, web: Json, new: Json, old: list[Json], wrote: list[Json]) -> Work:
        wanted = web["spec"]["replicas"]
        least = wanted - _bounds(web)[1]
        total = sum(rs["spec"]["replicas"] for rs in [*old, new])
        unready = new["spec"]["replicas"] - new["status"].get("availableReplicas", 0)
        room = total - least - unready
        if room <= 0 or not sum(rs["spec"]["replicas"] for rs in old):
            return
        for rs in old:
            broken = rs["spec"]["replicas"] - rs["status"].get("availableReplicas", 0)
            gone = min(room, max(0, broken))
            if gone and rs["status"].get("observedGeneration") == rs["metadata"]["generation"]:
                room -= gone
                yield from self._resize(web, rs, rs["spec"]["replicas"] - gone, wrote)
        if wrote:
            return
        spare = sum(rs["status"].get("availableReplicas", 0) for rs in [*old, new]) - least
        for rs in old:
            gone = min(spare, rs["spec"]["replicas"])
            if gone > 0:
                spare -= gone
                yield from self._resize(web, rs, rs["spec"]["replicas"] - gone, wrote)

    def _clean(self, web: Json, old: list[Json]) -> Work:
        limit = web["spec"].get("revisionHistoryLimit", 10)
        for rs in sorted(old, key=_revision)[: max(0, len(old) - limit)]:
            if not rs["spec"]["replicas"] and not rs["status"].get("replicas") and not leaving(rs):
                yield self.clock.between(0.001, 0.006)
                self.server.delete(self.who, rs)

    def _status(self, web: Json, sets: list[Json], new: Json | None = None) -> Work:
        after = copied(web)
        before = copied(web.get("status", {}))
        after["status"] = status_of(web, sets, new, stamp(self.clock.now))
        if web["spec"]["progressDeadlineSeconds"] < _LONG and not self._looks_again(web):
            self.enqueue(web["metadata"]["uid"], web["spec"]["progressDeadlineSeconds"] + 1.0)
        if after["status"] != before:
            yield self.clock.between(0.001, 0.006)
            self.server.update(self.who, after, "status")

    def _looks_again(self, web: Json) -> bool:
        progressing = condition(web, "Progressing")
        over = ("NewReplicaSetAvailable", "ProgressDeadlineExceeded")
        return progressing is not None and progressing["reason"] in over


def put(status: Json, said: Json) -> None:
    """Set a condition, as controllers do: the others stay, this one goes to the end."""
    others = [c for c in status.get("conditions", ()) if c["type"] != said["type"]]
    status["conditions"] = [*others, said]


def template_hash(web: Json) -> str:
    """What tells ReplicaSets of different templates apart."""
    text = json.dumps(web["spec"]["template"], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]


def _revision(rs: Json) -> int:
    return int(rs["metadata"].get("annotations", {}).get(REVISION, "0"))


def _wanted_of(rs: Json) -> int | None:
    text = rs["metadata"].get("annotations", {}).get(PREFIX + "desired-replicas")
    return None if text is None else int(text)


def _most_of(rs: Json) -> int:
    return int(rs["metadata"].get("annotations", {}).get(PREFIX + "max-replicas", "0"))


def _sizes(web: Json) -> Json:
    wanted = web["spec"]["replicas"]
    most = wanted + _bounds(web)[0]
    return {PREFIX + "desired-replicas": str(wanted), PREFIX + "max-replicas": str(most)}


def _rollable(web: Json) -> bool:
    return bool(web["spec"].get("strategy", {}).get("type") != "Recreate")


def _bounds(web: Json) -> tuple[int, int]:
    """How many Pods may be above and below the desired number."""
    if not _rollable(web):
        return 0, 0
    rolling, wanted = web["spec"]["strategy"]["rollingUpdate"], web["spec"]["replicas"]
    surge = _share(rolling["maxSurge"], wanted, up=True)
    absent = _share(rolling["maxUnavailable"], wanted, up=False)
    return surge, absent if surge or absent else 1


def _share(value: int | str, wanted: int, *, up: bool) -> int:
    if isinstance(value, int):
        return value
    part = int(value.rstrip("%")) * wanted
    return -(-part // 100) if up else part // 100


def _new_size(web: Json, new: Json | None, old: list[Json]) -> int:
    wanted = int(web["spec"]["replicas"])
    have: int = new["spec"]["replicas"] if new else 0
    if not _rollable(web) or have >= wanted:
        return wanted
    total = sum(int(rs["spec"]["replicas"]) for rs in old) + have
    room = wanted + _bounds(web)[0] - total
    return have + max(0, min(room, wanted - have))


def _rolling(web: Json, new: Json, old: list[Json]) -> bool:
    return bool(new["status"].get("availableReplicas", 0) < web["spec"]["replicas"]) or any(
        rs["spec"]["replicas"] for rs in old
    )
