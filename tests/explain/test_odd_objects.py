"""An object that is not as the API documents it is explained as far as it goes, and says so."""

from typing import Any

import msgspec
import pytest

from eventstream.explain.engine.engine import Engine
from eventstream.explain.vocabulary.records import StepUpsert
from eventstream.objects.decoding import Decoder
from eventstream.objects.observations import Change
from eventstream.objects.resource import Resource

PODS = Resource("", "v1", "pods", "Pod")
DEPLOYMENTS = Resource("apps", "v1", "deployments", "Deployment")


@pytest.mark.parametrize("resource", [PODS, DEPLOYMENTS])
@pytest.mark.parametrize(
    ("content", "odd"),
    [
        ({"spec": {}}, "metadata"),
        ({"metadata": {"name": "x"}}, "metadata.uid"),
        ({"metadata": {"name": "x", "uid": "u"}, "spec": {"template": 7, "nodeName": 5}}, "not as"),
        ({"metadata": {"name": "x", "uid": "u"}, "status": {"conditions": "no"}}, "not as"),
    ],
)
def test_an_odd_object_gets_its_step_and_its_trace(
    resource: Resource, content: dict[str, Any], odd: str
) -> None:
    image = Decoder(b"tests").image(resource, msgspec.json.encode(content))
    engine = Engine("cluster")
    upserts = engine.apply(Change(resource, "ADDED", image, 100.0))
    assert engine.tick(101.0)
    steps = [upsert.step for upsert in upserts if isinstance(upsert, StepUpsert)]
    assert len(steps) == 1
    assert odd in " ".join(piece.text for piece in steps[0].evidence)
