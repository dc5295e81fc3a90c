"""Nodes: what kubelets and the controllers of nodes write, and how a Node stands."""

from eventstream.explain.controllers.node import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.NODE,
        rules={kinds.NODE: Rules(reports=(rules.reported,), changes=(rules.watched_over,))},
        assess=outlook.assess,
    ),
)
