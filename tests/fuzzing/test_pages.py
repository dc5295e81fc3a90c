"""Every page can be looked at, whatever the objects in history are like."""

from pathlib import Path

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventstream.explain.engine.engine import Engine
from eventstream.models import StepRow, TraceRow
from eventstream.recorder.batch import Batch
from eventstream.recorder.commit import commit
from eventstream.replaying import PassedOver, replay
from tests.fuzzing import odd, pages
from tests.fuzzing.samples import types_watched

pytestmark = pytest.mark.django_db
KEY = b"tests"
FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def stored(path: Path, lines: list[bytes], cluster: str) -> list[str]:
    """Put such a recording into history; returns what was passed over, in words."""
    path.write_bytes(b"\n".join(lines) + b"\n")
    batch, passed_over = Batch(), []
    for shown in replay(Engine(cluster), path, KEY):
        if isinstance(shown, PassedOver):
            passed_over.append(str(shown))
        else:
            batch.add(shown.observation, shown.upserts)
    commit(batch, 1_795_000_100.0)
    return passed_over


def line(resource: str, content: object, number: int = 1, t: float = 1_795_000_000.0) -> bytes:
    recorded = {"t": t + number, "resource": resource, "type": "ADDED", "object": content}
    return odd.written(recorded)


def looked_at(client: Client) -> None:
    """Ask for everything: an object that is gone has no page, and all else has."""
    for address, status in pages.looked_at(client).items():
        assert status == 200 or (status == 404 and address.startswith("/objects/")), address


@FEW
@given(seed=st.integers(0, 10_000))
def test_odd_objects_break_no_page(client: Client, tmp_path: Path, seed: int) -> None:
    stored(tmp_path / "odd.jsonl", odd.odd_recording(odd.seeded(seed), most=4), f"cluster-{seed}")
    looked_at(client)


ODD_METADATA = [
    {"name": "web", "namespace": "shop"},
    {"name": "web", "namespace": "shop", "uid": "a/b"},
    {"name": "web", "namespace": "shop", "uid": ".."},
    {"name": "web", "namespace": "shop", "uid": "a b?c#d%2F\n\u202e"},
    {"name": "web", "namespace": "shop", "uid": "é" * 10_000},
    {"name": "-o yaml", "namespace": "--all", "uid": "u-1"},
    {"name": "x" * 10_000, "namespace": "", "uid": "u-1"},
    {"name": "web", "uid": "u-1", "generation": 10**40, "deletionGracePeriodSeconds": 2**63},
    {"name": "web", "uid": "u-1", "creationTimestamp": "0001-01-01T00:00:00+23:59"},
    {"name": "web", "uid": "u-1", "deletionTimestamp": "9999-12-31T23:59:59-23:59"},
    {"name": "web", "uid": "u-1", "ownerReferences": [{"uid": "u-1", "controller": True}]},
    {"name": "web", "uid": "u-1", "annotations": {"deployment.kubernetes.io/revision": "²"}},
]


@pytest.mark.parametrize("metadata", ODD_METADATA, ids=range(len(ODD_METADATA)))
@pytest.mark.parametrize("kind", ["Pod", "Deployment", "Website"])
def test_odd_metadata_breaks_no_page(
    client: Client, tmp_path: Path, metadata: dict[str, object], kind: str
) -> None:
    version, plural, _ = next(each for each in types_watched() if each[2] == kind)
    content = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"replicas": 3}}
    more = content | {"metadata": metadata | {"resourceVersion": "9", "finalizers": ["a"]}}
    key = f"{version}/{plural}"
    assert stored(tmp_path / "odd.jsonl", [line(key, content), line(key, more, 2)], "c") == []
    assert StepRow.objects.exists()
    looked_at(client)


@pytest.mark.parametrize("status", [[], [1], "Ready", 7, None, {"conditions": {}}, [[["a"]]]])
@pytest.mark.parametrize("kind", ["Website", "Node", "Event", "Lease", "Pod", "Deployment", "Job"])
def test_a_custom_resource_may_hold_anything_and_be_called_anything(
    client: Client, tmp_path: Path, kind: str, status: object
) -> None:
    metadata = {"name": "a", "namespace": "kube-node-lease", "uid": "u-1", "resourceVersion": "1"}
    content = {"apiVersion": "example.com/v1", "kind": kind, "metadata": metadata, "spec": status}
    written = line("example.com/v1/things", content | {"status": status})
    assert stored(tmp_path / "odd.jsonl", [written], "c") == []
    assert StepRow.objects.get().place.kind == kind
    assert TraceRow.objects.exists()
    looked_at(client)
