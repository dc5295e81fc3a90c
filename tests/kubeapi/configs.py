"""Kubeconfig files for tests."""

from pathlib import Path
from typing import Any

import yaml


def kubeconfig(server: str, context: str = "test", **parts: dict[str, Any]) -> dict[str, Any]:
    """A kubeconfig of one context; `cluster` and `user` add to what those entries hold."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server} | parts.get("cluster", {})}],
        "users": [{"name": "u", "user": parts.get("user", {"token": "secret"})}],
    }


def write_kubeconfig(path: Path, server: str, **parts: Any) -> Path:
    path.write_text(yaml.safe_dump(kubeconfig(server, **parts)))
    return path
