"""Sharing saves memory, and never takes more of it than a bound."""

import pytest
from msgspec import Raw, Struct, json

from eventstream.objects import managed_fields, parts, sharing
from eventstream.objects.bounds import LONGEST
from eventstream.objects.images import FieldsEntry, Image, Metadata
from eventstream.objects.managed_fields import FieldsSettler, paths
from eventstream.objects.pods import Condition, PodStatus
from eventstream.objects.sharing import Kept, Shared, Words
from tests.objects.recorded import POD, decoder, text, thing, watch_line


def test_equal_values_become_one() -> None:
    shared = Shared[tuple[str, ...]]()
    one = ("a", "b")
    equal = (one[0], *one[1:])
    assert one is not equal
    assert shared[one] is shared[equal] is one


def test_what_is_kept_of_a_new_value_is_settled() -> None:
    shared = Shared[str](str.strip)
    assert [shared[value] for value in ("a", "b ", "a")] == ["a", "b", "a"]
    assert list(shared) == ["a", "b"]


def test_pods_of_different_specs_share_their_words() -> None:
    read = decoder()
    one, other = (
        read.image(POD, text(thing(spec={"nodeName": "node-1", "priority": number}))).spec
        for number in (1, 2)
    )
    assert one is not other
    assert one.node_name is other.node_name


def test_objects_share_the_names_of_their_type_their_labels_and_their_containers() -> None:
    read = decoder()
    one, other = (_names(read.event(POD, _line(number)).image) for number in (1, 2))
    assert one == other == ["Pod", "v1", "app", "of", "web", "c"]
    assert all(name is same for name, same in zip(one, other, strict=True))


def _line(number: int) -> bytes:
    pod = thing(status={"containerStatuses": [{"name": "c", "restartCount": number}]})
    pod["metadata"]["labels"] = {"app": "web", "of": f"pod-{number}"}
    return watch_line("ADDED", pod)


def _names(image: Image | None) -> list[str]:
    assert image is not None
    labels = image.metadata.labels or {}
    container = image.status.container_statuses[0].name
    return [image.kind, image.api_version, *labels, labels["app"], container]


def test_pods_of_different_specs_share_their_containers() -> None:
    read = decoder()
    resources = {"requests": {"cpu": "100m"}}
    containers = [{"name": "c", "image": "nginx", "resources": resources}]
    one, other, third = (
        read.image(POD, text(thing(spec={"containers": held, "priority": number}))).spec
        for number, held in enumerate([containers, containers, [{"name": "c"}]])
    )
    assert one.containers is other.containers
    assert one.containers[0].resources.requests == {"cpu": "100m"}
    assert [each.image for each in third.containers] == [""]


def test_an_empty_or_absent_word_stays_as_it_is() -> None:
    image = decoder().image(POD, text(thing(status={"conditions": [{"type": "Ready"}]})))
    (condition,) = image.status.conditions
    assert Words().of(condition, ("status", "reason")) == {}
    assert (condition.type, condition.status, condition.reason) == ("Ready", "", None)


_TIME = "2026-11-29T05:00:00Z"
_CONDITION = {
    "type": "Ready",
    "status": "True",
    "reason": "Started",
    "message": "All is well.",
    "lastTransitionTime": _TIME,
    "lastUpdateTime": _TIME,
    "lastHeartbeatTime": _TIME,
    "observedGeneration": 3,
}
_STATUS = {
    "phase": "Running",
    "reason": "Evicted",
    "message": "The node was low on memory.",
    "nominatedNodeName": "node-2",
    "startTime": _TIME,
    "podIP": "10.0.0.7",
    "qosClass": "Burstable",
    "resize": "Infeasible",
    "observedGeneration": 3,
    "conditions": [_CONDITION],
    "initContainerStatuses": [{"name": "first", "ready": True}],
    "containerStatuses": [{"name": "own", "restartCount": 2}],
    "ephemeralContainerStatuses": [{"name": "added", "started": True}],
    "resourceClaimStatuses": [{"name": "gpu", "resourceClaimName": "web-gpu-x"}],
}
_METADATA = {
    "name": "web-1",
    "namespace": "shop",
    "uid": "7c5a",
    "resourceVersion": "12",
    "generation": 3,
    "generateName": "web-",
    "creationTimestamp": _TIME,
    "deletionTimestamp": _TIME,
    "deletionGracePeriodSeconds": 30,
    "labels": {"app": "web"},
    "annotations": {"deployment.kubernetes.io/revision": "2"},
    "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "4f21"}],
    "finalizers": ["foregroundDeletion"],
    "managedFields": [{"manager": "kubelet", "fieldsV1": {"f:status": {}}}],
}


