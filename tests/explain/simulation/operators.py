"""Operators of kinds that Baton comes with: cert-manager, Flux, Argo Rollouts, Knative and Strimzi.

Each writes what its original writes to its resources' status, as its documentation tells; what is
truly wrong with a resource it notes as it goes wrong. `Course` says how one fares.
"""

import copy

import msgspec

from practicecluster.controllers.actors import Actor, controller_of, is_ready, leaving, owned_by
from practicecluster.controllers.api import Json
from practicecluster.controllers.clock import Work
from practicecluster.controllers.deployments import put
from practicecluster.controllers.fares import NEVER
from practicecluster.controllers.who import Who
from practicecluster.writing.times import stamp
from tests.explain.simulation.faults import Fault, Faults
from tests.explain.simulation.server import Server

HOLDERS = "custom-controller client"


class Course(msgspec.Struct, frozen=True):
    """Whether a resource fails, how it says so, and until when (unix seconds)."""

    says: str = ""
    until: float = NEVER
    for_good: bool = False


class Operator(Actor):
    """Looks at each of its resources every ten seconds, and whenever something of it changes."""

    manager = ""

    def __init__(self, server: Server, faults: Faults, courses: dict[str, Course]) -> None:
        user = f"system:serviceaccount:operators:{self.manager}"
        super().__init__(
            server, Who("custom-controller", self.manager, user, f"{self.manager}/v1.0.0")
        )
        self.faults, self.courses = faults, courses
        self._faulty: dict[str, Fault] = {}

    def seen(self, kind: str, type_: str, before: Json | None, thing: Json) -> None:
        """A resource, or what belongs to one."""
        uid = thing["metadata"]["uid"]
        if kind in self.own:
            self.enqueue(uid)
            if type_ == "ADDED":
                self._again(uid)
        if owner := controller_of(thing):
            self.enqueue(owner)

    own: tuple[str, ...] = ()

    def _again(self, uid: str) -> None:
        def again() -> None:
            if self._found(uid) is not None:
                self.enqueue(uid)
                self._again(uid)

        self.clock.after(10.0, again)

    def _found(self, uid: str) -> Json | None:
        return next((t for kind in self.own if (t := self.known(kind, uid)) is not None), None)

    def reconcile(self, key: str) -> Work:
        """One look at one resource."""
        thing = self._found(key)
        if thing is not None and not leaving(thing):
            yield self.clock.between(0.01, 0.1)
            yield from self.serve(thing)

    def serve(self, thing: Json) -> Work:
        """What this operator does for a resource."""
        raise NotImplementedError

    def failing(self, thing: Json) -> str:
        """What keeps a resource from being well now; empty where nothing does."""
        course = self.courses.get(thing["metadata"]["name"], Course())
        return course.says if self.clock.now < course.until else ""

    def wrong(self, thing: Json, within: float = 5.0) -> None:
        """Note that a resource says that it fails."""
        uid = thing["metadata"]["uid"]
        if uid not in self._faulty:
            self._faulty[uid] = self.faults.begin(thing, "not-ready", HOLDERS, within)

    def well(self, thing: Json) -> None:
        """Note that it fails no more."""
        self.faults.end(self._faulty.pop(thing["metadata"]["uid"], None))

    def say(self, thing: Json, *said: tuple[str, str, str, str], **more: object) -> None:
        """Write conditions (type, status, reason, message) and other fields of the status."""
        metadata, at = thing["metadata"], stamp(self.clock.now)
        now = self.server.find(thing["kind"], metadata["namespace"], metadata["name"])
        if now is None or now["metadata"]["uid"] != metadata["uid"]:
            return
        after = copy.deepcopy(now)
        status = after.setdefault("status", {})
        status |= {"observedGeneration": now["metadata"]["generation"]} | more
        for type_, value, reason, message in said:
            old = next((c for c in status.get("conditions", ()) if c["type"] == type_), None)
            if old and (old["status"], old["reason"], old["message"]) == (value, reason, message):
                continue
            turned = old["lastTransitionTime"] if old and old["status"] == value else at
            made = {"type": type_, "status": value, "reason": reason, "message": message}
            put(status, made | {"lastTransitionTime": turned})
        if status != now.get("status"):
            self.server.update(self.who, after, "status")

    def make(self, owner: Json, kind: str, version: str, spec: Json, name: str = "") -> Json:
        """Create what belongs to a resource, unless it is there."""
        space, name = owner["metadata"]["namespace"], name or f"{owner['metadata']['name']}-1"
        found = self.server.find(kind, space, name)
        if found is not None:
            return found
        metadata = {"name": name, "namespace": space, "ownerReferences": owned_by(owner)}
        made = {"kind": kind, "apiVersion": version, "metadata": metadata, "spec": spec}
        return self.server.create(self.who, made | {"status": {}})


