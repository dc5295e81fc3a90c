"""A small cluster for watcher tests: it serves some types, and CRDs that come and go."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.kubeapi.objects import line
from tests.kubeapi.scripted import Answer, Request, ScriptedServer, json_answer, stream

CRD_PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SITE_PATH = "/apis/stable.example.com/v1/websites"
READ = ["get", "list", "watch"]


def aggregated(groups: Mapping[tuple[str, str], Iterable[str]]) -> Answer:
    """An answer of aggregated discovery: (group, version) to plurals."""
    items = [
        {
            "metadata": {"name": group},
            "versions": [
                {"version": version, "resources": [{"resource": p, "verbs": READ} for p in plurals]}
            ],
        }
        for (group, version), plurals in groups.items()
    ]
    return json_answer(
        {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": items}
    )


def serve_types(server: ScriptedServer, *paths: str) -> None:
    """Serve discovery of these collections and of none else; each is empty until told otherwise."""
    core: dict[tuple[str, str], list[str]] = {("", "v1"): []}
    groups: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        *head, version, plural = path.strip("/").split("/")
        group = head[1] if head[0] == "apis" else ""
        (groups if group else core).setdefault((group, version), []).append(plural)
        serve_empty(server, path)
    server.on("/api", aggregated(core))
    server.on("/apis", aggregated(groups))


def serve_empty(server: ScriptedServer, path: str, version: int = 10) -> None:
    content = {"kind": "List", "metadata": {"resourceVersion": str(version)}, "items": []}
    server.on(path, json_answer(content))
    server.on_watch(path, stream(hold=True))


class Definitions:
    """The CRDs of a scripted server: a list, and watches that bring what was written since."""

    def __init__(self, server: ScriptedServer) -> None:
        self._lines: list[tuple[int, bytes]] = []
        self._items: list[dict[str, Any]] = []
        server.handlers.insert(0, self._answer)

    def has(self, *items: dict[str, Any]) -> None:
        self._items = list(items)

    def writes(self, version: int, type_: str, item: dict[str, Any]) -> None:
        self._lines.append((version, line(type_, item)))

    def _answer(self, request: Request) -> Answer | None:
        if request.path != CRD_PATH or request.streams:
            return None
        if request.watches:
            return stream(*[text for version, text in self._lines if version > request.version])
        # Asked how far it is, after watches that ended at once, it has not gone back in time.
        newest = max([10, *(version for version, _ in self._lines)]) if request.checks else 10
        metadata = {"resourceVersion": str(newest)}
        items = self._items
        return json_answer(
            {"kind": "CustomResourceDefinitionList", "metadata": metadata, "items": items}
        )
