"""The steps of Pods on their way, by the times at which things happened, for the waterfall."""

from typing import Any

from eventstream.explain.vocabulary.records import Evidence, FieldChange, ObjectRef, Step
from tests.dashboard import scenes

BORN = 1_700_000_000.0
OWNER = Evidence("observed", "ownerReference", "names ReplicaSet web-1", "why", "uid-rs")
READY = FieldChange("status.conditions[Ready].status", '"False"', '"True"')


def told(reason: str, message: str, at: float, precision_ms: int = 1) -> Evidence:
    """What the kubelet said at `at` seconds after BORN."""
    text = f"Event {reason} from kubelet: {message}"
    ref = f"{reason}-{message}-{at}"
    return Evidence("reported", "event", text, "why", ref, BORN + at, precision_ms)


def pulled(image: str, took: str = "2s") -> str:
    took = f"in {took} ({took} including waiting)"
    return f'Successfully pulled image "{image}" {took}. Image size: 45000000 bytes.'


class Way:
    """One Pod's steps, added in order; times are seconds after BORN."""

    def __init__(self, name: str = "web-1-a", trace: str = "t", first: int = 1) -> None:
        self.pod: ObjectRef = scenes.ref("Pod", name)
        self.steps: list[Step] = []
        self._trace, self._number = trace, first

    def add(self, actor: str, at: float, **more: Any) -> "Way":
        fields: dict[str, Any] = {
            "at": BORN + at,
            "change_type": "MODIFIED",
            "changes": (),
            "rule": actor,
        }
        step = scenes.step(self._trace, self._number, self.pod, actor, **(fields | more))
        self._number += 1
        self.steps.append(step)
        return self

    def created(self, at: float) -> "Way":
        return self.add("replicaset-controller", at, change_type="ADDED", evidence=(OWNER,))

    def bound(self, at: float) -> "Way":
        return self.add("scheduler", at, verb="bind")

    def reported(
        self, at: float, *said: Evidence, rule: str = "kubelet-starting", **more: Any
    ) -> "Way":
        fields = {"verb": "report", "rule": rule, "node": "n1", "evidence": said}
        return self.add("kubelet", at, **(fields | more))

    def running(self, at: float, *said: Evidence) -> "Way":
        return self.reported(at, *said, rule="kubelet-running", changes=(READY,))


def usual_way(name: str = "web-1-a", at: float = 0.0, pull: float = 2.0, first: int = 1) -> Way:
    """Created, bound after 10 ms, its image pulled after half a second, running and ready."""
    image = "nginx:1"
    said = (
        told("Pulling", f'Pulling image "{image}"', at + 0.5),
        told("Pulled", pulled(image), at + 0.5 + pull),
        told("Started", f"Started container {name}", at + 0.6 + pull),
    )
    way = Way(name, first=first).created(at).bound(at + 0.01)
    return way.reported(at + 0.02).running(at + 0.65 + pull, *said)
