"""What is kept of a Pod for the sake of a rule, and nothing else of that part with it."""

from eventstream.objects.decoding import encode
from eventstream.objects.managed_fields import covers
from eventstream.objects.pods import PodSpec
from tests.objects.recorded import POD, decoder, text, thing

CANARY = "canary-4Kd"


def test_of_an_affinity_only_the_nodes_own_name_is_kept() -> None:
    fields = [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}]
    labels = [{"key": CANARY, "operator": "In", "values": [CANARY]}]
    term = {"matchFields": fields, "matchExpressions": labels}
    required = {"nodeSelectorTerms": [term]}
    affinity = {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": required,
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": term}],
        },
        "podAffinity": {CANARY: CANARY},
    }
    image = decoder().image(POD, text(thing("Pod", "v1", spec={"affinity": affinity})))
    assert isinstance(image.spec, PodSpec)
    [kept] = image.spec.affinity.node_affinity.required.node_selector_terms  # type: ignore[union-attr]
    assert kept.match_fields[0].values == ("node-2",)
    assert CANARY.encode() not in encode(image)


def test_of_an_ephemeral_container_name_and_image_are_kept() -> None:
    added = [{"name": "debugger", "image": "busybox:1", "command": [CANARY], "env": [CANARY]}]
    image = decoder().image(POD, text(thing("Pod", "v1", spec={"ephemeralContainers": added})))
    assert [c.image for c in image.spec.ephemeral_containers] == ["busybox:1"]
    assert CANARY.encode() not in encode(image)


def test_of_a_resource_claim_names_are_kept() -> None:
    asked = [{"name": "gpu", "resourceClaimTemplateName": "gpu", "source": {CANARY: CANARY}}]
    made = [{"name": "gpu", "resourceClaimName": "web-gpu-x", "more": CANARY}]
    whole = thing(
        "Pod", "v1", spec={"resourceClaims": asked}, status={"resourceClaimStatuses": made}
    )
    image = decoder().image(POD, text(whole))
    assert [claim.resource_claim_template_name for claim in image.spec.resource_claims] == ["gpu"]
    told = image.status.resource_claim_statuses
    assert [claim.resource_claim_name for claim in told] == ["web-gpu-x"]
    assert CANARY.encode() not in encode(image)


def test_of_a_group_that_a_pod_is_placed_with_its_name_is_kept() -> None:
    group = {"podGroupName": "ring-0", "more": CANARY}
    image = decoder().image(POD, text(thing("Pod", "v1", spec={"schedulingGroup": group})))
    assert image.spec.scheduling_group.pod_group_name == "ring-0"
    assert CANARY.encode() not in encode(image)


def test_who_knows_the_fields_of_an_element_knows_that_it_went() -> None:
    fields = rb'{"f:status":{"f:conditions":{"k:{\"type\":\"Ready\"}":{".":{},"f:status":{}}}}}'
    assert covers(fields, "status.conditions[Ready]") == len("status.conditions[Ready]")
    assert covers(fields, "status.conditions[Other]") == 0
