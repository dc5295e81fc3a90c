"""Why a webhook that has to be asked cannot be called: what its Service leads to."""

from typing import Any

import pytest

from eventstream.explain.vocabulary.records import Trace
from tests.explain.stories import Story
from tests.explain.test_outlook_refusals import refused
from tests.explain.things import condition, pod, thing

CALL = (
    'Internal error occurred: failed calling webhook "inject.example.com": failed to call webhook: '
    'Post "https://gate.ops.svc:443/inject?timeout=10s": connect: connection refused'
)
ENDED = {"exitCode": 1, "reason": "Error"}
LOOPS: dict[str, Any] = {
    "phase": "Running",
    "conditions": [condition("Ready", "False", "ContainersNotReady")],
    "containerStatuses": [
        {
            "name": "c",
            "ready": False,
            "restartCount": 5,
            "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
            "lastState": {"terminated": ENDED},
        }
    ],
}


def told(message: str, namespace: str = "ops", **status: Any) -> Trace:
    """What is told where the webhook's Service is in this namespace, and its Pod has a status."""
    story = Story()
    service = thing("Service", "gate", spec={"type": "ClusterIP", "selector": {"app": "gate"}})
    behind = pod(name="gate-1", labels={"app": "gate"})
    behind["status"] |= status
    for each in (service, behind):
        each["metadata"]["namespace"] = namespace
        story.exists(each)
    web, _ = refused(story, message)
    return story.trace(web)


def test_what_keeps_the_webhook_from_answering_is_told() -> None:
    trace = told(CALL, **LOOPS)
    assert trace.diagnosis == "admission-denied"
    assert "refused. It is called through Service gate of namespace ops: " in trace.summary
    assert "Container c of Pod gate-1 exits with code 1" in trace.summary
    assert {"Service@ops", "Pod@ops"} <= set(trace.sources or ())


@pytest.mark.parametrize(
    ("message", "namespace", "status"),
    [
        (CALL, "ops", {}),
        (CALL, "elsewhere", LOOPS),
        (CALL.replace("failed calling", "a word about"), "ops", LOOPS),
        (CALL.replace("https://gate.ops.svc", "https://gate.example.com"), "ops", LOOPS),
    ],
)
def test_nothing_is_told_of_what_is_in_order_or_is_not_the_webhooks(
    message: str, namespace: str, status: dict[str, Any]
) -> None:
    assert "It is called through" not in told(message, namespace, **status).summary
