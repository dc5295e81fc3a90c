"""Pods: what kubelets and the scheduler do with them, and what a Pod waits for."""

from eventstream.explain.controllers.pod import (
    disruptions,
    kubelets,
    outlook,
    scheduler,
)
from eventstream.explain.controllers.registry import Behaviour, Rules
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (
    Behaviour(
        kind=kinds.POD,
        rules={
            kinds.POD: Rules(
                reports=(
                    kubelets.reported,
                    disruptions.claims_noted,
                    disruptions.announced,
                    scheduler.reported,
                    disruptions.by_controller,
                ),
                creations=(kubelets.mirrored,),
            )
        },
        assess=outlook.assess,
        holding=outlook.holding,
        unproven=outlook.doubtful,
    ),
)
