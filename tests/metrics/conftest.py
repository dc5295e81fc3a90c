"""A process that counts, with traces in several namespaces, and answers read back."""

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from dashboard.metrics import gathering, named
from dashboard.metrics.exposition import text
from eventstream import metrics
from eventstream.explain.vocabulary.records import ObjectRef, Trace, TraceUpsert
from eventstream.history import Rights
from eventstream.metrics import Commits, Counting, observed
from tests.dashboard import scenes

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


class Queue:
    """Something that stores: 3 rows wait, of 10 that may."""

    pending, limit = 3, 10

    def __init__(self) -> None:
        self.commits = Commits(done=5, failed=1, lag=0.25, spent=0.5)


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    """The counts of an observer of this process."""
    monkeypatch.setattr(observed, "_places", [])
    return metrics.observing(Queue())


def stood(id_: str, state: str, namespace: str | None = "web", **more: Any) -> Trace:
    """A trace that begins with a Deployment, or in no namespace with a Node."""
    root = ObjectRef("apps/v1", "Deployment", namespace, id_, f"uid-{id_}")
    if namespace is None:
        root = ObjectRef("v1", "Node", None, id_, f"uid-{id_}")
    return scenes.trace(id_, root, 100.0, state=state, **more)


def busy(counting: Counting) -> None:
    """Let some rollouts run, end and stand still, in two namespaces, and a node."""
    stalled: dict[str, Any] = {
        "diagnosis": "image-not-found",
        "sources": ("Pod@web", "Deployment.apps@web"),
    }
    traces = (
        stood("a", "running"),
        stood("b", "stalled", **stalled),
        stood("c", "complete", "shop", ended=140.0),
        stood("c", "complete", "shop", ended=140.0, settled=True),
        stood("d", "unknown", None),
    )
    counting.take(None, [TraceUpsert(each) for each in traces])


def answered(rights: Rights, accept: str = "") -> bytes:
    """What is answered to who has those rights."""
    read = gathering.known()
    covered = read.covered if read is not None else []
    samples = [*gathering.of_process(read), *named.of_cluster(covered, rights)]
    return text(samples, accept)[0]


def series(body: bytes) -> Series:
    """Each series of an answer with its value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def of(name: str, body: bytes) -> dict[tuple[str, ...], float]:
    """The values of one metric by those of its labels, in the order of their names."""
    return {
        tuple(value for _, value in labels): number
        for (found, labels), number in series(body).items()
        if found == name
    }
