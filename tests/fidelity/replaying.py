"""What others did in a recording, who are not part of the practice cluster, done again in it.

An operator's own program, and whoever drove it, are taken from the recording: their writes are the
play's input. What Kubernetes' controllers make of them is compared.
"""

import copy
from dataclasses import dataclass

from practicecluster.cluster import PracticeCluster
from practicecluster.controllers.http_api import difference
from practicecluster.crds import CRD_STORAGE
from practicecluster.statuses import ApiError
from practicecluster.writing.deletion import DeleteOptions
from practicecluster.writing.patches import json_merge
from practicecluster.writing.requesting import Request
from practicecluster.writing.writer import Asked
from tests.fidelity.recorded import Truth, lines, truth_of
from tests.fidelity.stories import Json, Story

OTHERS = frozenset({"client", "custom-controller"})
_OWN = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "managedFields",
    "generation",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)
_MANAGER = "recorded"
_SEEDED = ("v1/nodes", "coordination.k8s.io/v1/leases", "v1/events", "events.k8s.io/v1/events")
_FIRST = (CRD_STORAGE, "namespaces", "serviceaccounts")


@dataclass
class Input:
    """One write of somebody else: when, in seconds since the first, and what it made of what."""

    at: float
    resource: str
    row: Json
    before: Json | None
    after: Json
    type: str


def inputs(name: str) -> list[Input]:
    """Return the writes of a recording that were not Kubernetes' own."""
    truth, known, found = truth_of(name), dict[str, Json](), list[Input]()
    for line in lines(name):
        thing = line["object"]
        metadata = thing["metadata"]
        if line["type"] in ("LIST", "BOOKMARK"):
            known |= {each["metadata"]["uid"]: each for each in thing.get("items") or ()}
            continue
        uid = metadata["uid"]
        row = _row(truth, line)
        if row.get("actor") in OTHERS and line["resource"] not in _SEEDED:
            found.append(
                Input(line["t"], line["resource"], row, known.get(uid), thing, line["type"])
            )
        known[uid] = thing
    first = found[0].at if found else 0.0
    for each in found:
        each.at -= first
    return found


def _row(truth: Truth, line: Json) -> Json:
    metadata = line["object"]["metadata"]
    return truth.get((metadata["uid"], metadata.get("resourceVersion", ""), line["type"]), {})


