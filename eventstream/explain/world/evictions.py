"""Which evictions were seen, node by node: what shows that a node is being drained.

The Pods themselves are forgotten soon after they are gone, while a drain that a budget holds may
take hours; so what they showed is kept here. A refused eviction is known from the audit log alone.
"""

import msgspec

from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import asker
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import AuditRecord

_BY_API = "EvictionByEvictionAPI"
_NODES, _PODS = 1000, 1000
"""How many nodes are remembered, and how many Pods of each; the oldest go first."""

_TOO_MANY_REQUESTS = 429


class Eviction(msgspec.Struct, frozen=True, gc=False):
    """One eviction that was asked for, at `at` (unix seconds), and what tells of it."""

    at: float
    refused: bool
    evidence: Evidence


class Evictions:
    """The newest eviction of each Pod, by node."""

    def __init__(self) -> None:
        self._nodes: dict[str, dict[str, Eviction]] = {}

    def note(self, write: Write) -> None:
        """Take in a Pod whose condition DisruptionTarget says that the eviction API was used."""
        found = condition(write.image, "DisruptionTarget")
        if found is None or found.status != "True" or found.reason != _BY_API:
            return
        pod = write.image.metadata.name
        text = f"condition DisruptionTarget of Pod {pod} is True ({found.reason})"
        proof = Evidence("reported", "condition", text, "why", write.image.version)
        self._keep(node_of(write.image), write.log.uid, Eviction(write.change.at, False, proof))

    def refuse(self, record: AuditRecord, log: ObjectLog) -> None:
        """Take in a request to evict that was refused, as a budget's are.

        Source: pkg/registry/core/pod/storage/eviction.go (TooManyRequests).
        """
        if record.subresource != "eviction" or record.code != _TOO_MANY_REQUESTS:
            return
        if log.latest is None:
            return
        said = f": {record.message}" if record.message else ""
        text = f"{asker(record)} asked to evict Pod {log.ref.name} and was refused (429){said}"
        proof = Evidence("audited", "audit", text, "why", record.audit_id)
        self._keep(node_of(log.latest.image), log.uid, Eviction(record.at, True, proof))

    def since(self, node: str, at: float) -> dict[str, Eviction]:
        """By the uids of their Pods, the evictions from a node at or after `at` (unix seconds)."""
        known = self._nodes.get(node, {})
        return {uid: eviction for uid, eviction in known.items() if eviction.at >= at}

    def _keep(self, node: str, uid: str, eviction: Eviction) -> None:
        if not node:
            return
        pods = self._nodes.pop(node, {})
        before = pods.pop(uid, None)
        pods[uid] = eviction if before is None or before.at <= eviction.at else before
        self._nodes[node] = pods
        if len(pods) > _PODS:
            del pods[next(iter(pods))]
        if len(self._nodes) > _NODES:
            del self._nodes[next(iter(self._nodes))]
