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


ODD_METADATA: list[dict[str, object]] = [
    {"name": "web-0", "namespace": "shop"},
    {"name": "web-1", "namespace": "shop", "uid": "a/b"},
    {"name": "web-2", "namespace": "shop", "uid": ".."},
    {"name": "web-3", "namespace": "shop", "uid": "a b?c#d%2F\n\u202e"},
    {"name": "web-4", "namespace": "shop", "uid": "é" * 10_000},
    {"name": "-o yaml", "namespace": "--all", "uid": "u-5"},
    {"name": "x" * 10_000, "namespace": "", "uid": "u-6"},
    {"name": "web-7", "uid": "u-7", "generation": 10**40, "deletionGracePeriodSeconds": 2**63},
    {"name": "web-8", "uid": "u-8", "creationTimestamp": "0001-01-01T00:00:00+23:59"},
    {"name": "web-9", "uid": "u-9", "deletionTimestamp": "9999-12-31T23:59:59-23:59"},
    {"name": "web-a", "uid": "u-a", "ownerReferences": [{"uid": "u-a", "controller": True}]},
    {"name": "web-b", "uid": "u-b", "annotations": {"deployment.kubernetes.io/revision": "²"}},
]


@pytest.mark.parametrize("kind", ["Pod", "Deployment", "Website"])
def test_odd_metadata_breaks_no_page(client: Client, tmp_path: Path, kind: str) -> None:
    version, plural, _ = next(each for each in types_watched() if each[2] == kind)
    of_kind = {"apiVersion": version, "kind": kind, "spec": {"replicas": 3}}
    lines = []
    for number, metadata in enumerate(ODD_METADATA):
        more = metadata | {"resourceVersion": f"9{number}", "finalizers": ["a"]}
        for later, held in enumerate((metadata, more), 1):
            lines.append(
                line(f"{version}/{plural}", of_kind | {"metadata": held}, 2 * number + later)
            )
    assert stored(tmp_path / "odd.jsonl", lines, "c") == []
    told = set(StepRow.objects.values_list("object__name", flat=True))
    assert told == {metadata["name"] for metadata in ODD_METADATA}
    looked_at(client)


ODD_STATUS = [[], [1], "Ready", 7, None, {"conditions": {}}, [[["a"]]]]


@pytest.mark.parametrize("kind", ["Website", "Node", "Event", "Lease", "Pod", "Deployment", "Job"])
def test_a_custom_resource_may_hold_anything_and_be_called_anything(
    client: Client, tmp_path: Path, kind: str
) -> None:
    lines = []
    for number, status in enumerate(ODD_STATUS, 1):
        metadata = {"name": f"a-{number}", "namespace": "kube-node-lease", "uid": f"u-{number}"}
        content = {"apiVersion": "example.com/v1", "kind": kind, "spec": status, "status": status}
        whole = content | {"metadata": metadata | {"resourceVersion": str(number)}}
        lines.append(line("example.com/v1/things", whole, number))
    assert stored(tmp_path / "odd.jsonl", lines, "c") == []
    assert list(StepRow.objects.values_list("place__kind", flat=True)) == [kind] * len(ODD_STATUS)
    assert TraceRow.objects.count() == len(ODD_STATUS)
    looked_at(client)
