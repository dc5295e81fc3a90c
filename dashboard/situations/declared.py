"""All situations that the practice cluster can play, as whoever is called about one would hear it.

`tests/practicecluster/situations` plays each and holds that Baton says of it what stands here.
"""

import msgspec

from eventstream.explain.vocabulary.records import TraceState

CLUSTER_SCOPED = frozenset({"Namespace", "Node", "CustomResourceDefinition"})


class Situation(msgspec.Struct, frozen=True):
    """One situation. `told` is what is complained of; `kind` and `name` are what it is about.

    `states` are those in which Baton has made up its mind, `minutes` how long until then at most.
    """

    told: str
    kind: str
    name: str
    states: tuple[TraceState, ...] = ("stalled",)
    minutes: int = 1


_WELL: tuple[TraceState, ...] = ("complete",)
_GOES_ON: tuple[TraceState, ...] = ("running", "stalled")

_PODS = (
    Situation("The new service auth does not come up.", "Deployment", "auth"),
    Situation(
        "Deployment api restarts again and again, and its log has no error.", "Deployment", "api"
    ),
    Situation(
        "Deployment api does not start. It needs a Secret, and the Secret is there.",
        "Deployment",
        "api",
    ),
    Situation("Deployment fe comes from our own registry. No Pod runs.", "Deployment", "fe"),
    Situation("Deployment kbs has a public image, and does not start.", "Deployment", "kbs"),
    Situation("Deployment api has a private image. Elsewhere it works.", "Deployment", "api"),
    Situation(
        "Deployment fdb-operator does not start, and its image is there for all to see.",
        "Deployment",
        "fdb-operator",
    ),
    Situation(
        "Deployment api restarts, and kubectl logs --previous shows nothing.", "Deployment", "api"
    ),
    Situation("Deployment api was accepted, and has not one Pod.", "Deployment", "api"),
    Situation(
        "Deployment api has not one Pod, and the quota is not nearly used up.", "Deployment", "api"
    ),
    Situation(
        "Deployment api runs in each namespace but this, where it has no Pod.", "Deployment", "api"
    ),
    Situation("No new Pods appear, of api or of anything else.", "Deployment", "api"),
    Situation(
        "Deployment api waits for a node. There is a cluster autoscaler.", "Deployment", "api"
    ),
    Situation("A Pod of api, which has a volume, stays Pending.", "Deployment", "api"),
    Situation("A Pod of nexus stays Pending, and so does its claim.", "Deployment", "nexus"),
    Situation("The claim data stays Pending.", "PersistentVolumeClaim", "data"),
    Situation(
        "A Pod of web has a node, and hangs in ContainerCreating.", "Deployment", "web", minutes=5
    ),
    Situation(
        "prometheus-server was updated. The new Pod hangs in ContainerCreating.",
        "Deployment",
        "prometheus-server",
        minutes=4,
    ),
    Situation("A Pod of hello has a node, and gets no address.", "Deployment", "hello"),
    Situation(
        "Since its node was rebooted, saas does not come back.",
        "Deployment",
        "saas",
        minutes=3,
    ),
    Situation("Deployment gpu has dozens of Pods, and all have failed.", "Deployment", "gpu"),
    Situation(
        "A Pod of api was deleted, and is still there.", "Pod", "api-15dc53946-c355b", minutes=3
    ),
)

_WORKLOADS = (
    Situation("DaemonSet agent goes no further with its rollout.", "DaemonSet", "agent"),
    Situation("DaemonSet agent has no Pods at all.", "DaemonSet", "agent", _WELL),
    Situation(
        "StatefulSet db has a new image, and each Pod still runs the old one.",
        "StatefulSet",
        "db",
        _GOES_ON,
        2,
    ),
    Situation(
        "StatefulSet sequencer was accepted, and has not one Pod.", "StatefulSet", "sequencer"
    ),
    Situation(
        "A wrong image of db was put right. Its rollout stands still all the same.",
        "StatefulSet",
        "db",
        minutes=3,
    ),
    Situation("Job slow has ended, though its Pod was at work.", "Job", "slow"),
    Situation("The Pod of Job etl is 1/2 ready. Is that an error?", "Job", "etl", _GOES_ON),
    Situation("Job backup has done its work, and does not complete.", "Job", "backup", _GOES_ON, 2),
    Situation("CronJob tick has not run for long.", "CronJob", "tick", minutes=4),
    Situation(
        "Job train does not start. Who resumes it by hand finds it suspended again.", "Job", "train"
    ),
    Situation(
        "HorizontalPodAutoscaler php-apache-test never scales.",
        "HorizontalPodAutoscaler",
        "php-apache-test",
        minutes=2,
    ),
    Situation(
        "The containers of web are ready, and its Pods are not.", "Deployment", "web", minutes=5
    ),
    Situation("Pod resize was to get more CPU, and goes on as before.", "Pod", "resize", minutes=2),
    Situation("Deployment api asks for a device, and stays Pending.", "Deployment", "api"),
    Situation("A Pod of api has been Init:0/1 for minutes.", "Deployment", "api", _GOES_ON, 2),
    Situation(
        "A Pod of llm has been ContainerCreating for minutes.", "Deployment", "llm", _GOES_ON, 2
    ),
)

_BEYOND = (
    Situation(
        "A Pod of api restarted in the night. Has anybody to do anything?",
        "Deployment",
        "api",
        _WELL,
        2,
    ),
    Situation("A node is NotReady, and stays so.", "Node", "node-3", minutes=3),
    Situation("A namespace has been Terminating for minutes.", "Namespace", "old", minutes=2),
    Situation("A namespace can't be deleted.", "Namespace", "metrics", minutes=3),
    Situation(
        "A type was added, and kubectl knows no such resource.",
        "CustomResourceDefinition",
        "widgets.example.com",
    ),
    Situation("Website front was created, and nothing follows.", "Website", "front", minutes=2),
    Situation("HelmRelease web does not get ready.", "HelmRelease", "web"),
    Situation("Application shop does not come to be in sync.", "Application", "shop", minutes=2),
    Situation("Rollout demo hangs.", "Rollout", "demo", minutes=2),
    Situation("Service gsvc is neither ready nor failed.", "Service", "gsvc", _GOES_ON, 3),
    Situation("The certificate shop-tls is not issued.", "Certificate", "shop-tls", minutes=3),
    Situation(
        "Somebody edited api, and it is as it was before. Is anything still to come?",
        "Deployment",
        "api",
        _WELL,
    ),
    Situation(
        "A Pod of api was taken away. Is anything still to come?",
        "Pod",
        "api-15dc53946-c355b",
        _WELL,
    ),
)

GROUPS = (
    ("Pods that do not run", _PODS),
    ("Rollouts, Jobs and autoscalers", _WORKLOADS),
    ("Nodes, namespaces, own types, and who did it", _BEYOND),
)
SITUATIONS: tuple[Situation, ...] = tuple(each for _, group in GROUPS for each in group)
"""In the order by which people number them, which is the practice cluster's."""


def space(number: int) -> str:
    """Return the namespace that starts a situation, by its number."""
    return f"situation-{number}"


def subject(number: int) -> tuple[str, str | None, str]:
    """Return kind, namespace and name of what a situation is about, as it is played."""
    about = SITUATIONS[number - 1]
    own = space(number)
    if about.kind in ("Namespace", "Node"):
        return about.kind, None, f"{own}-{about.name}"
    return about.kind, None if about.kind in CLUSTER_SCOPED else own, about.name
