"""ResourceQuotas: charged by admission, counted by their controller."""

from eventstream.explain.controllers.quota import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.QUOTA,
        assess=outlook.assess,
        rules={kinds.QUOTA: Rules(reports=(rules.quota_charged,))},
    ),
)
