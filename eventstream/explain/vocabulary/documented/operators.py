"""The documented sequence of an operator, and the words of every step: grades and verbs.

An operator is custom resources together with a custom controller: what a person who knows the
application would do, done within the cluster.
"""

import msgspec

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.creation import DocumentedStep
from eventstream.explain.vocabulary.records import Grade, Verb

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


class DocumentedGrade(msgspec.Struct, frozen=True):
    """How strongly a claim is supported: what the grade means, how its line looks, an example."""

    name: Grade
    meaning: str
    line: str
    example: str


class DocumentedVerb(msgspec.Struct, frozen=True):
    """What a step's verb says was done."""

    name: Verb
    meaning: str


GRADES = (
    DocumentedGrade(
        "observed",
        "the watch shows it",
        "solid",
        "Pod nginx-1 exists, at resourceVersion 16012: the watch delivered it.",
    ),
    DocumentedGrade(
        "audited",
        "an audit record shows the request",
        "double",
        "The audit log has the request, with its user, its program and its time.",
    ),
    DocumentedGrade(
        "reported",
        "the acting component says so",
        "thin",
        "An Event of the ReplicaSet controller says that it created the Pod; or an entry in "
        "managedFields names the writer.",
    ),
    DocumentedGrade(
        "inferred",
        "the documented sequence requires it",
        "dashed",
        "Only the scheduler named in a Pod binds it, so a Pod with a node was bound by that one.",
    ),
    DocumentedGrade(
        "unknown",
        "nothing shows it, and nothing is guessed",
        "dotted, with a question mark",
        "A deletion leaves no name in the object, and two could have asked for it.",
    ),
)
"""The strongest first."""

VERBS = (
    DocumentedVerb("create", "An object was created."),
    DocumentedVerb("update", "An object was replaced as a whole."),
    DocumentedVerb("patch", "Some fields of an object were changed."),
    DocumentedVerb("delete", "An object was deleted, or marked for deletion, or let go."),
    DocumentedVerb("bind", "A Pod was given its node, by the binding subresource."),
    DocumentedVerb(
        "evict", "A Pod's eviction was asked for, which a disruption budget may refuse."
    ),
    DocumentedVerb("report", "A status was written: what its writer found, not what it wants."),
    DocumentedVerb("renew", "A heartbeat: nothing changed but the time at which it was sent."),
    DocumentedVerb("store", "The API server wrote the object to etcd."),
    DocumentedVerb("broadcast", "The API server sent the new version to all who watch."),
)
