"""The documented sequence of a DeploymentConfig: OpenShift's own way to roll out, with a Pod.

A Deployment's controller scales ReplicaSets itself. A DeploymentConfig's leaves that to a program
that runs in a Pod, the deployer, and looks after the Pod.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.creation import DocumentedStep

KIND = "DeploymentConfig"
_CONTROLLER = "ReplicationController"
_CALL = "The call itself: only an audit log records it."
_CHOICE = "What it compared, which happens in its own memory."

DEPLOYMENT_CONFIG = (
    DocumentedStep(
        "config-request",
        None,
        "client",
        "A client creates a DeploymentConfig",
        "oc sends it to the API server, which hands it on to OpenShift's own aggregated API "
        "server; that one stores it.",
        "The new DeploymentConfig, and the name that the client gave itself.",
        _CALL,
        sources.DEPLOYMENT_CONFIG,
        kind=KIND,
        rules=("client-created",),
    ),
    DocumentedStep(
        "config-version",
        None,
        "custom-controller",
        "Its controller makes a ReplicationController for the version",
        "The deploymentconfig controller raises status.latestVersion and creates the "
        "ReplicationController NAME-VERSION, which desires no Pods yet.",
        "The new ReplicationController, which the DeploymentConfig owns.",
        _CHOICE,
        sources.DEPLOYMENT_CONFIG,
        kind=_CONTROLLER,
        rules=("custom-create",),
    ),
    DocumentedStep(
        "config-deployer",
        None,
        "custom-controller",
        "The deployer controller creates a Pod for the rollout",
        "The Pod NAME-VERSION-deploy runs the deployer under the service account deployer. It "
        "belongs to the ReplicationController, and is none of its replicas.",
        "The new Pod, with a reference to the ReplicationController that does not say controller.",
        _CHOICE,
        sources.DEPLOYMENT_CONFIG,
        kind="Pod",
        rules=("custom-create",),
    ),
    DocumentedStep(
        "config-bound",
        None,
        "scheduler",
        "The scheduler binds it, and the kubelet starts it",
        "As with every Pod: the deployer first has to run before it can roll out anything.",
        "The node in the Pod's spec; the kubelet's reports in its status.",
        "How the scheduler weighed the nodes.",
        sources.CONTROLLERS,
        kind="Pod",
        rules=("bound",),
    ),
    DocumentedStep(
        "config-scaled",
        None,
        "custom-controller",
        "The deployer scales the ReplicationControllers",
        "It raises the new one's replicas and lowers the old one's step by step, as the strategy "
        "(Rolling or Recreate) says, and waits for each Pod to be ready.",
        "spec.replicas of both, written by openshift-deploy.",
        "When it looked, and what it waits for: its log says so.",
        sources.DEPLOYMENT_CONFIG,
        kind=_CONTROLLER,
        fields=("spec.replicas",),
    ),
    DocumentedStep(
        "config-pods",
        None,
        "replication-controller",
        "The ReplicationController controller creates the Pods",
        "It compares spec.replicas with the Pods that exist, and creates the missing ones, as the "
        "ReplicaSet controller does.",
        "The new Pods, which the ReplicationController controls.",
        _CHOICE,
        sources.DEPLOYMENT_CONFIG,
        kind="Pod",
        rules=("made-for-owner",),
    ),
    DocumentedStep(
        "config-ready",
        None,
        "kubelet",
        "The kubelet starts them, and says when they are ready",
        "From here on all is as with a Deployment's Pods: pull, start, probe, report.",
        "The kubelet's reports in each Pod's status.",
        "What happens within the container.",
        sources.CONTROLLERS,
        kind="Pod",
        rules=("kubelet-running",),
    ),
    DocumentedStep(
        "config-reported",
        None,
        "custom-controller",
        "Its controller reports the rollout as done",
        "The deployer ends, the deployer controller marks the ReplicationController complete, and "
        "the deploymentconfig controller says Available and Progressing in the status.",
        "The conditions of the DeploymentConfig.",
        "What it counted in its own memory.",
        sources.DEPLOYMENT_CONFIG,
        kind=KIND,
        fields=("status.conditions[Available]",),
    ),
)
"""In the trace of a DeploymentConfig."""
