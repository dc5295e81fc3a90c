"""Pods: what kubelets and the scheduler do with them, and what a Pod waits for."""

from eventstream.explain.controllers.pod import (
    kubelets,
    outlook,
    podstatus,
    scheduler,
    troubles,
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
                    podstatus.disrupted,
                    scheduler.reported,
                    podstatus.by_controller,
                ),
                creations=(kubelets.mirrored,),
            )
        },
        assess=outlook.assess,
        holding=outlook.holding,
        unproven=troubles.unproven,
    ),
)
