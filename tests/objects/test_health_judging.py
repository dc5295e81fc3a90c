"""What a declaration, a convention and an object's own generations make of each other."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from eventstream.kinds.files import read_kinds
from eventstream.objects.decoding import Decoder
from eventstream.objects.health.conventions import by_convention
from eventstream.objects.health.errors import spoken
from eventstream.objects.health.judging import Judge
from eventstream.objects.health.records import Health
from eventstream.objects.resource import Resource

Json = dict[str, Any]
GROUP = "example.org"
DECLARED = """
group: example.org
kinds: [Widget]
source: https://example.org/docs
"""


def condition(type_: str, status: str = "True", reason: str = "", **more: Any) -> Json:
    return {"type": type_, "status": status, "reason": reason} | more


def judge(tmp_path: Path, text: str = "") -> Judge:
    (tmp_path / "kinds.yaml").write_text(DECLARED + text)
    return Judge(read_kinds(tmp_path))


def said(judge: Judge, status: Json, spec: Json | None = None, kind: str = "Widget") -> Health:
    metadata = {"name": "a", "namespace": "shop", "generation": 2}
    found = {"kind": kind, "metadata": metadata, "spec": spec or {}, "status": status}
    health = judge(GROUP, kind, found)
    assert health is not None
    return health


FAILED = condition("Ready", "False", "FetchFailed")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"observedGeneration": 1, "conditions": [FAILED]}, "progressing"),
        ({"observedGeneration": 1, "conditions": [FAILED | {"observedGeneration": 1}]},
         "progressing"),
        ({"observedGeneration": 1, "conditions": [FAILED | {"observedGeneration": 2}]}, "failed"),
        ({"observedGeneration": -1, "conditions": [FAILED | {"observedGeneration": 2}]}, "failed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["Widget", "Undeclared"])
def test_a_generation_counts_as_seen_once_a_condition_is_of_it(
    tmp_path: Path, status: Json, state: str, kind: str
) -> None:
    assert said(judge(tmp_path), status, kind=kind).state == state


def test_a_failure_counts_where_only_success_notes_a_generation(tmp_path: Path) -> None:
    noted = judge(tmp_path, "observes: success\n")
    old = {"observedGeneration": 1}
    assert said(noted, old | {"conditions": [FAILED]}).state == "failed"
    ready = said(noted, old | {"conditions": [condition("Ready")]})
    assert (ready.state, ready.stale) == ("progressing", True)


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        (condition("Ready"), condition("Ready", "False", "SyncError"), "failed"),
        (condition("Ready", "False", "SyncError"), condition("Ready"), "complete"),
        (condition("Ready", lastTransitionTime="2026-02-01T00:00:00Z"),
         condition("Ready", "False", "SyncError", lastTransitionTime="2026-01-01T00:00:00Z"),
         "complete"),
        (condition("Ready", lastTransitionTime="2026-02-01T00:00:00Z"),
         condition("Ready", "False", "SyncError", lastTransitionTime="2026-02-01T00:00:00Z"),
         "complete"),
    ],
)  # fmt: skip
def test_of_two_conditions_of_one_type_the_newest_counts(
    tmp_path: Path, first: Json, second: Json, state: str
) -> None:
    status = {"conditions": [first, second]}
    usual = by_convention({"status": status})
    assert usual is not None
    assert usual.state == state
    rule = "rules: [{is: failed, when: condition('Ready').status == 'False'}]\n"
    assert said(judge(tmp_path, rule), status).state == state


@pytest.mark.parametrize(
    ("kind", "status", "over", "patient"),
    [
        ("BuildRun", {"phase": "Running"}, False, True),
        ("BuildRun", {"phase": "Pending"}, False, False),
        ("BuildRun", {"phase": "Succeeded"}, True, False),
        ("Backup", {"phase": "Available"}, False, False),
        ("Widget", {"phase": "Completed"}, False, False),
        ("Widget", {"conditions": [condition("Succeeded", "Unknown", "Running")]}, False, True),
        ("Widget", {"conditions": [condition("Succeeded", "Unknown", "Resolving")]}, False, False),
        ("Widget", {"conditions": [condition("Succeeded")]}, True, False),
        ("Widget", {"conditions": [condition("Ready", "False", "Creating")]}, False, False),
    ],
)
def test_what_ends_takes_any_time_and_is_over_once(
    kind: str, status: Json, over: bool, patient: bool
) -> None:
    health = by_convention({"kind": kind, "status": status})
    assert health is not None
    assert (health.over, health.patient) == (over, patient)


WAITS = """
waitsFor:
  - '"Store.example.org/" + spec.store'
  - >-
    at("spec.other.kind") + ".example.org/" + string(at("spec.other.namespace")) + "/" +
    string(at("spec.other.name"))
  - spec.needs.map(n, "Widget.example.org/" + n)
