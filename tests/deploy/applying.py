"""An API server that takes what the real `kubectl apply` sends, and keeps of it what one keeps.

Which patch is sent is decided by kubectl: from what it sent last, what it is to send, and what this
server kept (`defaults`). How a strategic patch changes an object is kubectl's own code too, which
the API server shares: `kubectl patch --local`.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.deploy import defaults
from tests.deploy.programs import run

Json = dict[str, Any]

KINDS = {
    "v1": {
        "ConfigMap": ("configmaps", True),
        "Secret": ("secrets", True),
        "Namespace": ("namespaces", False),
        "PersistentVolumeClaim": ("persistentvolumeclaims", True),
        "Service": ("services", True),
        "ServiceAccount": ("serviceaccounts", True),
    },
    "apps/v1": {"Deployment": ("deployments", True)},
    "monitoring.coreos.com/v1": {
        "PrometheusRule": ("prometheusrules", True),
        "ServiceMonitor": ("servicemonitors", True),
    },
    "networking.k8s.io/v1": {
        "Ingress": ("ingresses", True),
        "NetworkPolicy": ("networkpolicies", True),
    },
    "rbac.authorization.k8s.io/v1": {
        "ClusterRole": ("clusterroles", False),
        "ClusterRoleBinding": ("clusterrolebindings", False),
        "Role": ("roles", True),
        "RoleBinding": ("rolebindings", True),
    },
    "route.openshift.io/v1": {"Route": ("routes", True)},
}
"""What is served: by version each kind, its plural, and whether it is in a namespace."""

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


class Cluster:
    """What was applied, by path, and which requests changed something."""

    def __init__(self, directory: Path) -> None:
        self.objects: dict[str, Json] = {}
        self.changes: list[str] = []
        self._directory = directory

    def apply(self, *arguments: str, **options: Any) -> str:
        """Run `kubectl apply`; returns what it says of each object."""
        done = run(
            "kubectl",
            f"--kubeconfig={self._directory / 'config'}",
            f"--cache-dir={self._directory / 'cache'}",
            "apply",
            "--validate=false",
            *arguments,
            **options,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def told(self) -> dict[str, Json]:
        """Every object without what kubectl remembers of it and the server counts."""
        return {path: _plain(content) for path, content in self.objects.items()}

    def create(self, collection: str, content: Json) -> Json:
        path = f"{collection}/{content['metadata']['name']}"
        self.changes.append(f"create {path}")
        return self._put(path, content)

    def patch(self, path: str, patch: Json, how: str) -> Json:
        self.changes.append(f"patch {path} {json.dumps(patch)}")
        live = self.objects[path]
        return self._put(
            path, _strategic(live, patch) if "strategic" in how else _merge(live, patch)
        )

    def _put(self, path: str, content: Json) -> Json:
        self.objects[path] = made = defaults.kept(content)
        made["metadata"] |= {"uid": f"uid-of-{path}", "resourceVersion": str(len(self.changes))}
        return made


def _strategic(live: Json, patch: Json) -> Json:
    done = run(
        *("kubectl", "patch", "--local", "--type=strategic", "-f", "-", "-o", "json"),
        *("-p", json.dumps(patch)),
        input=json.dumps(live),
    )
    assert done.returncode == 0, done.stderr
    patched: Json = json.loads(done.stdout)
    return patched


def _merge(live: Any, patch: Any) -> Any:
    """RFC 7386, for kinds whose types kubectl does not know."""
    if not isinstance(patch, dict):
        return patch
    made = dict(live) if isinstance(live, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = _merge(made.get(name), value)
    return made


def _plain(content: Json) -> Json:
    metadata = {k: v for k, v in content["metadata"].items() if k != "resourceVersion"}
    notes = {k: v for k, v in metadata.pop("annotations", {}).items() if k != APPLIED}
    return content | {"metadata": metadata | ({"annotations": notes} if notes else {})}


def _resources(version: str) -> Json:
    verbs = ["create", "get", "list", "patch", "update", "watch"]
    listed = [
        {"name": plural, "singularName": "", "namespaced": namespaced, "kind": kind, "verbs": verbs}
        for kind, (plural, namespaced) in KINDS[version].items()
    ]
    return {"kind": "APIResourceList", "groupVersion": version, "resources": listed}


def _groups() -> Json:
    versions = [version for version in KINDS if "/" in version]
    listed = [
        {
            "name": version.partition("/")[0],
            "versions": [entry := {"groupVersion": version, "version": "v1"}],
            "preferredVersion": entry,
        }
        for version in versions
    ]
    return {"kind": "APIGroupList", "groups": listed}


def _document(path: str) -> Json | None:
    if path == "/api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "/apis":
        return _groups()
    version = path.removeprefix("/apis/").removeprefix("/api/")
    return _resources(version) if version in KINDS else None


@contextmanager
def serving(directory: Path) -> Iterator[Cluster]:
    """Serve an empty cluster on a free port of this machine."""
    cluster = Cluster(directory)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(cluster))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "here",
        "clusters": [{"name": "here", "cluster": {"server": address}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "users": [{"name": "me", "user": {}}],
    }
    (directory / "config").write_text(json.dumps(config))
    try:
        yield cluster
    finally:
        server.shutdown()
        server.server_close()


def _handler(cluster: Cluster) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = self.path.partition("?")[0].rstrip("/")
            self._answer(_document(path) or cluster.objects.get(path))

        def do_POST(self) -> None:
            self._answer(cluster.create(self.path.partition("?")[0], self._body()), 201)

        def do_PATCH(self) -> None:
            how = self.headers["Content-Type"]
            self._answer(cluster.patch(self.path.partition("?")[0], self._body(), how))

        def log_message(self, *_: Any) -> None:
            """Say nothing: what happened is in `Cluster.changes`."""

        def _body(self) -> Json:
            read: Json = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return read

        def _answer(self, content: Json | None, code: int = 200) -> None:
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}
            body = json.dumps(content or missing | {"reason": "NotFound"}).encode()
            self.send_response(code if content else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
