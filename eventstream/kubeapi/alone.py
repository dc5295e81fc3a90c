"""The half of the `kubernetes` package that is used here, without all that it loads with itself.

Its `__init__` modules load a second client, for which there is no loop, and what both have beside:
that would cost each process a fifth of a second, and a second more where a tool of the tests for
schemas is installed. In their place stand packages with nothing in them, where each module is
found as ever. And its reader of kubeconfig files names the class of a client that nobody makes one
of here, which would bring models and their validation: 8 MB.
"""

import sys
from importlib.util import find_spec, module_from_spec

from eventstream.loading import standing_in

for _name in ("kubernetes", "kubernetes.aio"):
    _spec = None if _name in sys.modules else find_spec(_name)
    if _spec is not None:
        _made = sys.modules[_name] = module_from_spec(_spec)
        _above, _, _below = _name.rpartition(".")
        if _above:
            setattr(sys.modules[_above], _below, _made)

with standing_in("kubernetes.aio.client.api_client", ApiClient=object):
    from kubernetes.aio.config import kube_config  # noqa: F401  # Loaded here for all.
