"""What the rules about deletions recognize one by: the object itself names nobody."""

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.documented.rule import DocumentedRule

DELETIONS = (
    DocumentedRule(
        "client-deleted",
        "An object was deleted, and no controller of the cluster had a reason to, or would have "
        "given another time to stop: a client asked. A deletion leaves no name in the object.",
        ("client",),
        (sources.API_CONCEPTS, sources.POD_DELETION),
    ),
    DocumentedRule(
        "deletion-unknown",
        "An object was deleted, and a client may have asked as well as a controller: both are "
        "named, and neither is claimed.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "deletion-shortened",
        "A Pod that was being deleted already got less time to stop, which only a client asks for.",
        ("client",),
        (sources.POD_DELETION,),
    ),
    DocumentedRule(
        "deletion-done",
        "An object that was marked for deletion earlier is gone, and nothing had to be waited for: "
        "it was the one who had asked.",
        (),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "vanished",
        "A complete list no longer holds the object: that it went is certain, who asked is not.",
        ("unknown",),
        (sources.API_CONCEPTS,),
    ),
    DocumentedRule(
        "collected",
        "All owners that an object names are gone, or wait for it in foreground mode.",
        ("garbage-collector",),
        (sources.GARBAGE_COLLECTION,),
    ),
    DocumentedRule(
        "orphaned",
        "A reference to an owner went that is being deleted in orphan mode.",
        ("garbage-collector",),
        (sources.COLLECTOR,),
    ),
    DocumentedRule(
        "dangling-reference",
        "A reference to an owner that is gone went from an object that another owner still holds.",
        ("garbage-collector",),
        (sources.COLLECTOR,),
    ),
    DocumentedRule(
        "finalizer-removed",
        "A finalizer went: whose it is says who removed it, as a removal leaves no name behind.",
        (
            "garbage-collector",
            "job-controller",
            "pvc-protection-controller",
            "api-server",
            "custom-controller",
            "client",
            "unknown",
        ),
        (
            sources.FINALIZERS,
            sources.COLLECTOR,
            sources.JOB_SYNC,
            sources.CLAIM_PROTECTION,
            sources.DEFINITION_FINALIZER,
        ),
    ),
    DocumentedRule(
        "job-counted",
        "The job-tracking finalizer went from a finished Pod: the Job controller has counted it.",
        ("job-controller",),
        (sources.JOB_SYNC,),
    ),
    DocumentedRule(
        "housekeeping",
        "A controller deletes on its own account: old revisions, Pods of an old revision, Jobs "
        "past their time. Where a client could have done it as well, it stays open who did.",
        (
            "deployment-controller",
            "statefulset-controller",
            "daemonset-controller",
            "job-controller",
            "cronjob-controller",
            "ttl-after-finished-controller",
            "unknown",
        ),
        (
            sources.DEPLOYMENT_SYNC,
            sources.STATEFULSET_CONTROL,
            sources.DAEMONSET_SYNC,
            sources.JOB_SYNC,
            sources.CRONJOB_SYNC,
            sources.TTL_AFTER_FINISHED,
            sources.HISTORY,
        ),
    ),
    DocumentedRule(
        "namespace-emptied",
        "An object was deleted whose namespace is being deleted.",
        ("namespace-controller", "unknown"),
        (sources.NAMESPACE_DELETE,),
    ),
    DocumentedRule(
        "namespace-finalized",
        "The finalizer of an empty namespace went, or the namespace with it.",
        ("namespace-controller",),
        (sources.NAMESPACE_DELETE,),
    ),
)
