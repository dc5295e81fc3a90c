"""Which diagnoses a simulated world bears out, by its images and lost kubelets alone."""

from collections.abc import Iterator

from eventstream.explain.records import Trace
from tests.explain.simulation.server import Written
from tests.explain.simulation.weeks import WholeCluster
from tests.explain.tapes import Result

_IMAGES = {"crash-loop": ("crash/", "done/"), "image-not-found": ("bad/",)}
_CAUSED = {*_IMAGES, "node-lost"}


def diagnosed(told: Result) -> list[Trace]:
    """The traces with a diagnosis whose cause this world can name."""
    return [trace for trace in told.traces.values() if trace.diagnosis in _CAUSED]


def unfounded(cluster: WholeCluster, told: Result) -> Iterator[str]:
    """What is diagnosed without its cause, or held by another than the kubelet."""
    names = {code: set(_troubled(cluster, starts)) for code, starts in _IMAGES.items()}
    names["node-lost"] = set(cluster.silent)
    for trace in diagnosed(told):
        words = trace.summary.replace(";", " ").replace(",", " ").split()
        if not names[trace.diagnosis or ""].intersection(words):
            yield f"{trace.title}: {trace.diagnosis} without its cause: {trace.summary}"
        if trace.holder != "kubelet":
            yield f"{trace.title}: {trace.diagnosis} is held by {trace.holder}"


def _troubled(cluster: WholeCluster, starts: tuple[str, ...]) -> Iterator[str]:
    """The Pods that are still there, and whose image makes their kubelet fail."""
    pods: dict[str, Written] = {}
    for written in cluster.written:
        if written.kind == "Pod":
            pods[written.thing["metadata"]["uid"]] = written
    for last in pods.values():
        if last.type != "DELETED" and _image(last).startswith(starts):
            yield last.thing["metadata"]["name"]


def _image(written: Written) -> str:
    return str(written.thing["spec"]["containers"][0]["image"])
