"""A watch of thousands of Pods, made of recorded ones, so that what is measured is real traffic.

Each Pod relives the recorded history of one Pod of the tapes, byte for byte but for its uid, its
owners' uids, its name, its resourceVersions and its times: ten Pods begin in the same second, so
that what is remembered of others helps no more than in a cluster. Nothing is random: every run
gets the same bytes.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import cycle, islice
from pathlib import Path

TAPES = Path(__file__).resolve().parent.parent / "practicecluster" / "tapes"

AT_ONCE = 100
"""How many Pods live through their histories at the same time, as in a large rollout."""
A_SECOND = 10
"""How many of them begin in the same second."""

_TOKEN = re.compile(rb"kube-api-access-\w{5}")
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass
class History:
    """The recorded versions of one Pod: (type of the WatchEvent, resourceVersion, JSON)."""

    uid: str
    name: str
    owners: tuple[str, ...]
    versions: list[tuple[str, str, bytes]] = field(default_factory=list)

    def relived(self, number: int) -> Iterator[tuple[str, str, bytes]]:
        """The same versions, of a Pod of its own: the one with this `number`."""
        for type_, version, body in self.versions:
            yield type_, version, self.renamed(body, number)

    def renamed(self, body: bytes, number: int) -> bytes:
        """One of its versions, of the Pod with this `number`."""
        replacements = [(self.uid, fresh_uid(self.uid, number)), (self.name, f"pod-{number}")]
        replacements += [(owner, fresh_uid(owner, number // AT_ONCE)) for owner in self.owners]
        for old, new in replacements:
            body = body.replace(old.encode(), new.encode())
        return later(body, number // A_SECOND)

    def at_rest(self) -> tuple[str, bytes] | None:
        """The resourceVersion and the JSON of the last version that was ready, if any was."""
        found = None
        for _, version, body in self.versions:
            pod = json.loads(body)
            conditions = pod.get("status", {}).get("conditions", ())
            ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
            if ready and "deletionTimestamp" not in pod["metadata"]:
                found = version, body
        return found


def recorded_histories() -> list[History]:
    """The history of every Pod on the shipped tapes, in order of tape and first appearance."""
    histories: dict[str, History] = {}
    for tape in sorted(TAPES.glob("*.jsonl")):
        for line in tape.read_text(encoding="utf-8").split("\n"):
            if '"resource":"v1/pods"' in line[:80]:
                for type_, pod in _versions(json.loads(line)):
                    _remember(histories, type_, pod)
    return list(histories.values())


def pod_watch(pods: int, events: int) -> list[bytes]:
    """The lines of a watch of `pods` Pods, `events` in all, each with its line feed."""
    return list(pod_lines(pods, events))


def pod_lines(pods: int, events: int) -> Iterator[bytes]:
    """The same, each made when it is asked for.

    Long and short histories are mixed so that the Pods need at least that many events; what is
    over is cut off at the end.
    """
    number = 0
    chosen = _chosen(recorded_histories(), pods, events)
    for first in range(0, pods, AT_ONCE):
        some = enumerate(islice(chosen, AT_ONCE), first)
        running = [history.relived(pod) for pod, history in some]
        while running:
            going_on = []
            for relived in running:
                for type_, version, body in islice(relived, 1):
                    number += 1
                    yield _line(type_, version, body, number)
                    going_on.append(relived)
                    if number == events:
                        return
            running = going_on
    raise ValueError(f"{pods} recorded Pods give {number} events, not {events}")


def pods_at_rest(pods: int) -> Iterator[bytes]:
    """As many Pods as asked, each as it was when it was ready, as the lines of a first watch.

    Each has a token's volume of its own name, as in a cluster: so no two specs are equal.
    """
    histories = [(history, history.at_rest()) for history in recorded_histories()]
    ready = cycle([(history, rest) for history, rest in histories if rest is not None])
    for number, (history, (version, body)) in zip(range(pods), ready, strict=False):
        token = b"kube-api-access-%05x" % number
        yield _line("ADDED", version, _TOKEN.sub(token, history.renamed(body, number)), number + 1)


def _versions(recorded: dict[str, object]) -> list[tuple[str, dict[str, object]]]:
    """(type, Pod) of a tape's line about Pods; the items of a list as if they were just added."""
    type_, content = recorded["type"], recorded["object"]
    assert isinstance(type_, str)
    assert isinstance(content, dict)
    if type_ == "LIST":
        head = {"apiVersion": "v1", "kind": "Pod"}
        return [("ADDED", head | item) for item in content["items"]]
    return [] if type_ == "BOOKMARK" else [(type_, content)]


def _remember(histories: dict[str, History], type_: str, pod: dict[str, object]) -> None:
    metadata = pod["metadata"]
    assert isinstance(metadata, dict)
    uid = metadata["uid"]
    owners = tuple(owner["uid"] for owner in metadata.get("ownerReferences", ()))
    history = histories.setdefault(uid, History(uid, metadata["name"], owners))
    body = json.dumps(pod, ensure_ascii=False, separators=(",", ":")).encode()
    history.versions.append((type_, metadata["resourceVersion"], body))


def _chosen(histories: list[History], pods: int, events: int) -> Iterator[History]:
    """`pods` histories whose events add up to `events` or little more."""
    wanted = events / pods
    long_ones = [history for history in histories if len(history.versions) >= wanted]
    if not long_ones:
        raise ValueError(f"no recorded Pod has {wanted:g} events; ask for fewer a Pod")
    long = cycle(long_ones)
    short = cycle([history for history in histories if len(history.versions) < wanted] or long_ones)
    total = 0
    for number in range(1, pods + 1):
        history = next(short if total > wanted * number else long)
        total += len(history.versions)
        yield history


def _line(type_: str, version: str, body: bytes, number: int) -> bytes:
    """The line of a watch with this version of an object, at the resourceVersion `number`."""
    old, new = f'"resourceVersion":"{version}"', f'"resourceVersion":"{number}"'
    fresh = body.replace(old.encode(), new.encode())
    return b'{"type":"%s","object":%s}\n' % (type_.encode(), fresh)


def later(body: bytes, seconds: int) -> bytes:
    """The body with all its times so many seconds later."""
    return _TIME.sub(lambda found: _later(found[0], seconds), body)


@lru_cache(maxsize=65536)
def _later(time: bytes, seconds: int) -> bytes:
    moment = datetime.fromisoformat(time.decode()) + timedelta(seconds=seconds)
    return moment.isoformat().encode()


def fresh_uid(recorded: str, number: int) -> str:
    """The uid of the object with this number that lives through what a recorded one did."""
    digest = hashlib.sha256(f"{recorded}/{number}".encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
