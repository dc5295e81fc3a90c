"""Who asks for a write, and by which kind of request: what an audit log would say of it."""

from typing import NamedTuple


class Request(NamedTuple):
    """One request: `actor` is who it truly is, where that is known."""

    user: str
    agent: str
    verb: str
    subresource: str = ""
    actor: str = ""


NOBODY = Request("", "", "")
API_SERVER = Request(
    "system:apiserver",
    "kube-apiserver/v1.36.2 (linux/amd64) kubernetes/8e16b12",
    "update",
    actor="api-server",
)
