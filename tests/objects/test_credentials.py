"""Every form of a credential is hidden, however it is passed on, and nothing else is."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstream.expressions import LONGEST, Choice
from eventstream.objects import credentials as found
from eventstream.objects.audit import AuditDecoder
from eventstream.objects.decoding import Decoder, encode
from eventstream.objects.messages import scrub
from eventstream.objects.redaction import NOT_KEPT, Redactor
from eventstream.objects.resource import Resource
from tests.objects.recorded import DEPLOYMENT, EVENT, KEY, POD, WEBSITE, text, thing
from tests.objects.texts import WAYS, ordinary, planted, recorded, shows

REDACTOR = Redactor(KEY)
HIDDEN = re.compile("hidden:[0-9a-f]{12}")
PLANTED = list(planted())
SECRET = "hunter2canary9"


def test_there_are_enough_forms_in_every_way() -> None:
    assert len(PLANTED) > 900
    assert {way for way in WAYS if sum(n.endswith(way) for n, _, _ in PLANTED) < 10} == set()


@pytest.mark.parametrize("way", WAYS)
def test_no_planted_credential_gets_through(way: str) -> None:
    left = {
        name: REDACTOR.message(content)
        for name, content, value in PLANTED
        if name.endswith(way) and shows(HIDDEN.sub("", REDACTOR.message(content)), value)
    }
    assert left == {}


def test_what_was_redacted_stays_as_it_is_under_another_key() -> None:
    other = Redactor(b"another")
    shown = [REDACTOR.message(content) for _, content, _ in PLANTED]
    assert [each for each in shown if other.message(each) != each] == []


@pytest.mark.parametrize("texts", [ordinary, recorded])
def test_what_holds_no_credential_stays_as_it_is(texts: Any) -> None:
    assert len(texts()) > 150
    assert {each for each in texts() if scrub(each, str.upper) != each} == set()


def test_one_reading_tells_all_the_forms_that_match() -> None:
    # The set of all expressions answers for each of them, whatever the text makes of its memory.
    for _, content, _ in PLANTED:
        sent = content.encode()
        alone = [n for n, each in enumerate(found._EXPRESSIONS) if each.search(sent)]
        assert found._CHOICE.among(sent) == alone


@given(
    st.lists(st.sampled_from([each for _, each, _ in PLANTED]) | st.text(max_size=9), max_size=4)
)
def test_one_reading_misses_nothing_in_texts_put_together(texts: list[str]) -> None:
    sent = "".join(texts).encode("utf-8", "replace")
    alone = [n for n, each in enumerate(found._EXPRESSIONS) if each.search(sent)]
    assert found._CHOICE.among(sent) == alone


def test_a_choice_that_does_not_compile_is_no_choice() -> None:
    with pytest.raises(Exception, match="failed to add"):
        Choice(["(unclosed"])


@pytest.mark.parametrize("before", [*range(LONGEST - 2300, LONGEST + 40, 97), 1000, 1020, 6100])
@pytest.mark.parametrize(
    "what", ["://app:{}@db", "password={}", "-----BEGIN RSA PRIVATE KEY-----{}"]
)
def test_no_cut_splits_a_credential_so_that_its_rest_shows(before: int, what: str) -> None:
    # What is hidden is shorter than what was there: so what stands after it moves to the front.
    content = "token=" + "x" * (before // 2) + " " + "y" * (before - before // 2)
    planted = content + " " + what.replace("{}", SECRET * 40) + " and more " * 300
    assert not shows(HIDDEN.sub("", REDACTOR.message(planted)), SECRET)


def test_a_long_text_is_read_to_a_bound_only() -> None:
    content = "a b " * 300_000
    assert len(scrub(content, str.upper)) <= LONGEST
    assert scrub(content, str.upper).endswith("…")


def test_more_settings_in_a_row_than_are_told_apart_are_hidden_as_one() -> None:
    row = "&".join(f"token{number}=v{SECRET}{number}" for number in range(200))
    assert not shows(scrub(row, lambda _: "#"), SECRET)


def test_what_was_told_once_is_hidden_where_nothing_tells_it() -> None:
    assert scrub(f"password={SECRET}: I tried {SECRET} twice", lambda _: "#") == (
        "password=#: I tried # twice"
    )


CONTAINER = {"name": "c", "image": f"robot:{SECRET}@registry.example.com/team/app:1"}
ENTRY = {"manager": f"tool password={SECRET}", "fieldsV1": {"f:spec": {}}}
STATE = {"waiting": {"reason": f"token={SECRET}", "message": f"password={SECRET}"}}
ENDED = {"terminated": {"exitCode": 1, "reason": f"password={SECRET}", "message": SECRET}}
CONDITION = {"type": "Ready", "status": "False", "reason": f"token={SECRET}", "message": SECRET}
PLACES: list[tuple[Resource, dict[str, Any]]] = [
    (POD, {"spec": {"containers": [CONTAINER]}}),
    (POD, {"spec": {"initContainers": [CONTAINER], "ephemeralContainers": [CONTAINER]}}),
    (DEPLOYMENT, {"spec": {"template": {"spec": {"containers": [CONTAINER]}}}}),
    (POD, {"status": {"reason": f"token={SECRET}", "message": f"password={SECRET}"}}),
    (POD, {"status": {"containerStatuses": [{"name": "c", "state": STATE, "lastState": ENDED}]}}),
    (POD, {"status": {"initContainerStatuses": [{"name": "c", "state": ENDED}]}}),
    (POD, {"status": {"ephemeralContainerStatuses": [{"name": "c", "state": STATE}]}}),
    (POD, {"status": {"conditions": [CONDITION | {"message": f"password={SECRET}"}]}}),
    (WEBSITE, {"status": {"conditions": [CONDITION | {"message": f"password={SECRET}"}]}}),
    (EVENT, {"involvedObject": {"kind": "Pod"}, "reason": f"token={SECRET}"}),
    (EVENT, {"involvedObject": {"kind": "Pod"}, "action": f"token={SECRET}"}),
    (EVENT, {"involvedObject": {"kind": "Pod"}, "reportingComponent": f"token={SECRET}"}),
    (EVENT, {"involvedObject": {"kind": "Pod"}, "reportingInstance": f"token={SECRET}"}),
    (EVENT, {"involvedObject": {"kind": "Pod"}, "source": {"component": f"token={SECRET}"}}),
]


@pytest.mark.parametrize(("resource", "fields"), PLACES)
def test_no_place_of_free_text_lets_a_credential_through(
    resource: Resource, fields: dict[str, Any]
) -> None:
    content = thing(resource.kind, resource.api_version, **fields)
    content["metadata"]["managedFields"] = [ENTRY]
    content["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": f"token={SECRET}"}
    decoder = Decoder(KEY)
    for _ in range(2):  # The second is made of what was remembered of the first.
        watched = decoder.event(resource, text({"type": "ADDED", "object": content})).image
        assert watched is not None
        assert SECRET.encode() not in encode(watched)
    assert SECRET not in repr(vars(decoder._redactor))


def test_an_audit_record_passes_the_same_redaction() -> None:
    line = {
        "kind": "Event",
        "apiVersion": "audit.k8s.io/v1",
        "auditID": "a",
        "stage": "ResponseComplete",
        "verb": "create",
        "requestURI": f"/api/v1/pods?fieldManager=password%3D{SECRET}",
        "requestReceivedTimestamp": "2026-11-23T00:00:00Z",
        "stageTimestamp": "2026-11-23T00:00:00Z",
        "user": {"username": f"https://u:{SECRET}@idp"},
        "impersonatedUser": {"username": f"password={SECRET}"},
        "userAgent": f"tool/1 token={SECRET}",
        "objectRef": {"resource": "pods", "apiVersion": "v1", "name": f"token={SECRET}"},
        "responseStatus": {"code": 403, "reason": f"token={SECRET}", "message": f"pwd={SECRET}"},
    }
    record = AuditDecoder(KEY).record(text(line))
    assert record is not None
    assert SECRET not in repr(record)
    bare = AuditDecoder(KEY, messages=False).record(text(line))
    assert bare is not None
    assert bare.message == NOT_KEPT


def test_without_messages_none_is_kept_and_every_reason_is() -> None:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "not found"}}
    status = {
        "message": "all of it",
        "reason": "Evicted",
        "conditions": [
            {"type": "Ready", "status": "False", "reason": "No", "message": "all of it"}
        ],
        "containerStatuses": [{"name": "c", "state": waiting}],
    }
    decoder = Decoder(KEY, messages=False)
    pod = decoder.image(POD, text(thing(status=status))).status
    assert (pod.reason, pod.message) == ("Evicted", NOT_KEPT)
    assert (pod.conditions[0].reason, pod.conditions[0].message) == ("No", NOT_KEPT)
    told = pod.container_statuses[0].state.waiting
    assert (told.reason, told.message) == ("ErrImagePull", NOT_KEPT)
    event = thing("Event", involvedObject={"kind": "Pod"}, reason="Failed", message="all of it")
    facts = decoder.image(EVENT, text(event)).spec
    assert (facts.reason, facts.message) == ("Failed", NOT_KEPT)
    custom = thing("Website", "stable.example.com/v1", status={"conditions": status["conditions"]})
    assert decoder.image(WEBSITE, text(custom)).status["conditions"][0]["message"] == NOT_KEPT
    nothing = decoder.image(EVENT, text(event | {"message": ""})).spec
    assert nothing.message in ("", None)
