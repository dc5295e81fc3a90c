"""Namespaces: emptied, finalized, gone."""

from eventstream.explain.controllers.namespace import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.NAMESPACE,
        assess=outlook.assess,
        rules={kinds.NAMESPACE: Rules(changes=(rules.namespace_finalized,))},
    ),
)
