"""Which writes an Event tells of: those about its object, or whose name and words it has."""

import pytest
from msgspec.structs import replace

from eventstream.explain.world.pods import PodState, read_pod
from tests.explain.stories import Json, Story
from tests.explain.things import deployment, pod, replicaset
from tests.objects.recorded import POD, decoder, text

KCM = "kube-controller-manager"


def scaled(story: Story, *numbers: int) -> tuple[Json, Json]:
    top = story.exists(deployment())
    owned = story.exists(replicaset(top, replicas=2))
    for number in numbers:
        owned = story.change(owned, {"spec": {"replicas": number}}, KCM)
    return top, owned


@pytest.mark.parametrize(
    "said", ["Scaled up replica set {} from 2 to 3", "Scaled up replica set {} to 3 from 2"]
)
def test_of_the_events_about_scaling_a_step_takes_the_one_with_its_own_number(said: str) -> None:
    story = Story()
    top, owned = scaled(story, 3, 30)
    message = said.format(owned["metadata"]["name"])
    story.tell(top, "ScalingReplicaSet", message, "deployment-controller")
    shown = [[e.text for e in story.step(owned, n).evidence if e.source == "event"] for n in (0, 1)]
    assert len(shown[0]) == 1
    assert message in shown[0][0]
    assert shown[1] == []


def test_an_empty_last_state_is_no_earlier_failure() -> None:
    """As the API server writes it of each container that never ended."""
    ready = pod()
    [container] = ready["status"]["containerStatuses"]
    container["lastState"] = {}
    ran = PodState("Running", False, scheduled=True, started=True, ready=True, steady=True)
    assert read_pod(decoder().image(POD, text(ready))) == ran
    container["lastState"] = {"terminated": {"exitCode": 1}}
    assert read_pod(decoder().image(POD, text(ready))) == replace(ran, steady=False)
