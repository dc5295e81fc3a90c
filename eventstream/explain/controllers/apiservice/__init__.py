"""APIServices: whether the API groups that other servers serve can be reached."""

from eventstream.explain.controllers.apiservice import outlook
from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.vocabulary.declared import kinds

BEHAVIOURS = (Behaviour(kind=kinds.API_SERVICE, assess=outlook.assess),)
"""Writes to them are the API server's own, or a client's, which managedFields tell."""
