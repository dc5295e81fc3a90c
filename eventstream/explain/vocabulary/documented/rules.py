"""Every rule by name: what it goes by, whose write that is, where Kubernetes says so."""

from eventstream.explain.vocabulary.documented.rule import DocumentedRule
from eventstream.explain.vocabulary.documented.rules_of_controllers import DEPLOYING, VOLUMES
from eventstream.explain.vocabulary.documented.rules_of_deletions import DELETIONS
from eventstream.explain.vocabulary.documented.rules_of_pods import DISRUPTIONS, NODES, PODS
from eventstream.explain.vocabulary.documented.rules_of_writers import CUSTOM, SERVER, WRITERS

RULE_GROUPS: dict[str, tuple[DocumentedRule, ...]] = {
    "Who wrote at all": WRITERS,
    "The API server": SERVER,
    "Deployments, ReplicaSets and other makers": DEPLOYING,
    "Pods: scheduler and kubelet": PODS,
    "Pods that must go": DISRUPTIONS,
    "Nodes": NODES,
    "Deletions": DELETIONS,
    "Volumes": VOLUMES,
    "Custom resources and operators": CUSTOM,
}
"""The rules as a reader looks for them; every rule is in one group."""

DOCUMENTED_RULES: dict[str, DocumentedRule] = {
    rule.name: rule for rules in RULE_GROUPS.values() for rule in rules
}
"""Every rule by name."""
