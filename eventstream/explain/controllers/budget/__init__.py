"""PodDisruptionBudgets: who charges and who counts them, and what they hold."""

from eventstream.explain.controllers.budget import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.BUDGET,
        assess=outlook.assess,
        limits=True,
        rules={kinds.BUDGET: Rules(reports=(rules.charged, rules.counted))},
    ),
)
