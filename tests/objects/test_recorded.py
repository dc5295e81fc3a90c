"""Every object that a real cluster sent decodes without a flag, and encodes to itself."""

import json
from pathlib import Path

import pytest

from eventstream.objects.decoding import encode
from eventstream.objects.images import Image
from eventstream.objects.kinds import BUILT_IN
from eventstream.objects.pods import Part
from tests.conftest import Golden
from tests.objects.recorded import KEY, TAPES, decoder, entries, objects, resource_of, text

each_tape = pytest.mark.parametrize("tape", TAPES, ids=lambda tape: tape.stem)


@each_tape
def test_every_object_decodes_without_a_flag_and_reads_back_as_itself(tape: Path) -> None:
    read, again = decoder(), decoder()
    seen = 0
    for resource, content in objects(tape):
        image = read.image(resource, text(content))
        assert image.flags == ()
        assert again.image(resource, encode(image)) == image
        assert encode(again.image(resource, encode(image))) == encode(image)
        seen += 1
    assert seen > 50


@each_tape
def test_a_line_a_page_and_an_object_alone_give_the_same_image(tape: Path) -> None:
    """The quick way through a watch's line leaves nothing out that the thorough way sees."""
    lines, alone = decoder(), decoder()
    for entry in entries(tape):
        resource = resource_of(entry)
        if entry["type"] == "LIST":
            page = lines.page(resource, text(entry["object"]))
            items = [alone.image(resource, text(item)) for item in entry["object"]["items"]]
            assert list(page.images) == items
            assert page.version == entry["object"]["metadata"]["resourceVersion"]
            assert page.continue_token == ""
            continue
        watched = lines.event(resource, text({key: entry[key] for key in ("type", "object")}))
        assert watched.type == entry["type"]
        assert watched.version == entry["object"]["metadata"]["resourceVersion"]
        if entry["type"] != "BOOKMARK":
            assert watched.image == alone.image(resource, text(entry["object"]))


@each_tape
def test_kinds_with_structs_are_read_into_them(tape: Path) -> None:
    read = decoder()
    for resource, content in objects(tape):
        structs = BUILT_IN.get((resource.group, resource.kind))
        if structs is not None:
            image = read.image(resource, text(content))
            assert (type(image.spec), type(image.status)) == structs
            assert isinstance(image.spec, Part)
            assert len(image.spec.digest) == len(image.status.digest) == 16


def test_both_forms_of_events_give_the_same_facts() -> None:
    """They are the same objects; only the old form's count and source come under other names."""
    pairs: dict[tuple[str, str], dict[str, Image]] = {}
    read = decoder()
    for tape in TAPES:
        for resource, content in objects(tape):
            if resource.plural == "events":
                image = read.image(resource, text(content))
                pairs.setdefault((image.uid, image.version), {})[resource.group] = image
    both = [pair for pair in pairs.values() if len(pair) == 2]
    assert len(both) > 100
    for pair in both:
        old, new = pair[""].spec, pair["events.k8s.io"].spec
        for name in ("involved_object", "reason", "message", "type", "component", "host", "times"):
            assert getattr(old, name) == getattr(new, name), name
        assert pair[""].metadata == pair["events.k8s.io"].metadata


KINDS = {
    "create": ["Deployment", "ReplicaSet", "Pod", "Event"],
    "operator": ["CustomResourceDefinition", "Website"],
    "workloads": ["StatefulSet", "DaemonSet", "Job", "CronJob", "ControllerRevision"],
    "quota": ["ResourceQuota"],
    "self_heal": ["Node", "Lease", "Namespace"],
}


@pytest.mark.parametrize("name", KINDS)
def test_what_is_kept_of_each_kind_is_as_reviewed(name: str, golden: Golden) -> None:
    tape = next(tape for tape in TAPES if tape.stem == name)
    last: dict[str, Image] = {}
    read = decoder()
    for resource, content in objects(tape):
        image = read.image(resource, text(content))
        last[image.kind] = image
    kept = [json.loads(encode(last[kind])) for kind in KINDS[name]]
    path = Path(__file__).with_name("golden") / f"{name}.json"
    golden(path, json.dumps(kept, indent=1) + "\n")


def test_equal_parts_of_many_objects_are_one() -> None:
    """What makes ten thousand Pods small."""
    tape = next(tape for tape in TAPES if tape.stem == "rolling_update")
    read = decoder()
    pods = [read.image(r, text(content)) for r, content in objects(tape) if r.plural == "pods"]
    owners = {pod.metadata.owner_references for pod in pods}
    assert len({id(pod.metadata.owner_references) for pod in pods}) == len(owners)
    conditions = [condition for pod in pods for condition in pod.status.conditions]
    assert len({id(condition) for condition in conditions}) == len(set(conditions))
    specs = {(pod.uid, pod.spec.digest) for pod in pods}
    assert len({id(pod.spec) for pod in pods}) == len(specs)
    fields = [entry.fields for pod in pods for entry in pod.metadata.managed_fields]
    assert len({id(one) for one in fields}) == len({bytes(one) for one in fields})


def test_the_key_is_not_in_what_is_kept() -> None:
    resource, content = next(objects(TAPES[0]))
    assert KEY not in encode(decoder().image(resource, text(content)))
