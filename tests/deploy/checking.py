"""Checks objects against what the API takes: unknown fields, wrong types and missing ones.

Kubernetes' own kinds by its OpenAPI schemas, out of the package kubernetes-validate, in their
strict form, which knows no further fields. Kinds of OpenShift, of the Gateway API and of the
Prometheus operator by schemas/, which are ours.
"""

import json
from functools import cache
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Loading them takes more than a second, in each process that collects tests.
    from jsonschema import Draft202012Validator
    from referencing.jsonschema import SchemaRegistry

Manifest = dict[str, Any]

VERSIONS = ("1.25.0", "1.36.0")
"""The oldest that the chart takes, and the one that Baton's sources are pinned to."""
PACKAGED = "kubernetes_validate/kubernetes-json-schema"
OWN_GROUPS = {"gateway.networking.k8s.io", "monitoring.coreos.com", "route.openshift.io"}
OWN = Path(__file__).parent / "schemas"
DEFINITIONS = "/api/_definitions.json"


def complaints(manifest: Manifest) -> list[str]:
    """What the API would refuse of an object, each with the path of its field."""
    named = f"{manifest['kind']} {manifest['metadata']['name']}"
    found: dict[str, None] = {}  # In order, and once for both versions.
    for version in VERSIONS:
        validator = _validator(version, manifest["apiVersion"], manifest["kind"])
        for error in validator.iter_errors(manifest):
            found[f"{named}: {error.json_path[2:]}: {error.message}"] = None
    return list(found)


@cache
def _validator(kubernetes: str, version: str, kind: str) -> "Draft202012Validator":
    """Return one kind's validator; raises FileNotFoundError for a kind that no schema tells of."""
    from jsonschema import Draft202012Validator

    group, _, name = version.rpartition("/")
    if group in OWN_GROUPS:
        path = OWN / f"{kind.lower()}.json"
    else:
        prefix = f"{group.partition('.')[0]}-" if group else ""
        path = _folder(kubernetes) / f"{kind.lower()}-{prefix}{name}.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    return Draft202012Validator(schema, registry=_registry(kubernetes))


@cache
def _registry(kubernetes: str) -> "SchemaRegistry":
    from referencing import Registry
    from referencing.jsonschema import DRAFT202012

    text = (_folder(kubernetes) / "_definitions.json").read_text(encoding="utf-8")
    definitions = DRAFT202012.create_resource(json.loads(text))
    made: SchemaRegistry = Registry().with_resource(DEFINITIONS, definitions).crawl()
    return made


def _folder(kubernetes: str) -> Path:
    packaged = distribution("kubernetes-validate").locate_file(PACKAGED)
    return Path(str(packaged)) / f"v{kubernetes}-local-strict"
