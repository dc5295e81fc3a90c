"""HorizontalPodAutoscalers: what they scale and why, and how one stands."""

from eventstream.explain.controllers.autoscaler import outlook
from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (Behaviour(kind=kinds.AUTOSCALER, assess=outlook.assess, limits=True),)
