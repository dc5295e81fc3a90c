"""The sentence with which a trace begins says what was changed, as far as that is kept."""

from typing import Any

import pytest

from tests.explain.stories import Story
from tests.explain.things import deployment, template

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def changed(**container: Any) -> dict[str, Any]:
    made = template()
    made["spec"]["containers"][0] |= container
    return {"spec": {"template": made}}


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (changed(image="nginx:2"), "image of c nginx 1 → 2"),
        (
            changed(resources={"requests": {"memory": "1Gi"}}),
            "memory request of c unset → 1Gi",
        ),
        (
            changed(image="nginx:2", resources={"requests": {"memory": "1Gi"}}),
            "image of c nginx 1 → 2 and memory request of c unset → 1Gi",
        ),
        (
            changed(env=[{"name": "MODE", "value": "live"}]),
            "something that is not kept changed, such as env or a command",
        ),
        ({"spec": {"replicas": 5}}, "scaled 2 → 5"),
        ({"metadata": {"labels": {"team": "a"}}}, "label team changed"),
        (
            {"metadata": {"labels": {"team": "a"}, "annotations": {APPLIED: "{}"}}},
            "label team changed",
        ),
        (
            {"metadata": {"labels": {"team": "a"}, "annotations": {"shop.example/of": "b"}}},
            "label team and annotation shop.example/of changed",
        ),
    ],
)
def test_a_change_is_told_by_what_it_changed(patch: dict[str, Any], said: str) -> None:
    story = Story()
    web = story.create(deployment(), "kubectl-create")
    story.change(web, patch, "kubectl-edit")
    begun = [t for t in story.told().traces.values() if "kubectl-edit" in t.cause]
    assert [t.cause for t in begun] == [f"{said} by kubectl-edit (a name the client chose)"]
