"""Without the right to watch some kinds less is known of a recording, and nothing wrong is said."""

import pytest

from scripts.accuracy import truth
from tests.explain.tapes import NAMES, fold, observations

HIDDEN: list[tuple[str, ...]] = [
    ("Event",),
    ("ReplicaSet",),
    ("Deployment",),
    ("Pod",),
    ("Node",),
    ("Lease", "Node"),
    ("Job",),
    ("StatefulSet",),
    ("ControllerRevision",),
    ("Namespace", "ResourceQuota"),
    ("CustomResourceDefinition",),
    ("Event", "ReplicaSet"),
    ("Event", "Deployment", "ReplicaSet"),
    ("Event", "ControllerRevision"),
    ("Event", "Job"),
]


@pytest.mark.parametrize("hidden", HIDDEN, ids="-".join)
def test_no_actor_becomes_wrong_where_kinds_are_missing(hidden: tuple[str, ...]) -> None:
    wrong, right = list[str](), 0
    for name in NAMES:
        shown = [found for found in observations(name) if found.resource.kind not in hidden]
        steps = {(s.object.uid, s.resource_version): s for s in fold(shown).steps.values()}
        for row in truth(name):
            step = steps.get((row["uid"], row["resourceVersion"]))
            right += step is not None and step.actor == row["actor"]
            if step is not None and step.actor not in (row["actor"], "unknown"):
                wrong.append(f"{name}: {row['name']} {row['resourceVersion']}: {step.what}")
    assert not wrong
    assert right > 300