class Others:
    """Everybody else, who does in a cluster what they did in the recording."""

    def __init__(self, cluster: PracticeCluster) -> None:
        self._writer, self._uids = cluster.writer, dict[str, str]()
        self.refused: list[str] = []

    def seed(self, name: str) -> None:
        """Make what existed when the recording began and that nobody of Kubernetes' own made."""
        listed = [(line, each) for line in lines(name) if line["type"] == "LIST"
                  for each in line["object"].get("items") or ()]  # fmt: skip
        seen = {each["metadata"]["uid"] for _, each in listed}
        for line in lines(name):  # What is changed before anybody saw it made was there, too.
            uid = line["object"]["metadata"].get("uid")
            if line["type"] == "MODIFIED" and uid not in seen:
                listed.append((line, line["object"]))
            seen.add(uid)
        there = {each["metadata"]["uid"]: line["resource"] for line, each in listed}
        by_rank = [(_depth(t, listed), _rank(line["resource"]), line, t) for line, t in listed]
        for _, _, line, thing in sorted(by_rank, key=lambda each: each[:2]):
            owners = thing["metadata"].get("ownerReferences") or ()
            made = any(_builtin(there.get(each["uid"], "")) for each in owners)
            if line["resource"] in _SEEDED or (made and not _old(thing, listed)):
                continue
            try:
                self._create(line["resource"], thing, Request("", "", "create"))
            except ApiError as error:
                if error.reason != "AlreadyExists":  # As the first namespaces are.
                    raise

    def do(self, given: Input, story: Story) -> None:
        """Do one write again, where there is still what it changes."""
        row = given.row
        sub = row.get("subresource") or ""
        request = Request(row["user"], row["userAgent"], row["verb"], sub, row["actor"])
        try:
            if given.type == "ADDED":
                self._create(given.resource, given.after, request)
            elif row["verb"] == "delete":
                self._delete(given, request, story)
            else:
                self._change(given, request, story)
        except (
            ApiError
        ) as error:  # Refused in the recording it is no write; here it is a difference.
            self.refused.append(f"{given.resource} {given.after['metadata']['name']}: {error}")

    def _create(self, resource: str, thing: Json, request: Request) -> None:
        served = self._writer.store.types.find(resource)
        if served is None:
            return
        body = self._without(thing, served.has_status)
        body |= {"apiVersion": served.api_version, "kind": served.kind}
        metadata = body["metadata"]
        space = metadata.get("namespace") if served.namespaced else None
        asked = Asked(served, space, metadata["name"], manager=_MANAGER)
        with self._writer.by(request):
            made = self._writer.create(asked, body)
        self._uids[thing["metadata"]["uid"]] = made["metadata"]["uid"]

    def _without(self, thing: Json, has_status: bool) -> Json:
        body = copy.deepcopy(thing)
        metadata = body["metadata"]
        for name in _OWN:
            metadata.pop(name, None)
        for owner in metadata.get("ownerReferences") or ():
            owner["uid"] = self._uids.get(owner["uid"], owner["uid"])
        if has_status:
            body.pop("status", None)
        return body

    def _asked(self, given: Input, story: Story) -> Asked:
        served = self._writer.store.types.find(given.resource)
        if served is None:
            raise ApiError(404, "NotFound", given.resource)
        metadata = given.after["metadata"]
        space = metadata.get("namespace") if served.namespaced else None
        sub = given.row.get("subresource") or ""
        asked = Asked(served, space, metadata["name"], sub, manager=_MANAGER)
        if asked.key not in self._writer.store.cache(served.storage).objects:
            prefix = metadata.get("generateName") or metadata["name"].rpartition("-")[0]
            every = [t.name for t in story.things.values() if t.kind == served.kind]
            asked.name = next((name for name in every if name.startswith(prefix)), asked.name)
        return asked

    def _change(self, given: Input, request: Request, story: Story) -> None:
        asked = self._asked(given, story)
        old, new = (copy.deepcopy(each or {"metadata": {}}) for each in (given.before, given.after))
        for each in (old, new):
            for name in (*_OWN, "ownerReferences"):
                each["metadata"].pop(name, None)
        patch = difference(old, new)
        if given.type == "DELETED":
            patch = {"metadata": {"finalizers": None}}  # That was the last of them.
        if asked.subresource == "scale":
            asked.subresource = ""
        with self._writer.by(request):
            self._writer.patch(asked, lambda now: json_merge(now, patch))

    def _delete(self, given: Input, request: Request, story: Story) -> None:
        asked = self._asked(given, story)
        held = given.after["metadata"].get("finalizers") or []
        policy = "Foreground" if "foregroundDeletion" in held else "Background"
        with self._writer.by(request):
            self._writer.delete(asked, DeleteOptions(policy=policy))


def _old(thing: Json, listed: list[tuple[Json, Json]]) -> bool:
    """Whether an object is a revision from before the newest, which nobody would make again."""
    if "revision" not in thing or "data" not in thing:
        return False
    owners = {each["uid"] for each in thing["metadata"].get("ownerReferences") or ()}
    same = [
        each["revision"]
        for _, each in listed
        if "revision" in each
        and owners & {o["uid"] for o in each["metadata"].get("ownerReferences") or ()}
    ]
    return bool(thing["revision"] < max(same))


def _depth(thing: Json, listed: list[tuple[Json, Json]]) -> int:
    """How many owners there are above an object."""
    owners = {each["uid"] for each in thing["metadata"].get("ownerReferences") or ()}
    above = [each for _, each in listed if each["metadata"]["uid"] in owners]
    return 1 + max((_depth(each, listed) for each in above), default=0)


def _rank(resource: str) -> int:
    plural = resource.rpartition("/")[2]
    return next((i for i, each in enumerate(_FIRST) if each.startswith(plural)), len(_FIRST))


def _builtin(resource: str) -> bool:
    """Whether objects of a type are looked after by Kubernetes' own controllers."""
    return resource.startswith(("apps/", "batch/", "v1/"))