class CertManager(Operator):
    """A Certificate's request, its order, and the challenge that a certificate authority sets."""

    manager, component = "cert-manager", "cert-manager"
    watches = own = ("Certificate", "CertificateRequest", "Order", "Challenge")

    def serve(self, thing: Json) -> Work:
        """Each kind waits for the one below it, and says how that is."""
        yield from {
            "Certificate": self._certificate, "CertificateRequest": self._request,
            "Order": self._order, "Challenge": self._challenge,
        }[thing["kind"]](thing)  # fmt: skip

    def _certificate(self, thing: Json) -> Work:
        below = self.make(thing, "CertificateRequest", "cert-manager.io/v1", {})
        yield self.clock.between(0.01, 0.1)
        ready = _said(below, "Ready")
        if ready == ("True", "Issued"):
            self.say(thing, ("Ready", "True", "Ready", "Certificate is up to date"),
                     ("Issuing", "False", "Issued", "issued"))  # fmt: skip
        elif ready == ("False", "Failed"):
            text = "The certificate request has failed to complete and will be retried"
            self.say(thing, ("Ready", "False", "DoesNotExist", "no Secret"),
                     ("Issuing", "False", "Failed", text))  # fmt: skip
        else:
            text = "Issuing certificate as Secret does not exist"
            self.say(thing, ("Ready", "False", "DoesNotExist", text),
                     ("Issuing", "True", "DoesNotExist", text))  # fmt: skip

    def _request(self, thing: Json) -> Work:
        approved = ("Approved", "True", "cert-manager.io", "approved by the approver")
        below = self.make(thing, "Order", "acme.cert-manager.io/v1", {})
        yield self.clock.between(0.01, 0.1)
        state = below.get("status", {}).get("state", "pending")
        name = f"{below['metadata']['namespace']}/{below['metadata']['name']}"
        if state == "valid":
            self.say(thing, approved, ("Ready", "True", "Issued", "Certificate fetched"))
        elif state == "invalid":
            text = f'Failed to wait for order resource "{name}" to become ready: order is invalid'
            self.say(thing, approved, ("Ready", "False", "Failed", text))
        else:
            text = f'Waiting on certificate issuance from order {name}: "{state}"'
            self.say(thing, approved, ("Ready", "False", "Pending", text))

    def _order(self, thing: Json) -> Work:
        below = self.make(thing, "Challenge", "acme.cert-manager.io/v1", {})
        yield self.clock.between(0.01, 0.1)
        state = below.get("status", {}).get("state", "pending")
        self.say(
            thing, state=state, reason="the authorization failed" if state == "invalid" else ""
        )

    def _challenge(self, thing: Json) -> Work:
        yield self.clock.between(1.0, 5.0)
        top = thing["metadata"]["name"].removesuffix("-1-1-1")
        course = self.courses.get(top, Course())
        failing = course.says if self.clock.now < course.until else ""
        shown = {"presented": True, "processing": True}
        if failing and course.for_good:
            self.wrong(thing)
            self.say(thing, state="invalid", reason=failing, presented=False, processing=False)
        elif failing:
            self.wrong(thing, 90.0)
            self.say(thing, state="pending", reason=failing, **shown)
        else:
            self.well(thing)
            self.say(thing, state="valid", reason="Successfully authorized domain")


class Flux(Operator):
    """A Kustomization is built and applied at each interval."""

    manager = component = "kustomize-controller"
    watches = own = ("Kustomization",)

    def serve(self, thing: Json) -> Work:
        """Begin, and a little later say how it went."""
        if _said(thing, "Ready") is None:
            progress = "Reconciliation in progress"
            self.say(thing, ("Ready", "Unknown", "Progressing", progress),
                     ("Reconciling", "True", "Progressing", progress))  # fmt: skip
            yield self.clock.between(1.0, 6.0)
        why = self.failing(thing)
        if why:
            self.wrong(thing)
            self.say(thing, ("Ready", "False", "BuildFailed", why),
                     ("Reconciling", "True", "ProgressingWithRetry", "retrying"))  # fmt: skip
        else:
            self.well(thing)
            self.say(thing, ("Ready", "True", "ReconciliationSucceeded", "Applied revision: main"),
                     ("Reconciling", "False", "Succeeded", ""))  # fmt: skip


