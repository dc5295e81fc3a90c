"""Who is no loop of the controller manager: clients, servers, kubelets, operators."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.declaration import Controller
from eventstream.explain.vocabulary.sources import DOCS, K8S

COMPONENTS = (
    Controller(
        id="client",
        title="client",
        lane=0,
        hue="client",
        source_url=DOCS + "reference/using-api/",
        looks_after=(
            "asks the API server for changes: a person with kubectl or oc, a pipeline, "
            "a GitOps agent. Its name is one that it chose for itself."
        ),
    ),
    Controller(
        id="api-server",
        title="API server",
        lane=1,
        hue="server",
        source_url=DOCS + "concepts/overview/components/#kube-apiserver",
        looks_after=(
            "accepts, refuses and stores every change in etcd, and sends it to all who "
            "watch. The only one that reads and writes etcd."
        ),
        kinds=(kinds.DEFINITION, kinds.API_SERVICE),
        managers=("kube-apiserver",),
        users=(
            "system:apiserver",
            "system:kube-apiserver",
        ),
        finalizers=(("customresourcecleanup.apiextensions.k8s.io", sources.DEFINITION_FINALIZER),),
    ),
    Controller(
        id="custom-controller",
        title="custom controller",
        lane=10,
        hue="custom",
        source_url=DOCS + "concepts/extend-kubernetes/operator/",
        looks_after="looks after custom resources: the half of an operator that acts.",
    ),
    Controller(
        id="scheduler",
        title="scheduler",
        lane=30,
        hue="scheduler",
        source_url=DOCS + "concepts/scheduling-eviction/kube-scheduler/",
        looks_after="looks for Pods without a node, chooses one for each, and sends a binding.",
        managers=("kube-scheduler",),
        users=("system:kube-scheduler",),
    ),
    Controller(
        id="kubelet",
        title="kubelet",
        lane=40,
        hue="kubelet",
        source_url=K8S + "pkg/kubelet",
        looks_after=(
            "runs the Pods that are bound to its node: network, volumes, images, "
            "containers, probes. It reports their state."
        ),
        kinds=(
            kinds.POD,
            kinds.NODE,
        ),
        managers=("kubelet",),
    ),
    Controller(
        id="unknown",
        title="unknown actor",
        lane=50,
        hue="unknown",
        source_url=DOCS + "reference/using-api/server-side-apply/#field-management",
        looks_after=(
            "stands for somebody whose name the API does not show: the step says who it "
            "can have been."
        ),
    ),
)