"""


def test_it_names_what_it_waits_for_while_it_is_not_done(tmp_path: Path) -> None:
    waits = judge(tmp_path, WAITS)
    pending: Json = {"phase": "Pending"}
    assert said(waits, pending).waits_for == ()
    assert said(waits, pending, {"store": "s"}).waits_for == ("Store.example.org/s",)
    other = {"kind": "Store", "namespace": "far", "name": "o"}
    many = {"store": "s", "other": other, "needs": ["a", "b", "a"]}
    assert said(waits, pending, many).waits_for == (
        "Store.example.org/s", "Store.example.org/far/o", "Widget.example.org/a",
        "Widget.example.org/b",
    )  # fmt: skip
    assert said(waits, {"phase": "Ready"}, many).waits_for == ()
    assert said(waits, pending | {"observedGeneration": 1}, many).waits_for == ()
    assert len(said(waits, pending, {"needs": [str(n) for n in range(20)]}).waits_for) == 16


def test_a_claim_of_an_undeclared_kind_waits_for_what_it_is_a_claim_to(tmp_path: Path) -> None:
    ref = {"apiVersion": "example.org/v1", "kind": "XWidget", "name": "a-x"}
    known = judge(tmp_path)
    waits = {"conditions": [condition("Ready", "False", "Waiting")]}
    found = said(known, waits, {"resourceRef": ref}, "Claim")
    assert found.waits_for == ("XWidget.example.org/a-x",)
    assert said(known, waits, {"resourceRef": {"name": "a"}}, "Claim").waits_for == ()


@pytest.mark.parametrize(
    ("when", "state"),
    [
        ("status.phase == 'x' && spec.a.b == 1", "failed"),
        ("object.spec.a.b == 1", "failed"),
        ("size(status) == 2", "failed"),
        ("status['phase'] == 'x'", "failed"),
        ("has(status.gone) || spec.a.b == 1", "failed"),
        ("has(status.empty)", "unknown"),
        ("status.phase == 'x' && metadata.generation == 2", "failed"),
        ("metadata.name + '/' + metadata.namespace == 'a/shop'", "failed"),
        ("status.phase.matches(r'^x$')", "failed"),
        ("status.phase == '''x''' && b'y' == B'y'", "failed"),
        ("[1, 2].existsOne(one, one == status.n)", "failed"),
        ("status.n == 1 // as it's counted", "failed"),
    ],
)
def test_an_expression_sees_what_it_names(tmp_path: Path, when: str, state: str) -> None:
    text = f'otherwise: unknown\nrules: [{{is: failed, when: "{when}"}}]\n'
    status: Json = {"phase": "x", "empty": None, "n": 1}
    assert said(judge(tmp_path, text), status, {"a": {"b": 1}}).state == state


REFERENCE = {"kind": "Odd", "name": "o"}


@pytest.mark.parametrize(
    ("at", "names"),
    [
        ("a", ("Store.example.org/a",)),
        ("", ()),
        (None, ()),
        (7, ()),
        ({"name": "s"}, ("Store.example.org/s",)),
        ({"name": "s", "namespace": "far"}, ("Store.example.org/far/s",)),
        (REFERENCE, ("Odd.example.org/o",)),
        (REFERENCE | {"apiVersion": "infra.example.com/v1"}, ("Odd.infra.example.com/o",)),
        (REFERENCE | {"apiVersion": "v1"}, ("Odd./o",)),
        (REFERENCE | {"apiGroup": "infra.example.com"}, ("Odd.infra.example.com/o",)),
        (REFERENCE | {"group": "infra.example.com"}, ("Odd.infra.example.com/o",)),
        ([{"name": "a"}, "b", {"namespace": "c"}], ("Store.example.org/a", "Store.example.org/b")),
    ],
)
def test_a_reference_names_an_object_whatever_its_form(
    tmp_path: Path, at: Any, names: tuple[str, ...]
) -> None:
    waits = judge(tmp_path, 'waitsFor: [\'named("spec.at", "Store.example.org")\']\n')
    assert said(waits, {"phase": "Pending"}, {"at": at}).waits_for == names


def test_references_are_found_in_each_entry_of_a_list(tmp_path: Path) -> None:
    waits = judge(tmp_path, 'waitsFor: [\'named("spec.many.at", "Store.example.org")\']\n')
    many = [{"at": {"name": "a"}}, {}, {"at": [{"name": "b"}]}]
    assert said(waits, {"phase": "Pending"}, {"many": many}).waits_for == (
        "Store.example.org/a",
        "Store.example.org/b",
    )


def test_workloads_come_first_of_what_flux_has_applied(tmp_path: Path) -> None:
    waits = judge(tmp_path, "waitsFor: ['applied(\"status.inventory.entries.id\")']\n")
    ids = ["_shop__Namespace", "shop_web_example.org_Route", "shop_web_apps_Deployment", "odd", 3]
    status = {"phase": "Pending", "inventory": {"entries": [{"id": one} for one in ids]}}
    assert said(waits, status).waits_for == (
        "Deployment.apps/shop/web",
        "Route.example.org/shop/web",
    )


def test_what_its_spec_has_rest_is_not_waited_for_to_be_seen(tmp_path: Path) -> None:
    rule = "rules:\n  - is: suspended\n    when: spec.suspend == true\n    holder: client\n"
    resting = judge(tmp_path, rule)
    health = said(resting, {"observedGeneration": -1}, {"suspend": True})
    assert (health.state, health.holder, health.stale) == ("suspended", "client", False)
    assert said(resting, {"observedGeneration": -1}, {"suspend": False}).stale


@pytest.mark.parametrize(
    ("timeout", "takes"),
    [("5m0s", 300.0), ("1h30m", 5400.0), ("90s", 90.0), ("1.5s", 1.0), ("", 60.0), ("soon", 0.0)],
)
def test_work_is_given_the_time_that_it_asks_for(
    tmp_path: Path, timeout: str, takes: float
) -> None:
    within = """at("spec.timeout") != "" ? spec.timeout : "1m\""""
    rule = f"rules:\n  - is: progressing\n    within: '{within}'\n"
    spec = {"timeout": timeout} if timeout else {}
    assert said(judge(tmp_path, rule), {"conditions": []}, spec).takes == takes