class Rollouts(Operator):
    """Argo Rollouts: a ReplicaSet for the template, a pause for a person, and the phase."""

    manager, component = "rollouts-controller", "rollouts-controller"
    watches, own = ("Rollout", "ReplicaSet"), ("Rollout",)

    def serve(self, thing: Json) -> Work:
        """Scale the ReplicaSet up, and then say how far that is."""
        name, spec = thing["metadata"]["name"], thing["spec"]
        template = copy.deepcopy(spec["template"])
        template["metadata"]["labels"] |= {"rollouts-pod-template-hash": "a1"}
        asked = {"replicas": spec["replicas"], "template": template}
        asked["selector"] = {"matchLabels": template["metadata"]["labels"]}
        below = self.make(thing, "ReplicaSet", "apps/v1", asked, f"{name}-a1")
        yield self.clock.between(0.01, 0.1)
        ready = below["status"].get("availableReplicas", 0)
        if spec.get("paused"):
            if thing["metadata"]["uid"] not in self._faulty:
                fault = self.faults.begin(thing, "paused", "client")
                self._faulty[thing["metadata"]["uid"]] = fault
            self.say(thing, phase="Paused", message="manually paused")
            return
        self.well(thing)
        done = ready >= spec["replicas"]
        counts = {"availableReplicas": ready, "replicas": below["status"].get("replicas", 0)}
        text = "" if done else "more replicas need to be updated"
        generation = {"observedGeneration": str(thing["metadata"]["generation"])}
        self.say(thing, phase="Healthy" if done else "Progressing", message=text,
                 **counts, **generation)  # fmt: skip


class Knative(Operator):
    """Knative Serving: a Configuration's Revision, and the Revision's Deployment."""

    manager, component = "controller", "revision-controller"
    watches = ("Configuration", "Revision", "Deployment")
    own = ("Configuration", "Revision")

    def serve(self, thing: Json) -> Work:
        """A Revision is as its Deployment is, a Configuration as its Revision is."""
        if thing["kind"] == "Configuration":
            below = self.make(
                thing, "Revision", thing["apiVersion"], thing["spec"]["template"],
                f"{thing['metadata']['name']}-00001",
            )  # fmt: skip
            ready = below.get("status", {}).get("conditions", [])
            value, reason, text = next(
                ((c["status"], c["reason"], c["message"]) for c in ready if c["type"] == "Ready"),
                ("Unknown", "", ""),
            )
        else:
            below = self.make(thing, "Deployment", "apps/v1", thing["spec"]["deployment"],
                              f"{thing['metadata']['name']}-deployment")  # fmt: skip
            done = below["status"].get("availableReplicas", 0) >= below["spec"]["replicas"]
            value, reason, text = ("True", "", "") if done else ("Unknown", "Deploying", "")
        yield self.clock.between(0.01, 0.1)
        self.say(thing, ("Ready", value, reason, text))


class Strimzi(Operator):
    """A Kafka's pod set, whose Pods it makes itself."""

    manager = component = "strimzi-cluster-operator"
    watches, own = ("Kafka", "StrimziPodSet", "Pod"), ("Kafka",)

    def serve(self, thing: Json) -> Work:
        """Refuse what is not valid; else make the Pods, and wait for them."""
        why = self.failing(thing)
        if why:
            self.wrong(thing)
            self.say(thing, ("NotReady", "True", "InvalidResourceException", why))
            return
        self.well(thing)
        name, spec = thing["metadata"]["name"], thing["spec"]
        pods = self.make(thing, "StrimziPodSet", "core.strimzi.io/v1beta2", {}, f"{name}-kafka")
        yield self.clock.between(0.01, 0.1)
        ready = 0
        for number in range(spec["replicas"]):
            pod = self.make(pods, "Pod", "v1", spec["pod"], f"{name}-kafka-{number}")
            ready += is_ready(pod)
            yield self.clock.between(0.01, 0.1)
        if ready < spec["replicas"]:
            text = "Kafka cluster is being deployed"
            self.say(thing, ("NotReady", "True", "Creating", text))
            return
        metadata = thing["metadata"]
        now = self.server.find("Kafka", metadata["namespace"], metadata["name"])
        if now is not None and _said(now, "NotReady") is not None:
            after = copy.deepcopy(now)
            after["status"]["conditions"] = []
            self.server.update(self.who, after, "status")
        self.say(thing, ("Ready", "True", "", ""))


def _said(thing: Json, type_: str) -> tuple[str, str] | None:
    """Status and reason of a condition."""
    found = thing.get("status", {}).get("conditions", ())
    return next(((c["status"], c["reason"]) for c in found if c["type"] == type_), None)


OPERATORS = (CertManager, Flux, Rollouts, Knative, Strimzi)
