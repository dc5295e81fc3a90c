"""PersistentVolumeClaims: made, bound and protected."""

from eventstream.explain.controllers.claim import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.CLAIM,
        assess=outlook.assess,
        told_by=outlook.TOLD_BY,
        rules={kinds.CLAIM: Rules(creations=(rules.claimed,), changes=(rules.bound,))},
    ),
)
