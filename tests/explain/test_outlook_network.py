"""How Services and Ingresses stand by what they lead to."""

from typing import Any

from tests.explain.stories import Json, Story
from tests.explain.test_outlook_stuck import later
from tests.explain.things import thing


def ingress(service: str) -> Json:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    spec = {"ingressClassName": "nginx", "defaultBackend": backend}
    return thing("Ingress", "web", "networking.k8s.io/v1", spec=spec)


def service(name: str, **spec: Any) -> Json:
    return thing("Service", name, spec={"type": "ClusterIP"} | spec)


def test_an_ingress_may_come_before_its_service() -> None:
    story = Story()
    story.exists(service("other"))
    web = story.create(ingress("web"), "kubectl-create")
    early = story.trace(web)
    assert (early.state, early.diagnosis, early.holder) == ("running", None, "client")
    assert early.waiting_for == "Service web, which Ingress web leads to, to be created"
    later(story, 30.0)
    late = story.trace(web)
    assert (late.state, late.diagnosis) == ("stalled", "spec-invalid")
    assert late.summary == "Ingress web leads to Service web, which does not exist."
    story.create(service("web"), "kubectl-create")
    assert story.trace(web).diagnosis is None


def test_an_ingress_has_time_when_its_service_is_made_anew() -> None:
    story = Story()
    backend = story.exists(service("web"))
    web = story.create(ingress("web"), "kubectl-create")
    story.wait(300.0)
    story.delete(backend)
    assert story.trace(web).diagnosis is None
    later(story, 30.0)
    assert story.trace(web).diagnosis == "spec-invalid"
