"""The kubeconfig by which clients find the practice cluster; JSON, since that is YAML too."""

import json
import tempfile
from pathlib import Path
from typing import Any

NAME = "practice"


def kubeconfig(url: str, token: str, ca_data: str | None) -> dict[str, Any]:
    """Return a kubeconfig; `ca_data` is the CA's PEM in base64, None without TLS."""
    cluster = {"server": url}
    if ca_data is not None:
        cluster["certificate-authority-data"] = ca_data
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": NAME, "cluster": cluster}],
        "users": [{"name": NAME, "user": {"token": token}}],
        "contexts": [{"name": NAME, "context": {"cluster": NAME, "user": NAME}}],
        "current-context": NAME,
    }


def write_kubeconfig(config: dict[str, Any], path: Path) -> None:
    """Write a kubeconfig that only its owner can read; whoever waits for it never sees a part."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as part:
        json.dump(config, part, indent=2)
        part.write("\n")
    Path(part.name).replace(path)
