"""Namespaces: emptied, finalized, gone."""

from eventstream.explain.controllers.namespace import rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.NAMESPACE, rules={kinds.NAMESPACE: Rules(changes=(rules.namespace_finalized,))}
    ),
)
