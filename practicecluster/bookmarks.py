"""BOOKMARK events: objects that say nothing but how far a watch has come.

A real server writes the empty object of the type, with what Go can't leave out; clients that
decode strictly stumble over exactly these fields, so they are here as recorded.
https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks
"""

import msgspec

from practicecluster.resources import ResourceType
from practicecluster.stored import JsonObject

_POD_TEMPLATE = '{"metadata":{},"spec":{"containers":null}}'
_EMPTY = {
    "v1/pods": '{"spec":{"containers":null},"status":{}}',
    "v1/namespaces": '{"spec":{},"status":{}}',
    "v1/persistentvolumeclaims": '{"spec":{"resources":{}},"status":{}}',
    "v1/replicationcontrollers": '{"spec":{},"status":{"replicas":0}}',
    "apps/v1/controllerrevisions": '{"data":null,"revision":0}',
    "apps/v1/daemonsets": (
        f'{{"spec":{{"selector":null,"template":{_POD_TEMPLATE},"updateStrategy":{{}}}},'
        '"status":{"currentNumberScheduled":0,"numberMisscheduled":0,"desiredNumberScheduled":0,'
        '"numberReady":0}}'
    ),
    "apps/v1/deployments": (
        f'{{"spec":{{"replicas":0,"selector":null,"template":{_POD_TEMPLATE},"strategy":{{}}}},'
        '"status":{}}'
    ),
    "apps/v1/replicasets": (
        f'{{"spec":{{"replicas":0,"selector":null,"template":{_POD_TEMPLATE}}},'
        '"status":{"replicas":0}}'
    ),
    "apps/v1/statefulsets": (
        f'{{"spec":{{"replicas":0,"selector":null,"template":{_POD_TEMPLATE},"serviceName":"",'
        '"updateStrategy":{}},"status":{"replicas":0,"availableReplicas":0}}'
    ),
    "batch/v1/cronjobs": (
        '{"spec":{"schedule":"","jobTemplate":{"metadata":{},"spec":{"template":'
        f'{_POD_TEMPLATE}}}}}}},"status":{{}}}}'
    ),
    "batch/v1/jobs": f'{{"spec":{{"template":{_POD_TEMPLATE}}},"status":{{}}}}',
    "autoscaling/v2/horizontalpodautoscalers": (
        '{"spec":{"scaleTargetRef":{"kind":"","name":""},"maxReplicas":0},'
        '"status":{"desiredReplicas":0,"currentMetrics":null}}'
    ),
    "v1/events": (
        '{"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,'
        '"eventTime":null,"reportingComponent":"","reportingInstance":""}'
    ),
    "events.k8s.io/v1/events": (
        '{"eventTime":null,"regarding":{},"deprecatedSource":{},"deprecatedFirstTimestamp":null,'
        '"deprecatedLastTimestamp":null}'
    ),
}


def bookmark_metadata(revision: int, *, initial_end: bool) -> JsonObject:
    """Return the metadata of a bookmark at `revision`."""
    metadata: JsonObject = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
    return metadata


def bookmark(served: ResourceType, revision: int, *, initial_end: bool) -> JsonObject:
    """Return the empty object of a type with a bookmark's metadata."""
    default = '{"spec":{},"status":{}}' if served.has_status and not served.custom else "{}"
    empty: JsonObject = msgspec.json.decode(_EMPTY.get(served.resource, default))
    head = {"kind": served.kind, "apiVersion": served.api_version}
    return head | {"metadata": bookmark_metadata(revision, initial_end=initial_end)} | empty
