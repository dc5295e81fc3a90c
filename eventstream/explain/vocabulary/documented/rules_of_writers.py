"""What the rules about clients, custom controllers and the API server itself go by."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import DocumentedRule

WRITERS = (
    DocumentedRule(
        "client-created",
        "A new object names a field manager that is no component of Kubernetes, and no controller "
        "of the cluster accounts for it: a client asked for it.",
        ("client",),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "client-changed",
        "The managedFields entry behind a change belongs to a manager that is no component of "
        "Kubernetes and has not shown itself to be a custom controller; or fields that no "
        "controller takes away are gone, which leaves no entry.",
        ("client",),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "component",
        "The manager's name stands for one component of Kubernetes, and no other rule knows the "
        "change: who is told, why is not.",
        ("scheduler", "kubelet", "api-server"),
        (sources.FIELD_MANAGEMENT,),
    ),
    DocumentedRule(
        "undocumented",
        "The change was seen, and no rule explains it: the object, its fields and the name in "
        "managedFields are shown, and nothing is guessed.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "defect",
        "A rule of Baton failed on this write; the change is shown, and the failure with it.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "found-by-list",
        "A new list after a gap showed a version that no watch had delivered: several writes may "
        "lie behind it, so it names nobody.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
)

CUSTOM = (
    DocumentedRule(
        "custom-create",
        "An object was created that names a custom resource as its owner, by the manager that set "
        "that ownerReference; or one called after such a resource, right after that changed, by "
        "the manager that writes the status of its kind.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "custom-report",
        "A custom resource's status was written by a manager that looks after it.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "custom-patch",
        "A manager that writes a custom resource's status or finalizer, or owns its children, "
        "changed one of them.",
        ("custom-controller",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "custom-delete",
        "What a custom resource owns was deleted while the resource itself waits, marked for "
        "deletion, for the finalizer of its controller.",
        ("custom-controller",),
        (sources.FINALIZERS,),
    ),
    DocumentedRule(
        "client-or-controller",
        "A custom resource's metadata was written by a manager that has not shown yet whether it "
        "is a controller or a client; or what one owns lost fields, which leaves no entry; or a "
        "manager that is a controller wrote what nothing ties to a custom resource.",
        ("unknown",),
        (sources.OPERATOR,),
    ),
    DocumentedRule(
        "definition-reported",
        "The API server wrote the conditions of a CustomResourceDefinition.",
        ("api-server",),
        (sources.DEFINITION_STATUS,),
    ),
    DocumentedRule(
        "type-established",
        "Condition Established of a CustomResourceDefinition became True: the API server serves "
        "the type from now on.",
        ("api-server",),
        (sources.DEFINITION_STATUS,),
    ),
    DocumentedRule(
        "type-deleted",
        "A custom resource was deleted whose CustomResourceDefinition is being deleted.",
        ("api-server",),
        (sources.DEFINITION_FINALIZER,),
    ),
)

SERVER = (
    DocumentedRule(
        "store",
        "Every version of an object has a resourceVersion, which etcd gave it: the write was "
        "stored.",
        ("api-server",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "broadcast",
        "Baton's own watch received the version: the API server sends each to all who watch.",
        ("api-server",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "quota-charged",
        "The API server's admission wrote a ResourceQuota's status: it charges an object before "
        "it stores it.",
        ("api-server",),
        (sources.QUOTA_ADMISSION,),
    ),
    DocumentedRule(
        "budget-charged",
        "The API server wrote a PodDisruptionBudget's status: it charges an eviction before it "
        "evicts.",
        ("api-server",),
        (sources.EVICTION,),
    ),
    DocumentedRule(
        "audited",
        "The audit log names another actor than the object showed: its word counts.",
        (),
        (sources.AUDITING,),
    ),
    DocumentedRule(
        "refused",
        "The audit log has a request that the API server refused, of which no watch can tell.",
        (),
        (sources.AUDITING,),
    ),
)