@pytest.mark.parametrize(
    ("struct", "fields"), [(Metadata, _METADATA), (PodStatus, _STATUS), (Condition, _CONDITION)]
)
def test_settling_loses_no_field(struct: type[Struct], fields: dict[str, object]) -> None:
    came = json.decode(json.encode(fields), type=struct)
    given = [name for name in struct.__struct_fields__ if name != "digest"]
    assert [name for name in given if not getattr(came, name)] == []
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": _METADATA, "status": _STATUS}
    image = decoder().image(POD, json.encode(whole))
    settled = {Metadata: image.metadata, PodStatus: image.status}
    kept = settled.get(struct, image.status.conditions[0])
    assert {name: getattr(kept, name) for name in given} == {
        name: getattr(came, name) for name in given
    }


def test_no_more_than_the_bound_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_KEPT", 10)
    shared = Shared[int]()
    for number in range(95):
        assert shared[number] == number
        assert len(shared) <= 10


def test_no_more_specs_than_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_SPECS_KEPT", 10)
    read = decoder()
    for number in range(35):
        image = read.image(POD, text(thing(spec={"nodeName": str(number)})))
        assert image.spec.node_name == str(number)
        assert len(read._parts._specs) <= 10


def test_no_more_containers_than_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_ALIKE_KEPT", 10)
    read = decoder()
    for number in range(25):
        read.image(POD, text(thing(spec={"containers": [{"name": f"c-{number}"}]})))
        assert 0 < len(read._parts._alike) <= 10


def test_no_more_texts_of_specs_than_the_bound_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "_TEXTS_KEPT", 10)
    read = decoder()
    for number in range(35):
        for _ in range(2):
            image = read.image(POD, text(thing(spec={"nodeName": str(number)})))
            assert image.spec.node_name == str(number)
        assert len(read._parts._latest) <= 10


@pytest.mark.parametrize("longest", [0, 8192])
def test_an_unchanged_spec_is_one_struct_with_one_digest(
    longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_LONGEST_TEXT_KEPT", longest)
    read = decoder()
    pods = [thing(spec={"nodeName": name}) for name in ("n", "n", "m")]
    one, same, other = (read.image(POD, text(pod)).spec for pod in pods)
    assert one is same
    assert one.digest != other.digest
    assert one.digest == decoder().image(POD, text(pods[0])).spec.digest


def test_no_more_bytes_than_the_bound_are_remembered() -> None:
    kept = Kept[int, bytes](most=1000, room=6400)
    for number in range(900):
        assert len(kept.keep(number, b"x" * 50, 50)) == 50
        assert sum(map(len, kept.values())) <= 6400
    assert 0 < len(kept) <= 128


def test_what_takes_too_much_room_is_not_remembered_and_drives_nothing_out() -> None:
    kept = Kept[int, bytes](most=1000, room=6400)
    kept.keep(1, b"small", 5)
    assert kept.keep(2, b"x" * 101, 101) == b"x" * 101
    assert list(kept) == [1]


def test_random_labels_and_names_take_no_more_than_their_bound() -> None:
    read = decoder()
    for number in range(300):
        labels = {f"{number}-{index}": "x" * 60 for index in range(255)}
        names = {"name": f"{number}", "uid": f"{number}", "generateName": "g" * 900 + str(number)}
        content = thing(spec={"nodeName": f"{number}" * 2000})
        content["metadata"] |= names | {"labels": labels}
        image = read.image(POD, text(content))
        assert len(image.spec.node_name) <= LONGEST
    settler = read._metadata
    assert sum(len(str(known)) for known in settler._texts.values()) < 3 * settler._texts.room
    assert sum(map(len, settler._words)) <= settler._words.room


def test_managers_that_nobody_heard_of_take_no_more_than_their_bound() -> None:
    settler = FieldsSettler()
    for number in range(40):
        fields: dict[str, object] = {f"f:{number}-{index}": {} for index in range(9000)}
        entry = FieldsEntry(f"manager-{number}", "Update", fields=Raw(text(fields)))
        assert len(paths(settler.shared(entry).fields)) == 9000
    own = [*vars(managed_fields).values(), *vars(settler).values()]
    tables = [value for value in own if isinstance(value, Kept)]
    assert len(tables) > 5
    assert all(0 <= table.left <= table.room for table in tables)
    assert all(len(raw) * 64 <= settler._raws.room for raw in settler._raws)
