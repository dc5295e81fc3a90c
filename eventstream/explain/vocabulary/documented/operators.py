"""The documented sequence of an operator: a type, an object of it, and the controller that acts.

An operator is custom resources together with a custom controller: what a person who knows the
application would do, done within the cluster.
"""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.step import DocumentedStep

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
