"""The documented sequences of custom controllers: of an operator, and of a DeploymentConfig.

An operator is custom resources together with a custom controller: what a person who knows the
application would do, done within the cluster. A DeploymentConfig is OpenShift's own way to roll
out: where a Deployment's controller scales ReplicaSets itself, its controller leaves that to a
program that runs in a Pod, the deployer, and looks after the Pod.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.creation import DocumentedStep

DEFINITION = "CustomResourceDefinition"

TYPE = (
    DocumentedStep(
        "operator-definition",
        None,
        "client",
        "A client applies a CustomResourceDefinition",
        "It asks the API server to serve a new type of object. That creates no object of the type.",
        "The new CustomResourceDefinition, and the name that the client gave itself.",
        "The call itself: only an audit log records it.",
        sources.CUSTOM_RESOURCES,
        rules=("client-created", "client-changed"),
        kind=DEFINITION,
    ),
    DocumentedStep(
        "operator-established",
        None,
        "api-server",
        "The API server serves the type",
        "It checks that the names are free, accepts them, and serves the new resource: it can now "
        "be listed, watched and created.",
        "Conditions NamesAccepted and Established in the definition's status.",
        "When each of several API servers began to serve it.",
        sources.DEFINITION_STATUS,
        rules=("type-established",),
        kind=DEFINITION,
    ),
)
"""In the trace of the CustomResourceDefinition."""

REQUEST = DocumentedStep(
    "operator-request",
    None,
    "client",
    "A client creates a custom resource",
    "It asks for an object of the new type: its spec says what should be so. By itself that "
    "changes nothing else; somebody has to act on it.",
    "The new object, and the name that the client gave itself. Strings in its spec are hidden.",
    "The call itself: only an audit log records it.",
    sources.CUSTOM_RESOURCES,
    rules=("client-created", "client-changed"),
)
"""In the trace of the custom resource, as its first step."""

OBSERVE = DocumentedStep(
    "operator-observe",
    None,
    "custom-controller",
    "Observe",
    "It watches its custom resources, through an informer registered with the API server for what "
    "is created, updated and deleted.",
    "What it acts on: the version of the custom resource that came before its write.",
    "Its watch, and when it received the event: that it acted shows that it did.",
    sources.CONTROLLERS,
)
COMPARE = DocumentedStep(
    "operator-compare",
    None,
    "custom-controller",
    "Compare",
    "It holds the desired state, the spec, against the current one: what exists, and how it is.",
    "Both sides, as far as they are objects of the cluster.",
    "The comparison, which happens in its own memory; and what it looks at outside the cluster.",
    sources.CONTROLLERS,
)
ACT = DocumentedStep(
    "operator-act",
    None,
    "custom-controller",
    "Act",
    "Where they differ it brings the current state to the desired one: it creates, changes or "
    "deletes objects that belong to the custom resource, and reports in its status.",
    "Each of its writes to the cluster, with the name that it gave itself.",
    "What it does outside the cluster: an account, a backup, a call to another API.",
    sources.OPERATOR,
)
LOOP = (OBSERVE, COMPARE, ACT)
"""What every controller does, for ever; a custom one exactly as the built-in ones."""

BUILT_IN = DocumentedStep(
    "operator-built-in",
    None,
    "deployment-controller",
    "The built-in controllers take it from there",
    "What it created may be desired state for others: a Deployment of its own goes through the "
    "sixteen steps, from step 4 on.",
    "Every one of their writes, in the same trace.",
    "As little as in the sixteen steps themselves.",
    sources.CONTROLLERS,
    rules=("replicaset-created", "made-for-owner"),
)


CONFIG = "DeploymentConfig"
_REVISION = "ReplicationController"
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
        kind=CONFIG,
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
        kind=_REVISION,
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
        kind=_REVISION,
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
        kind=CONFIG,
        fields=("status.conditions[Available]",),
    ),
)
"""In the trace of a DeploymentConfig."""
