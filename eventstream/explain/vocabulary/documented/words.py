"""The words that every step is told in: grades, and verbs."""

import msgspec

from eventstream.explain.vocabulary.records import Grade, Verb


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
