"""PersistentVolumeClaims: made, bound and protected."""

from eventstream.explain.controllers.claim import rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.CLAIM,
        rules={kinds.CLAIM: Rules(creations=(rules.claimed,), changes=(rules.bound,))},
    ),
)
