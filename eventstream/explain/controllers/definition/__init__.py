"""CustomResourceDefinitions: what the API server says of a type."""

from eventstream.explain.controllers.definition import outlook, rules
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.DEFINITION,
        rules={kinds.DEFINITION: Rules(reports=(rules.reported,))},
        assess=outlook.assess,
    ),
)