def test_an_object_of_a_list_is_judged_as_one_of_a_watch(tmp_path: Path) -> None:
    (tmp_path / "kinds.yaml").write_text(DECLARED.replace("Widget", "Backup"))
    backups = Resource(GROUP, "v1", "backups", "Backup")
    own = {"metadata": {"name": "a", "uid": "1"}, "spec": {}, "status": {"phase": "failed"}}
    listed = {"kind": "BackupList", "apiVersion": f"{GROUP}/v1", "metadata": {}, "items": [own]}
    watched = {"type": "ADDED", "object": own | {"kind": "Backup", "apiVersion": f"{GROUP}/v1"}}
    decoder = Decoder(b"key", judge=Judge(read_kinds(tmp_path)))
    [image] = decoder.page(backups, msgspec.json.encode(listed)).images
    other = decoder.event(backups, msgspec.json.encode(watched)).image
    assert other is not None
    assert image.health == other.health
    assert image.health is not None
    assert image.health.over


def test_who_is_to_change_what_was_given_up_is_no_controller(tmp_path: Path) -> None:
    stalled = condition("Stalled", reason="RetriesExceeded")
    judged = judge(tmp_path, "lookedAfterBy: widget-controller\n")
    holders = [
        said(judged, {"conditions": conditions}).holder
        for conditions in ([FAILED], [FAILED, stalled])
    ]
    assert holders == ["widget-controller", "client"]


def test_what_crossplane_makes_is_not_done_by_being_synced() -> None:
    synced = {"conditions": [{"type": "Synced", "status": "True"}]}
    judge = Judge({})
    specs: list[Json] = [{"forProvider": {}}, {"compositionRef": {"name": "a"}}]
    for spec in specs:
        health = judge("example.org", "Bucket", {"kind": "Bucket", "spec": spec, "status": synced})
        assert health is not None
        assert (health.state, health.by) == ("progressing", "it has no condition Ready yet")
    other = judge("example.org", "Secret", {"kind": "Secret", "spec": {}, "status": synced})
    assert other is not None
    assert other.state == "complete"


def test_what_no_rule_reaches_is_told_by_what_its_status_does_say(tmp_path: Path) -> None:
    """Only of what has no status is that said."""
    text = (
        "group: example.net\nkinds: [Plain]\nsource: https://example.net\notherwise: progressing\n"
    )
    (tmp_path / "kinds.yaml").write_text(text)
    known = Judge(read_kinds(tmp_path))

    def by(status: Json) -> str:
        health = known("example.net", "Plain", {"kind": "Plain", "status": status})
        assert health is not None
        return health.by

    unknown = {"conditions": [condition("Ready", "Unknown")]}
    assert by(unknown) == "condition Ready is Unknown"
    assert by({"observed": 1}) == "nothing in its status says that it is done"
    assert by({}) == "it has no status yet"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{"message": "no such zone", "code": 3}', "no such zone"),
        ('{"code": 3}', '{"code": 3}'),
        ('{"a":' + "[" * 9000, '{"a":' + "[" * 9000),
        ('{"a": "\ud800"}', '{"a": "\ud800"}'),
    ],
    ids=["said", "without", "deep", "half a pair"],
)
def test_of_an_error_that_is_written_as_json_its_message_counts(said: str, told: str) -> None:
    assert spoken(said) == told
